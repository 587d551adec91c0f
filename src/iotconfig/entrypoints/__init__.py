"""Processes: each reads the settings, joins the adapters and runs."""
