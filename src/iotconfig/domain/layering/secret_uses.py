"""Who refers to secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from attrs import define, field

from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.ports import ReferringContent, SecretReader
from iotconfig.domain.secrets.references import names_of
from iotconfig.domain.secrets.use_cases import SecretUse

SAMPLE: Final = 20
"""Devices that are named of those that refer to a secret."""

_PAGE: Final = 200


def uses_of_secrets(
    secrets: SecretReader, layers: Iterable[Layer], yield_turn: Callable[[], None]
) -> Mapping[str, SecretUse]:
    """Return the uses of all secrets that contents or layers refer to, by name; secrets that do not exist included."""
    found: dict[str, _Counted] = defaultdict(_Counted)
    for content in _referring(secrets, None, yield_turn):
        for name in _names_in(content.text):
            found[name].add(content.mac_address)
    for layer in layers:
        for name in _names_in(layer.content.text):
            found[name].layers.append(layer.name)
    return {name: counted.use() for name, counted in found.items()}


def use_of(secrets: SecretReader, layers: Iterable[Layer], name: str) -> SecretUse:
    """Return the use of one secret."""
    counted = _Counted(layers=[layer.name for layer in layers_using(layers, name)])
    for mac_address in devices_using(secrets, name):
        counted.add(mac_address)
    return counted.use()


def layers_using(layers: Iterable[Layer], name: str) -> list[Layer]:
    """Return those of these layers that refer to a secret."""
    return [layer for layer in layers if name in _names_in(layer.content.text)]


def devices_using(secrets: SecretReader, name: str) -> Iterator[MacAddress]:
    """Yield the devices whose own content refers to a secret, sorted by MAC address."""
    for content in _referring(secrets, name, lambda: None):
        if name in _names_in(content.text):
            yield content.mac_address


@define
class _Counted:
    """The devices and the layers of a use, as they are found."""

    devices: int = 0
    sample: list[MacAddress] = field(factory=list)
    layers: list[str] = field(factory=list)

    def add(self, mac_address: MacAddress) -> None:
        self.devices += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(mac_address)

    def use(self) -> SecretUse:
        return SecretUse(self.devices, tuple(self.sample), tuple(sorted(self.layers)))


def _referring(
    secrets: SecretReader, name: str | None, yield_turn: Callable[[], None]
) -> Iterator[ReferringContent]:
    after: MacAddress | None = None
    while page := secrets.referring(name, after, _PAGE):
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].mac_address
        yield_turn()


def _names_in(text: str) -> frozenset[str]:
    try:
        return names_of(text)
    except InvalidDocument:
        # Of a layer that reaches no device, or stored by a version that knew no secrets.
        return frozenset()
