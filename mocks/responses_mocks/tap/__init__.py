"""A tap between a server and its model: what the model says becomes scripts."""

from .cli import add_record

__all__ = ["add_record"]
