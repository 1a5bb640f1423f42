"""Comparing: reports with each other, and the answers of two servers."""
