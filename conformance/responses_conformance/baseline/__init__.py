"""Baselines: the failures that are known, and how their file is renewed."""
