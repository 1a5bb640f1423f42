"""The target: how to reach it, start it and name it; what kind of server it is, and what it offers."""
