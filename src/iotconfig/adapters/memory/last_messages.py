"""The last messages of devices in a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from iotconfig.domain.devices.incoming import LastMessages
from iotconfig.domain.mac import MacAddress

from .state import Committed


@frozen
class MemoryLastMessageStore:
    """`LastMessageStore` in memory, closed together with a store."""

    _committed: Committed
    _stored: dict[MacAddress, LastMessages] = field(init=False, factory=dict, repr=False)

    def of(self, mac_addresses: Collection[MacAddress]) -> Mapping[MacAddress, LastMessages]:
        self._committed.check()
        return {mac: self._stored[mac] for mac in mac_addresses if mac in self._stored}

    def write(self, messages: Sequence[LastMessages]) -> None:
        self._committed.check()
        for last in messages:
            if last.is_empty:
                self._stored.pop(last.mac_address, None)
            else:
                self._stored[last.mac_address] = last

    def has_unkept(self) -> bool:
        self._committed.check()
        return not all(last.is_kept for last in self._stored.values())
