"""Devices: the tokens with which they fetch their documents, and the evidence of what they run."""
