"""Driving a target through scenarios: over HTTP, WebSockets and the SDK, several at once, and never without end."""
