"""Models: what kind of device it is, with a JSON Schema and a budget for its document."""
