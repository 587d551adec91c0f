"""Documents under layers: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import LayeredDocumentsContract


class TestLayeredDocuments(LayeredDocumentsContract):
    """Over each kind of store."""
