"""The model behind: embedded, or any chat server, and its troubles."""
