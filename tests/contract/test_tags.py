"""Tags and notes: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import TagsContract


class TestTags(TagsContract):
    """Over each kind of store."""
