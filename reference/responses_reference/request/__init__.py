"""What may be asked: requests, input, tools, and what makes a value wrong."""
