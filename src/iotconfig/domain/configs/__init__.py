"""Configs: their changes, their history, and many at once."""
