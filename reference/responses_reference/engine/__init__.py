"""The making of responses, on the spot and behind the client's back."""
