"""Legal varieties: what a correct server may do otherwise than most, and no judge may hold against it.

A variety is one function with one sentence, like a mutant, and breaks nothing. Importing this package registers them.
"""

from . import events, fields, state, together, ways, wire
from .registry import VARIETIES, Variety
from .together import HELD

__all__ = ["HELD", "VARIETIES", "Variety", "events", "fields", "state", "together", "ways", "wire"]
