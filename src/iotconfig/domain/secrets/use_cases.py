"""The use cases of secrets as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.mac import MacAddress


@frozen
class SecretUse:
    """Who refers to a secret."""

    devices: int = 0
    """The number of devices whose own content refers to it."""
    sample: Sequence[MacAddress] = ()
    """The first of them, by MAC address; at most 20."""
    layers: Sequence[str] = ()
    """The names of the layers that refer to it, sorted; disabled ones included."""


UNUSED = SecretUse()
"""The use of a secret that nothing refers to."""


@frozen
class ListedSecret:
    """A secret without its value."""

    name: str
    revision: int
    """1 for the first value, one more for each other one."""
    created_at: datetime
    updated_at: datetime
    """The time of the present value."""
    used_by: SecretUse = UNUSED


@frozen
class SecretWritten:
    """What a write of a secret did."""

    name: str
    revision: int
    change: str | None
    """The id of the change; None where the secret had this value already."""
    served: int | None = 0
    """The number of devices that are served another document; None where a job goes through the devices."""


class SecretUseCases(Protocol):
    """The use cases of `SecretService`; its docstrings are the contract."""

    def all(self) -> Sequence[ListedSecret]:
        """Return all secrets, sorted by name, with their uses and without their values."""
        ...

    def set(self, name: str, value: str, note: ChangeNote = ...) -> SecretWritten:
        """Set the value of a secret, which may be new."""
        ...

    def remove(self, name: str, note: ChangeNote = ...) -> str:
        """Remove a secret that nothing refers to; return the id of the change."""
        ...
