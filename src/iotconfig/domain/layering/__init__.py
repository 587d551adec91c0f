"""Edits that reach many devices: of layers, models and secrets."""
