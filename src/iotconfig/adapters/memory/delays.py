"""How long devices take to run a new document, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from iotconfig.domain.devices.delays import Delay, measured
from iotconfig.domain.devices.evidence import Evidence

from .evidence import MemoryEvidenceStore
from .state import Committed


@frozen
class MemoryDelayReader:
    """`DelayReader` beside the evidence of a store."""

    _committed: Committed
    _evidence: MemoryEvidenceStore

    def delays(self, batch: Sequence[Evidence]) -> Sequence[Delay]:
        self._committed.check()
        return list(self._first(batch))

    def _first(self, batch: Sequence[Evidence]) -> Iterator[Delay]:
        state = self._committed.state
        for each in measured(batch):
            device = self._evidence.find(each.mac_address)
            if device is None or (device.wanted.number, device.wanted.etag) != (each.number, each.etag):
                continue
            stored = device.newest.get(each.kind)
            if stored is None or (stored.number, stored.etag) != (each.number, each.etag):
                committed_at = state.configs[state.ids[each.mac_address]].updated_at
                yield Delay.between(each.kind, committed_at, each.received_at)
