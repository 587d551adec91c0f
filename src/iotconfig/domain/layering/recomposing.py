"""Serving the documents that follow from an edit of layers: in its transaction, or by a job for many devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import Store, UnitOfWork, View
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.mac import MacAddress

from .effects import Effects, effect_on
from .reaching import changed_reaches, concerned_devices

AT_ONCE: Final = 500
"""Devices that an edit of layers serves in its own transaction, at most."""

CHARACTERS_AT_ONCE: Final = 1_000_000
"""Characters of layers and contents of which one transaction composes documents, give or take one document."""

STEP: Final = 250
"""Devices of one transaction of the job, at most: other writers wait for it on SQLite."""

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


def next_step(work: UnitOfWork, now: datetime, step: int = STEP) -> Recomposition | None:
    """Go on with the oldest recomposition by some devices; return it as it is then. None where all are finished.

    Each device gets the document of the newest layers, so that one that was changed meanwhile stays as it is. A
    device whose document breaks a rule keeps the one that it has.
    """
    recomposition = work.recompositions.next()
    if recomposition is None:
        return None
    page = work.configs.find(ConfigQuery(after=recomposition.swept_to, limit=step, count=False))
    seen = [summary.mac_address for summary in page]
    concerned = [each.mac_address for each in page if _takes(recomposition.reaches, each)]
    if concerned:
        recomposition = _with_devices(work, recomposition, concerned, seen[-1], now)
    elif seen:
        recomposition = recomposition.after(seen[-1], done=0, changed=0, failed=0)
    if page.next is None and (not seen or recomposition.swept_to == seen[-1]):
        recomposition = evolve(recomposition, finished_at=now)
    work.recompositions.store(recomposition)
    return recomposition


def _takes(reaches: Sequence[Reach], device: ConfigSummary) -> bool:
    return any(reach.takes(device.tags, device.model) for reach in reaches)


def _with_devices(
    work: UnitOfWork,
    recomposition: Recomposition,
    mac_addresses: Sequence[MacAddress],
    swept_to: MacAddress,
    now: datetime,
) -> Recomposition:
    """Serve these devices what they are to be served now: as many of them as one transaction takes.

    swept_to: how far the job has come when all of them are done
    """
    work.counters.lock_all(mac_addresses)
    composer = work.composer()
    served, done, failed, characters = [], 0, 0, 0
    for config in chain.from_iterable(contents_of(work, mac_addresses)):
        if characters > CHARACTERS_AT_ONCE:
            break
        # Nothing begins here: nulls were looked for when the edit was stored, or when the device was changed.
        effect = effect_on(config, composer, composer)
        failed += effect.refusal is not None
        if effect.served is not None:
            served.append(effect.served)
        characters += composer.size(config.labels, config.content)
        done += 1
        reached = config.mac_address
    else:
        reached = swept_to
    work.serve(served, recomposition.note, now, recomposition.change)
    return recomposition.after(reached, done=done, changed=len(served), failed=failed)
