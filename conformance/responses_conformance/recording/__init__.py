"""Recordings: a run kept as cassettes, and judged again in place of a server."""
