"""The scripted model, the scripted search, and the mutants: everything that plays a part opposite a server."""
