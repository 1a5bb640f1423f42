"""The pytest plugin: hooks and fixtures, nothing else."""
