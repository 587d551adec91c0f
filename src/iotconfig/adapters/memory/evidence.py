"""Evidence about devices in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from threading import Lock

from attrs import field, frozen

from iotconfig.domain.devices.evidence import Evidence, Kind, is_worth_writing, newer, newest_of_each
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.state import Wanted
from iotconfig.domain.mac import MacAddress

from .state import Committed, State


@frozen
class MemoryEvidenceStore:
    """`EvidenceStore` in memory, beside the documents of a store."""

    _committed: Committed
    _stored: dict[MacAddress, dict[Kind, Evidence]] = field(init=False, factory=dict, repr=False)
    _writer: Lock = field(init=False, factory=Lock, repr=False)

    def write(self, batch: Sequence[Evidence]) -> None:
        self._committed.check()
        with self._writer:
            for mac_address, of_device in newest_of_each(batch).items():
                stored = self._stored.get(mac_address, {})
                written = {
                    kind: newer(new, stored[kind]) if kind in stored else new
                    for kind, new in of_device.items()
                    if is_worth_writing(new, stored, is_alone=len(of_device) == 1)
                }
                self._stored[mac_address] = {**stored, **written}

    def find(self, mac_address: MacAddress) -> ObservedDevice | None:
        state = self._committed.state
        return self._observed(state, mac_address) if mac_address in state.documents else None

    def page(self, after: MacAddress | None, limit: int) -> Sequence[ObservedDevice]:
        state = self._committed.state
        rest = (mac for mac in sorted(state.documents) if after is None or mac > after)
        return [self._observed(state, mac) for mac in islice(rest, limit)]

    def _observed(self, state: State, mac_address: MacAddress) -> ObservedDevice:
        document = state.documents[mac_address]
        name = state.configs[state.ids[mac_address]].content.device_name
        wanted = Wanted(document.number, document.etag)
        return ObservedDevice(mac_address, name, wanted, self._stored.get(mac_address, {}))
