"""Reports: what a run came to, in forms for people and for machines."""

from .outcome import Outcome, write_report

__all__ = ["Outcome", "write_report"]
