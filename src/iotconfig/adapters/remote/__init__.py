"""The use cases of the commands, on a service over HTTP (httpcore)."""
