"""Recorded traffic as a server: the recording of a request answers it again.

What this module names is light to import: the cassettes need YAML, and `replay.app` a web framework.
"""

from .cli import add_replay

__all__ = ["add_replay"]
