"""The ports of labels. The docstrings are the contracts.

Labels belong to a config, by its id: a board swap moves them, and they come back with a deleted config that is restored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from iotconfig.domain.mac import MacAddress

from .labels import Labels
from .revisions import ChangeNote


@frozen
class TagCount:
    """A tag, and the number of configs that have it."""

    tag: str
    devices: int


@frozen
class LabelledConfig:
    """A config with its labels, without its content."""

    config_id: int
    mac_address: MacAddress
    revision: int
    labels: Labels
    number: int = 0
    """The number of changes of its labels so far."""


@frozen
class LabelChange:
    """Other labels for a config."""

    config: LabelledConfig
    """The config before the change, as `LabelRepository.lock` returned it."""
    labels: Labels


@frozen
class LabelRevision:
    """What a change did to the labels of one config."""

    config_id: int
    number: int
    """The number of changes of the config's labels afterwards."""
    change: str
    """The id of the write."""
    before: Labels
    created_at: datetime


class LabelReader(Protocol):
    """Reads labels of configs that exist. Those of deleted configs are kept; only `kept` reads them."""

    def find(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        """The configs with these ids, up to 1,000, sorted by MAC address; ids without a config are omitted."""
        ...

    def kept(self, config_id: int) -> Labels:
        """The labels of this config, those of a deleted one included; none where it never had any."""
        ...

    def names(self) -> frozenset[str]:
        """All tags that configs have."""
        ...

    def counts(self) -> Sequence[TagCount]:
        """All tags that configs have, sorted, with their numbers of configs."""
        ...

    def model_counts(self) -> Mapping[str, int]:
        """The number of configs of each model that one has."""
        ...

    def of_model(self, name: str, after: MacAddress | None, limit: int) -> Sequence[LabelledConfig]:
        """Up to `limit` configs of a model, after a MAC address, sorted by MAC address."""
        ...

    def of_change(self, change: str, after_config: int, limit: int) -> Sequence[LabelRevision]:
        """Return up to `limit` changes of labels that a write made, of configs with ids above `after_config`, sorted by id.

        Changes that were pruned from the change log are omitted, those of deleted configs are not.
        """
        ...


class LabelRepository(LabelReader, Protocol):
    """Changes labels inside a unit of work."""

    def confirm(self, configs: Sequence[LabelledConfig]) -> bool:
        """Lock the counters of these devices, any number of them, in the order of their addresses.

        Return whether all of these configs still exist, on the same boards and with the same labels. Their revisions
        may be others by now.
        """
        ...

    def lock(self, config_ids: Sequence[int]) -> Sequence[LabelledConfig]:
        """Lock the counters of the devices of these configs, up to 1,000, in the order of their addresses; return `find`.

        In one unit of work, lock several lists in the order of their addresses only.
        """
        ...

    def lock_names(self) -> None:
        """Wait for other units of work that locked the names, and keep them waiting until this one ends."""
        ...

    def record(self, changes: Sequence[LabelChange], note: ChangeNote, now: datetime) -> str:
        """Store up to 1,000 changes of labels; return the id of the write.

        Each adds 1 to the config's number of changes of labels, keeps the labels before, and adds a row of kind `tags`
        to the change log (`logged_labels`): with what it did, and the config's present revision, which stays.

        changes: of configs that this unit of work has locked or confirmed, each with other labels than before.
        """
        ...
