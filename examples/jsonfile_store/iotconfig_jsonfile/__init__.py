"""A store for iotconfig in one JSON file."""

from .served import ServedJsonFile
from .store import JsonFileStore

__all__ = ["JsonFileStore", "ServedJsonFile"]
