"""Serving the documents that follow from an edit of layers: in its transaction, or by a job for many devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.store import Store, UnitOfWork, View
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.mac import MacAddress

from .effects import Effects, effect_on
from .reaching import changed_reaches, concerned_devices

AT_ONCE: Final = 500
"""Devices that an edit of layers serves in its own transaction, at most."""

CHARACTERS_AT_ONCE: Final = 1_000_000
"""Characters of layers and contents of which one transaction composes documents, give or take one document."""

_READ_AT_ONCE: Final = 100


@frozen
class Edited:
    """An edit of layers that its unit of work has stored."""

    before: LayerStack
    after: LayerStack
    change: str
    """The id of the change."""
    note: ChangeNote
    at: datetime


@frozen
class Extent:
    """How much an edit of layers concerns."""

    devices: int
    characters: int = 0
    """The characters of which their documents are composed; counted of up to 500 devices only."""

    @property
    def is_large(self) -> bool:
        """Whether its documents would keep other writers waiting for too long, so that the job makes them."""
        return self.devices > AT_ONCE or self.characters > CHARACTERS_AT_ONCE


def contents_of(view: View, mac_addresses: Sequence[MacAddress]) -> Iterator[Sequence[Config]]:
    """The configs of these devices, in pages."""
    for start in range(0, len(mac_addresses), _READ_AT_ONCE):
        yield view.configs.load(mac_addresses[start : start + _READ_AT_ONCE])


def pages_of(store: Store, mac_addresses: Sequence[MacAddress]) -> Iterator[Sequence[Config]]:
    """The configs of these devices, in pages, each of which is read by itself."""
    for start in range(0, len(mac_addresses), _READ_AT_ONCE):
        with store.reading() as view:
            page = view.configs.load(mac_addresses[start : start + _READ_AT_ONCE])
        yield page


def recompose(work: UnitOfWork, edited: Edited, expected: Extent) -> Effects | None:
    """Serve the documents that an edit changes; where they are many, or large, leave that to the job.

    The unit of work has locked the layers.

    expected: what it concerned a moment ago

    Returns what it did; None where the job will do it.

    Raises `Unprocessable`, with the list, where the edit breaks a rule for a device.
    """
    concerned = concerned_devices(work, edited.before, edited.after, AT_ONCE + 1)
    if expected.is_large or len(concerned) > AT_ONCE:
        work.recompositions.store(_begun(edited, max(expected.devices, len(concerned))))
        return None
    before, after = map(work.composer().over, (edited.before, edited.after))
    work.counters.lock_all(concerned)
    effects, served = Effects(), []
    for some in contents_of(work, concerned):
        for config in some:
            effect = effect_on(config, before, after)
            effects.count(effect)
            if effect.served is not None:
                served.append(effect.served)
    effects.check()
    work.serve(served, edited.note, edited.at, edited.change)
    return effects


def _begun(edited: Edited, total: int) -> Recomposition:
    reaches = sorted(changed_reaches(edited.before, edited.after), key=str)
    return Recomposition(
        change=edited.change, note=edited.note, reaches=tuple(reaches), total=total, started_at=edited.at
    )
