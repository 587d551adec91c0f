"""What devices are served: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import DocumentsContract


class TestDocuments(DocumentsContract):
    """Over each kind of store."""
