"""Serving the documents that follow from another value of a secret: in its transaction, or by the job for many devices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import UnitOfWork
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.mac import MacAddress

from .effects import Effects, effect_on
from .reaching import reached_devices
from .recomposing import AT_ONCE, contents_of
from .secret_uses import devices_using, layers_using


def serve_value(work: UnitOfWork, name: str, change: str, note: ChangeNote, now: datetime) -> int | None:
    """Serve the documents that another value of a secret changes; return their number. None where the job will do it.

    The unit of work has locked the layers, and stored the value as this change.

    Raises `Unprocessable`, with the list, where the document of a device would break a rule.
    """
    concerned = _concerned(work, name, layers_using(work.layers.all(), name))
    if len(concerned) > AT_ONCE:
        total = work.configs.find(ConfigQuery(limit=1)).count or 0
        work.recompositions.store(
            Recomposition(change=change, note=note, reaches=(Reach(),), total=total, started_at=now)
        )
        return None
    work.counters.lock_all(concerned)
    composer = work.composer()
    effects, served = Effects(), []
    for some in contents_of(work, concerned):
        for config in some:
            effect = effect_on(config, composer, composer)
            effects.count(effect)
            if effect.served is not None:
                served.append(effect.served)
    effects.check()
    if served:
        work.serve(served, note, now, change)
    return len(served)


def _concerned(work: UnitOfWork, name: str, layers: Iterable[Layer]) -> list[MacAddress]:
    """The devices whose document may have the value, sorted by MAC address."""
    found = set(devices_using(work.secrets, name))
    for layer in layers:
        if layer.enabled:
            found.update(reached_devices(work, layer.reach))
    return sorted(found)
