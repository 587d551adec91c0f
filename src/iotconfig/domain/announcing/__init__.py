"""Notifications of changes, and the relay that sends them."""
