"""The reference server of the Responses API."""
