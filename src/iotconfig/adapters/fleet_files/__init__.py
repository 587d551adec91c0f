"""Configs in files: directories, NDJSON and JSON documents."""
