"""Device tokens: a secret for each device, with which it fetches its own documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from attrs import field, frozen

from iotconfig.domain.access import secrets
from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import AuthenticationRequired, RecordNotFound
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.paging import MAX_PAGE

PREFIX: Final = "iotd"
"""The prefix of every device token."""


class DeviceAuth(StrEnum):
    """Whether devices must send tokens."""

    OFF = "off"
    """Not needed, and ignored if sent."""
    OPTIONAL = "optional"
    """A token that is sent must be valid, and grants access to its own device's documents only."""
    REQUIRED = "required"
    """Requests without a valid token are refused."""


@frozen
class DeviceToken:
    """A device's token as stored, without its secret."""

    mac_address: MacAddress
    digest: str = field(repr=False)
    """SHA-256 of the whole token, in lower-case hexadecimal digits."""
    created_at: datetime


class DeviceTokenStore(Protocol):
    """Stores device tokens. All methods may raise `StoreUnavailable`, those that write `StoreFull`."""

    def add(self, token: DeviceToken) -> bool:
        """Store a token for a device without one. Returns False where it has one."""
        ...

    def replace(self, token: DeviceToken) -> None:
        """Store a token, replacing an earlier one of its device."""
        ...

    def find(self, mac_address: MacAddress) -> DeviceToken | None:
        """Return the token of this device, or None."""
        ...

    def owners(self, mac_addresses: Collection[MacAddress]) -> frozenset[MacAddress]:
        """Return those of these devices that have a token."""
        ...

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        """Return up to `limit` tokens of devices after `after`, sorted by MAC address."""
        ...

    def remove(self, mac_address: MacAddress) -> bool:
        """Remove the token of a device. Returns False where it has none."""
        ...


@frozen
class DeviceTokenService:
    """Creates, revokes and verifies device tokens. All methods may raise `StoreUnavailable`."""

    store: DeviceTokenStore
    clock: Clock

    def create(self, mac_address: MacAddress | str, *, replace: bool = False) -> str | None:
        """Create a token for a device. Returns its text, which cannot be recovered later.

        Returns None where the device has one already, unless `replace` is set.
        `mac_address`: text in any spelling is accepted.
        """
        mac_address = mac_address_of(mac_address)
        text = secrets.new_token(PREFIX, str(mac_address).replace(":", ""))
        token = DeviceToken(mac_address, secrets.digest_of(text), self.clock())
        if replace:
            self.store.replace(token)
            return text
        return text if self.store.add(token) else None

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        """Return up to `limit` tokens of devices after `after`, sorted by MAC address."""
        return self.store.page(after, limit)

    def all(self) -> Iterator[DeviceToken]:
        """Yield all tokens, sorted by MAC address, read page by page."""
        after: MacAddress | None = None
        while page := self.store.page(after, MAX_PAGE):
            yield from page
            after = page[-1].mac_address

    def revoke(self, mac_address: MacAddress | str) -> None:
        """Revoke a device's token. Raises `RecordNotFound`."""
        mac_address = mac_address_of(mac_address)
        if not self.store.remove(mac_address):
            raise RecordNotFound(mac_address, what="Token of device")

    def authenticate(self, text: str) -> MacAddress:
        """Return the device of a token. Raises `AuthenticationRequired` where it is not valid."""
        key = secrets.key_of(PREFIX, text)
        token = None if key is None else self.store.find(MacAddress.parse(key))
        if token is None or not secrets.is_digest_of(token.digest, text):
            raise AuthenticationRequired("The device token is unknown, or was replaced or revoked.")
        return token.mac_address
