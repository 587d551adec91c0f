"""Sightings: what one worker has seen of devices since it last wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import define, field

from iotconfig.domain.documents.document import Document
from iotconfig.domain.mac import MacAddress

from .evidence import Evidence, Kind, Proof

MAX_DEVICES: Final = 50_000
"""Devices of which a worker keeps sightings."""
ONE_CHANGE_PER: Final = 60.0
"""Seconds in which one change of what a device holds counts, without proof."""

_Seen = tuple[int, float, str, int | None, str, Proof]
"""Document number, time, ETag and its number, source and proof: cheaper to make than `Evidence`, in each fetch."""
_OfDevice = tuple[MacAddress, _Seen | None, _Seen | None]
"""A device, the last document that it was sent, and the one that it holds."""
_NOTHING: Final[tuple[None, None, None]] = (None, None, None)


@define
class Sightings:
    """The newest sightings of each device, until `take` returns them. Bounded: what does not fit is dropped and counted.

    Requests of several threads or greenlets may share it. Its times never decrease, even if the clock does.
    """

    _seconds: Callable[[], float]
    """The time in seconds since 1970."""
    _notice: Callable[[bool], None]
    """Called with False at a sighting while nobody is about to take it, and with True at a change of what a device holds."""
    _max_devices: int = MAX_DEVICES
    is_awaited: bool = field(init=False, default=False)
    """Whether somebody is about to take the sightings."""
    dropped: int = field(init=False, default=0)
    """Sightings that did not fit."""
    _waiting: dict[str, _OfDevice] = field(init=False, factory=dict, repr=False)
    _older: dict[str, _OfDevice] = field(init=False, factory=dict, repr=False)
    """Those that `take` returns first."""
    _changes: dict[str, tuple[str, float]] = field(init=False, factory=dict, repr=False)
    """What each device held last, and when that changed."""
    _old_changes: dict[str, tuple[str, float]] = field(init=False, factory=dict, repr=False)
    """The same of devices that have not changed lately. It is forgotten as a whole."""
    _now: float = field(init=False, default=0.0)

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
        # Each function that is called here costs time in every fetch.
        if (now := self._seconds()) < self._now:
            now = self._now
        self._now = now
        mac, number, etag = mac_address.canonical, document.number, document.etag
        waiting = self._waiting.get(mac, _NOTHING)
        _, sent, holds = waiting
        is_change = False
        if held is not None and (holds is None or holds[2] != held):
            known, changed_at = self._changes.get(mac) or self._old_changes.get(mac) or ("", now)
            if known != held:
                # The first sighting is no change: this worker does not know what the device held before.
                is_change = bool(known)
                if is_change and proof is Proof.NONE and now - changed_at < ONE_CHANGE_PER:
                    held, is_change = None, False
                else:
                    self._remember(mac, held, now if is_change else now - ONE_CHANGE_PER)
        if held is None and not is_sent:
            return
        # A request that overlaps this one may have read a newer document.
        if is_sent and (sent is None or sent[0] <= number):
            sent = (number, now, etag, number, source, proof)
        if held is not None and (holds is None or holds[0] <= number):
            holds = (number, now, held, number if held == etag else _known(held, holds), source, proof)
        if waiting is not _NOTHING or len(self._waiting) + len(self._older) < self._max_devices:
            self._waiting[mac] = (mac_address, sent, holds)
        else:
            self.dropped += 1
        if is_change or not self.is_awaited:
            self._notice(is_change)

    def take(self, limit: int) -> Sequence[Evidence]:
        """Remove and return all sightings of up to `limit` devices; those that waited at an earlier call come first."""
        found: list[Evidence] = []
        for _ in range(limit):
            if not self._older:
                # Exchanged and not replaced, so that a thread that adds a sighting meanwhile does not lose it.
                self._waiting, self._older = self._older, self._waiting
            if not self._older:
                break
            _, (mac_address, sent, holds) = self._older.popitem()
            if holds is not None:
                found.append(_evidence(mac_address, Kind.HOLDS, holds))
            if sent is not None:
                found.append(_evidence(mac_address, Kind.FETCHED, sent))
        return found

    def put_back(self, sightings: Iterable[Evidence]) -> None:
        """Keep sightings that could not be written, unless newer ones came meanwhile."""
        for each in sightings:
            mac = each.mac_address.canonical
            seen = (
                each.number,
                each.received_at.timestamp(),
                each.etag,
                each.etag_number,
                each.source,
                each.proof,
            )
            _, sent, holds = self._waiting.get(mac, _NOTHING)
            if each.kind is Kind.HOLDS:
                holds = _newer(seen, holds)
            else:
                sent = _newer(seen, sent)
            if mac in self._waiting or self.waiting < self._max_devices:
                self._waiting[mac] = (each.mac_address, sent, holds)
            else:
                self.dropped += 1

    @property
    def waiting(self) -> int:
        """The number of devices whose sightings `take` would return."""
        return len(self._waiting) + len(self._older)

    def _remember(self, mac: str, etag: str, changed_at: float) -> None:
        if len(self._changes) >= self._max_devices // 2:
            self._changes, self._old_changes = {}, self._changes
        self._changes[mac] = (etag, changed_at)


def _known(etag: str, holds: _Seen | None) -> int | None:
    """The number of a document that a device names again."""
    return holds[3] if holds is not None and holds[2] == etag else None


def _newer(seen: _Seen, known: _Seen | None) -> _Seen:
    return seen if known is None or known[:2] <= seen[:2] else known


def _evidence(mac_address: MacAddress, kind: Kind, seen: _Seen) -> Evidence:
    number, seconds, etag, etag_number, source, proof = seen
    return Evidence(
        mac_address, kind, etag, number, datetime.fromtimestamp(seconds, UTC), source, proof, etag_number
    )
