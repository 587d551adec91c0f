"""Sightings: what one worker has seen of devices since it last wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .evidence import Evidence, Kind, Proof

MAX_DEVICES: Final = 50_000
"""Devices of which a worker keeps sightings."""
ONE_CHANGE_PER: Final = timedelta(minutes=1)
"""Without proof, one change of what a device holds counts within this time."""

_Seen = tuple[int, datetime, str, int | None, str, Proof]
"""Document number, time, ETag and its number, source and proof: cheaper to make than `Evidence`, in each fetch."""


@define
class Sightings:
    """The newest sightings of each device, until `take` returns them. Bounded: what does not fit is dropped and counted.

    Requests of several threads or greenlets may share it. Its times never decrease, even if the clock does.
    """

    _clock: Clock
    _notice: Callable[[bool], None]
    """Called with False at a sighting while nobody is about to take it, and with True at a change of what a device holds."""
    _max_devices: int = MAX_DEVICES
    is_awaited: bool = field(init=False, default=False)
    """Whether somebody is about to take the sightings."""
    dropped: int = field(init=False, default=0)
    """Sightings that did not fit."""
    _fetched: dict[str, _Seen] = field(init=False, factory=dict, repr=False)
    _held: dict[str, _Seen] = field(init=False, factory=dict, repr=False)
    _changes: dict[str, tuple[str, datetime]] = field(init=False, factory=dict, repr=False)
    """What each device held last, and when that changed."""
    _now: datetime = field(init=False, default=datetime(1970, 1, 1, tzinfo=UTC))

    def see(
        self,
        mac_address: MacAddress,
        document: Document,
        held: str | None,
        source: str,
        proof: Proof,
        *,
        is_sent: bool,
    ) -> None:
        """A device fetched its document.

        document: the one that it is to have.
        held: the ETag of the one that it runs; None where it names none.
        is_sent: whether it was sent the document; otherwise it had it.
        """
        now = self._now = max(self._clock(), self._now)
        mac, number, etag = mac_address.canonical, document.number, document.etag
        if is_sent:
            self._keep(self._fetched, mac, (number, now, etag, number, source, proof))
        is_change = False
        if held is not None:
            known, changed_at = self._changes.get(mac, ("", now))
            if known != held:
                # The first sighting is no change: this worker does not know what the device held before.
                is_change = bool(known)
                if is_change and proof is Proof.NONE and now - changed_at < ONE_CHANGE_PER:
                    return
                self._remember(mac, held, now if is_change else now - ONE_CHANGE_PER)
            held_number = number if held == etag else None
            self._keep(self._held, mac, (number, now, held, held_number, source, proof))
        if is_change or not self.is_awaited:
            self._notice(is_change)

    def take(self, limit: int) -> Sequence[Evidence]:
        """Remove and return all sightings of up to `limit` devices."""
        found: list[Evidence] = []
        for _ in range(limit):
            # One by one, so that a thread that adds a sighting meanwhile does not lose it.
            if self._held:
                mac, seen = self._held.popitem()
                found.append(_evidence(mac, Kind.HOLDS, seen))
                if (also := self._fetched.pop(mac, None)) is not None:
                    found.append(_evidence(mac, Kind.FETCHED, also))
            elif self._fetched:
                mac, seen = self._fetched.popitem()
                found.append(_evidence(mac, Kind.FETCHED, seen))
            else:
                break
        return found

    def put_back(self, sightings: Iterable[Evidence]) -> None:
        """Keep sightings that could not be written, unless newer ones came meanwhile."""
        for each in sightings:
            waiting = self._held if each.kind is Kind.HOLDS else self._fetched
            seen = (each.number, each.received_at, each.etag, each.etag_number, each.source, each.proof)
            self._keep(waiting, each.mac_address.canonical, seen)

    @property
    def are_waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._held or self._fetched)

    def _keep(self, waiting: dict[str, _Seen], mac: str, seen: _Seen) -> None:
        known = waiting.get(mac)
        if known is None and len(waiting) >= self._max_devices:
            self.dropped += 1
        elif known is None or known[:2] <= seen[:2]:
            waiting[mac] = seen

    def _remember(self, mac: str, etag: str, changed_at: datetime) -> None:
        if mac not in self._changes and len(self._changes) >= self._max_devices:
            self._changes.pop(next(iter(self._changes)), None)
        self._changes[mac] = (etag, changed_at)


def _evidence(mac: str, kind: Kind, seen: _Seen) -> Evidence:
    number, received_at, etag, etag_number, source, proof = seen
    return Evidence(MacAddress(mac), kind, etag, number, received_at, source, proof, etag_number)
