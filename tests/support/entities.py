"""The short spellings of the shipped suites."""

from iotconfig.testing.builders import NO_IDS, add, content, mac, remove

__all__ = ["NO_IDS", "add", "content", "mac", "remove"]
