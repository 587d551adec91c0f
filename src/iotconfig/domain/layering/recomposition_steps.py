"""The steps of a recomposition. Documents are composed before the transaction that stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.configs.composing import Composer
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.counter import RevisionCounter
from iotconfig.domain.configs.label_ports import LabelledConfig
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import UnitOfWork, View
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.mac import MacAddress

from .effects import Effect, effect_on
from .recomposing import CHARACTERS_AT_ONCE, contents_of

STEP: Final = 250
"""Devices of one step, at most: other writers wait for its transaction on SQLite."""


@frozen
class PreparedStep:
    """The documents of the next devices of a recomposition, as they were to be a moment ago."""

    begun: Recomposition
    """The recomposition as it was before the step."""
    composer: Composer
    effects: Sequence[Effect]
    swept_to: MacAddress | None
    """The last device that the step looks at."""
    is_last: bool

    @property
    def following(self) -> Recomposition | None:
        """The recomposition from which the next step begins, if this one is stored; None after the last one."""
        return None if self.is_last else evolve(self.begun, swept_to=self.swept_to)

    def begins_from(self, recomposition: Recomposition) -> bool:
        """Whether the step is the next one of a recomposition."""
        return (recomposition.change, recomposition.swept_to) == (self.begun.change, self.begun.swept_to)


def prepare_step(view: View, recomposition: Recomposition, step: int = STEP) -> PreparedStep:
    """Compose the documents of the next devices: as many as one transaction takes, `step` of them at most."""
    page = view.configs.find(ConfigQuery(after=recomposition.swept_to, limit=step, count=False))
    seen = [summary.mac_address for summary in page]
    swept_to = seen[-1] if seen else recomposition.swept_to
    concerned = [each.mac_address for each in page if _takes(recomposition.reaches, each)]
    composer = view.composer()
    effects, characters = list[Effect](), 0
    for config in chain.from_iterable(contents_of(view, concerned)):
        if characters > CHARACTERS_AT_ONCE:
            return PreparedStep(
                recomposition, composer, effects, effects[-1].config.mac_address, is_last=False
            )
        # Nothing begins here: nulls were looked for when the edit was stored, or when the device was changed.
        effects.append(effect_on(config, composer, composer))
        characters += composer.size(config.labels, config.content)
    return PreparedStep(recomposition, composer, effects, swept_to, is_last=page.next is None)


def store_step(work: UnitOfWork, prepared: PreparedStep, now: datetime) -> Recomposition | None:
    """Serve the documents of a step, and return the recomposition as it is then; None where it is not the next step.

    A device that was changed since the step was prepared is composed again: each gets the document of the newest
    layers. A device whose document breaks a rule keeps the one that it has.

    prepared: whatever happened to its devices since
    """
    recomposition = work.recompositions.next()
    if recomposition is None or not prepared.begins_from(recomposition):
        return None
    effects = _confirmed(work, prepared) if prepared.effects else []
    served = [effect.served for effect in effects if effect.served is not None]
    work.serve(served, recomposition.note, now, recomposition.change)
    stored = recomposition.after(
        prepared.swept_to,
        done=len(prepared.effects),
        changed=len(served),
        failed=sum(effect.refusal is not None for effect in effects),
    )
    if prepared.is_last:
        stored = evolve(stored, finished_at=now)
    work.recompositions.store(stored)
    return stored


def next_step(work: UnitOfWork, now: datetime) -> Recomposition | None:
    """Prepare and store the next step of the oldest recomposition. None where all are finished."""
    recomposition = work.recompositions.next()
    return None if recomposition is None else store_step(work, prepare_step(work, recomposition), now)


def _takes(reaches: Sequence[Reach], device: ConfigSummary) -> bool:
    return any(reach.takes(device.tags, device.model) for reach in reaches)


def _confirmed(work: UnitOfWork, prepared: PreparedStep) -> list[Effect]:
    """Lock the devices of a step, and return what becomes of those that there are still."""
    configs = [effect.config for effect in prepared.effects]
    counters = work.counters.lock_all([config.mac_address for config in configs])
    composer = work.composer()
    current = work.labels.find([config.id for config in configs])
    labelled = {each.mac_address: each for each in current}
    is_confirmed = {
        config.mac_address
        for config in configs
        if composer is prepared.composer and _is_as_read(config, labelled, counters)
    }
    changed = [config.mac_address for config in configs if config.mac_address not in is_confirmed]
    renewed = chain.from_iterable(contents_of(work, changed))
    return [
        *(effect for effect in prepared.effects if effect.config.mac_address in is_confirmed),
        *(effect_on(config, composer, composer) for config in renewed),
    ]


def _is_as_read(
    config: Config,
    labelled: Mapping[MacAddress, LabelledConfig],
    counters: Mapping[MacAddress, RevisionCounter],
) -> bool:
    """Whether neither the config, its labels nor its document have changed since it was read."""
    mac_address = config.mac_address
    found, counter = labelled.get(mac_address), counters.get(mac_address)
    return (
        found is not None
        and counter is not None
        and (found.config_id, found.labels) == (config.id, config.labels)
        and (counter.last_revision, counter.last_document_number) == (config.revision, config.document_number)
    )
