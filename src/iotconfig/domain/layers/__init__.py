"""Layers: documents that reach many devices, below the own content of each of them."""
