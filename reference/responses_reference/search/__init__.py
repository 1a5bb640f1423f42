"""Web search: its calls, its providers."""
