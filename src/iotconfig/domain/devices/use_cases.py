"""The use cases of `DeviceTokenService` and `DeviceService` as the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .evidence import Proof
from .news import DeviceNews
from .past import PastPage, PastQuery
from .reports import Report
from .status import DevicePage, DeviceQuery, DeviceStatus, FormerPage


class DeviceTokenSummary(Protocol):
    """What an operator sees of a device token: `DeviceToken` without its digest, which stays in the database."""

    @property
    def mac_address(self) -> MacAddress: ...

    @property
    def created_at(self) -> datetime: ...


class DeviceTokenUseCases(Protocol):
    """The use cases of `DeviceTokenService` that operators have; its docstrings are the contract."""

    def create(self, mac_address: MacAddress, *, replace: bool = ...) -> str | None:
        """Create a token for a device; return its text, or None where the device has one."""
        ...

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceTokenSummary]:
        """Return up to `limit` tokens of devices after `after`, sorted by MAC address."""
        ...

    def all(self) -> Iterator[DeviceTokenSummary]:
        """Yield all tokens, sorted by MAC address."""
        ...

    def revoke(self, mac_address: MacAddress) -> None:
        """Revoke a device's token."""
        ...


class DeviceReadings(Protocol):
    """The use cases of `DeviceService` that read; its docstrings are the contract."""

    def get(self, mac_address: MacAddress) -> DeviceStatus | None:
        """Return a device with its evidence; None where it has no document."""
        ...

    def find(self, query: DeviceQuery) -> DevicePage:
        """Return one page of the devices that match, sorted by MAC address."""
        ...

    def former(self, after: MacAddress | None = ..., limit: int = ...) -> FormerPage:
        """Return a page of the MAC addresses that had a document, sorted."""
        ...

    def past(self, query: PastQuery) -> PastPage:
        """Return a page of the changes of a device's state, the newest first."""
        ...


class DeviceUseCases(DeviceReadings, Protocol):
    """The use cases of `DeviceService`; its docstrings are the contract."""

    @property
    def clock(self) -> Clock:
        """The clock that ages are measured with."""
        ...

    def news(self, after: int | None, limit: int) -> DeviceNews[DeviceStatus]:
        """Return the devices whose stored state has changed since an earlier call."""
        ...

    def report(
        self, mac_address: MacAddress, wanted: Document, report: Report, source: str = ..., proof: Proof = ...
    ) -> bool:
        """Store a report of a device; return False for an old one, which is dropped."""
        ...
