"""Device tokens: one secret for each device, with which it fetches what is its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
"""What every device token begins with."""


class DeviceAuth(StrEnum):
    """Whether devices show tokens."""

    OFF = "off"
    """They need none, and what they show is not looked at."""
    OPTIONAL = "optional"
    """One that is shown must hold, and opens what is its device's only."""
    REQUIRED = "required"
    """Nothing is served without."""


@frozen
class DeviceToken:
    """A device's token as it is stored: without its secret."""

    mac_address: MacAddress
    digest: str = field(repr=False)
    """SHA-256 of the whole token, in lower-case hexadecimal digits."""
    created_at: datetime


class DeviceTokenStore(Protocol):
    """Stores device tokens. All methods may raise `StoreUnavailable`, those that write `StoreFull`."""

    def add(self, token: DeviceToken) -> bool:
        """Store a token for a device that has none; False where it has one."""
        ...

    def replace(self, token: DeviceToken) -> None:
        """Store a token in place of the one that its device may have."""
        ...

    def find(self, mac_address: MacAddress) -> DeviceToken | None:
        """The token of this device, or None."""
        ...

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        """Up to `limit` tokens of devices behind `after`, sorted by MAC address."""
        ...

    def remove(self, mac_address: MacAddress) -> bool:
        """Forget the token of a device; False where it has none."""
        ...


@frozen
class DeviceTokenService:
    """Gives device tokens out, and tells whose they are. All methods may raise `StoreUnavailable`."""

    store: DeviceTokenStore
    clock: Clock

    def create(self, mac_address: MacAddress | str, *, replace: bool = False) -> str | None:
        """A new token for a device, which nobody can find out again.

        None where the device has one already, unless `replace` ends that.
        The MAC address may be given as text, in any spelling.
        """
        mac_address = mac_address_of(mac_address)
        text = secrets.new_token(PREFIX, str(mac_address).replace(":", ""))
        token = DeviceToken(mac_address, secrets.digest_of(text), self.clock())
        if replace:
            self.store.replace(token)
            return text
        return text if self.store.add(token) else None

    def all(self) -> Iterator[DeviceToken]:
        """All tokens, sorted by MAC address; read a page at a time."""
        after: MacAddress | None = None
        while page := self.store.page(after, MAX_PAGE):
            yield from page
            after = page[-1].mac_address

    def revoke(self, mac_address: MacAddress | str) -> None:
        """Make a device's token hold no longer. Raises `RecordNotFound`."""
        mac_address = mac_address_of(mac_address)
        if not self.store.remove(mac_address):
            raise RecordNotFound(mac_address, what="Token of device")

    def authenticate(self, text: str) -> MacAddress:
        """The device whose token this is. Raises `AuthenticationRequired` where it does not hold."""
        key = secrets.key_of(PREFIX, text)
        token = None if key is None else self.store.find(MacAddress.parse(key))
        if token is None or not secrets.is_digest_of(token.digest, text):
            raise AuthenticationRequired("The device token is unknown, or was replaced or revoked.")
        return token.mac_address
