"""A store for iotconfig in one JSON file."""

from .store import JsonFileStore

__all__ = ["JsonFileStore"]
