"""`EvidenceStore`: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import EvidenceStoreContract


class TestEvidenceStore(EvidenceStoreContract):
    """Over each kind of store."""
