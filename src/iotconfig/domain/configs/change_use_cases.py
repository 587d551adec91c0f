"""The use cases of `ChangeLogService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from typing import Protocol

from .change_query import ChangePage, ChangeQuery


class ChangeUseCases(Protocol):
    """The use cases of `ChangeLogService`; its docstrings are the contract."""

    def find(self, query: ChangeQuery) -> ChangePage:
        """Return one page of the changes that match."""
        ...
