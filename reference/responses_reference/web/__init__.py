"""What each path answers, over HTTP and WebSocket."""
