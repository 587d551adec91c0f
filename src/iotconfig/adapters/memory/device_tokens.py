"""Device tokens in a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import islice

from attrs import field, frozen

from iotconfig.domain.devices.tokens import DeviceToken
from iotconfig.domain.mac import MacAddress

from .state import always_open


@frozen
class MemoryDeviceTokenStore:
    """`DeviceTokenStore` in memory."""

    _check_open: Callable[[], None] = always_open
    """Raises `ServiceClosed` once the store of which this is a part is closed."""
    _tokens: dict[MacAddress, DeviceToken] = field(init=False, factory=dict, repr=False)

    def add(self, token: DeviceToken) -> bool:
        self._check_open()
        return self._tokens.setdefault(token.mac_address, token) is token

    def replace(self, token: DeviceToken) -> None:
        self._check_open()
        self._tokens[token.mac_address] = token

    def find(self, mac_address: MacAddress) -> DeviceToken | None:
        self._check_open()
        return self._tokens.get(mac_address)

    def owners(self, mac_addresses: Collection[MacAddress]) -> frozenset[MacAddress]:
        self._check_open()
        return frozenset(mac for mac in mac_addresses if mac in self._tokens)

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        self._check_open()
        rest = (mac for mac in sorted(self._tokens) if after is None or mac > after)
        return [self._tokens[mac] for mac in islice(rest, limit)]

    def remove(self, mac_address: MacAddress) -> bool:
        self._check_open()
        return self._tokens.pop(mac_address, None) is not None
