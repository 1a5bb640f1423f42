"""Reports: what a run came to, in forms for people and for machines."""

from .formats import write_report
from .outcome import Outcome

__all__ = ["Outcome", "write_report"]
