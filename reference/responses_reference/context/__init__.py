"""What the model is told: the items of a context, and the messages that they become at the last moment."""
