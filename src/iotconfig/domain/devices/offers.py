"""Offers: the documents that the relay has announced to devices, until they are written down as evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from attrs import define, field

from iotconfig.domain.announcing.announcement import Announcement, Kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress

from .evidence import Evidence
from .evidence import Kind as EvidenceKind

MAX_OFFERS: Final = 50_000
"""Devices whose offers wait; more are dropped."""
_INTERVAL: Final = timedelta(seconds=10)
_AT_ONCE: Final = 1000


@define
class Offers:
    """`AnnouncementObserver` that writes what was announced, every 10 seconds at most. Used by one thread.

    While the database is away, the offers wait, within their bound.
    """

    _write: Callable[[Sequence[Evidence]], None]
    """Stores evidence; may raise an `IotConfigError`."""
    _clock: Clock
    _max_devices: int = MAX_OFFERS
    _waiting: dict[str, Evidence] = field(init=False, factory=dict, repr=False)
    """By MAC address; the newest of each."""

    _written_at: datetime = field(init=False)

    @_written_at.default
    def _start(self) -> datetime:
        return self._clock()

    def announced(self, announcements: Sequence[Announcement]) -> None:
        """Remember the documents that the broker has accepted."""
        now = self._clock()
        for each in announcements:
            subject, document = each.subject, each.state
            if subject.kind is not Kind.CONFIG or document is None or document.etag is None:
                continue
            if subject.key in self._waiting or len(self._waiting) < self._max_devices:
                self._waiting[subject.key] = Evidence(
                    MacAddress(subject.key),
                    EvidenceKind.OFFERED,
                    document.etag,
                    document.document_number,
                    now,
                    etag_number=document.document_number,
                )

    def tend(self) -> None:
        """Write what is waiting, if the last time was a while ago."""
        if self._waiting and not timedelta(0) <= self._clock() - self._written_at < _INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        self._written_at = self._clock()
        while self._waiting:
            batch = [*islice(self._waiting, _AT_ONCE)]
            try:
                self._write([self._waiting[mac_address] for mac_address in batch])
            except IotConfigError:
                # The relay says that the database is away.
                return
            for mac_address in batch:
                del self._waiting[mac_address]
