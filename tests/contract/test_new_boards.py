"""New boards and their adoption: the shipped suites, over every adapter."""

from __future__ import annotations

from iotconfig.testing import AdoptionContract, NewBoardStoreContract


class TestNewBoardStore(NewBoardStoreContract):
    """Over each kind of store."""


class TestAdoption(AdoptionContract):
    """Over each kind of store."""
