"""Processes: settings in, adapters joined, something running."""
