"""Reports: what a run came to, in forms for people and for machines."""

from .formats import Format, write_report
from .outcome import Outcome

__all__ = ["Format", "Outcome", "write_report"]
