"""What the model said, in the words of this API: items, events, the response."""
