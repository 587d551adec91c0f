"""The gunicorn worker and arbiter that serve the HTTP API."""
