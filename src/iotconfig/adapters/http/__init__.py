"""The HTTP API (Falcon), and the gunicorn worker that serves it."""
