"""A fleet as it is at present: what a tree is compared with, and what it is written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from attrs import evolve, field, frozen

from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.change_query import ChangeQuery
from iotconfig.domain.configs.change_use_cases import ChangeUseCases
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.layering.use_cases import LayerUseCases
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE, all_items

_ATTEMPTS: Final = 3


class FleetMoved(IotConfigError):
    """The fleet has changed since it was read for a plan, or while it was read."""

    code = "PRECONDITION_FAILED"


class FleetUseCases(Protocol):
    """The use cases that a plan needs, wherever they run: on a database, or on a service."""

    @property
    def layers(self) -> LayerUseCases:
        """Documents that reach many devices."""
        ...

    @property
    def configs(self) -> ConfigUseCases:
        """One config at a time."""
        ...

    @property
    def bulk(self) -> BulkUseCases:
        """Many configs at once."""
        ...

    @property
    def tags(self) -> TagUseCases:
        """Tags and notes of devices."""
        ...

    @property
    def changes(self) -> ChangeUseCases:
        """The change log."""
        ...


@frozen
class Fleet:
    """All that a tree describes, as the store has it at one position of the change log."""

    position: int
    """The position of the newest change."""
    devices: Mapping[MacAddress, str]
    """The own content of each device, verbatim, sorted by MAC address."""
    labels: Mapping[MacAddress, Labels]
    """The labels of those devices that have some, sorted by MAC address."""
    layers: Mapping[str, Layer] = field(factory=dict)
    """The layers, by their names."""
    without_content: frozenset[MacAddress] = frozenset()
    """The devices that layers alone serve."""


def read_fleet(uses: FleetUseCases) -> Fleet:
    """Read the fleet. Raises `FleetMoved` where it changes at each of three attempts."""
    position = position_of(uses)
    for _ in range(_ATTEMPTS):
        with uses.bulk.export() as configs:
            devices = dict(configs)
        labels = {device.mac_address: device.labels for device in uses.tags.export()}
        layers = {layer.name: layer for layer in uses.layers.all()}
        without_content = frozenset(_without_content(uses))
        # The parts are read one after another, and are of one moment only if nothing changed meanwhile.
        if (moved := position_of(uses)) == position:
            return Fleet(position, devices, labels, layers, without_content)
        position = moved
    raise FleetMoved(
        f"The fleet changed while it was read, {_ATTEMPTS} times in succession: try again.", position=position
    )


def _without_content(uses: FleetUseCases) -> Iterator[MacAddress]:
    first = ConfigQuery(limit=MAX_PAGE, count=False, with_content=False)
    found = all_items(lambda after: uses.configs.find(evolve(first, after=after)))
    return (summary.mac_address for summary in found)


def position_of(uses: FleetUseCases) -> int:
    """The position of the newest change; 0 without any."""
    return uses.changes.find(ChangeQuery(limit=1)).bounds.position
