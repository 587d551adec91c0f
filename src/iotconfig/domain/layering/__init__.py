"""The use cases of layers and secrets: their edits reach many devices."""
