"""Documents that refer to secrets: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import SealedDocumentsContract


class TestSealedDocuments(SealedDocumentsContract):
    """Over each kind of store."""
