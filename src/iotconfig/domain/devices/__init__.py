"""Devices: the tokens with which they fetch their documents."""
