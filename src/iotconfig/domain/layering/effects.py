"""What an edit of layers does to the documents of devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.composing import Composer
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.served_anew import ServedAnew
from iotconfig.domain.errors import IotConfigError, Unprocessable
from iotconfig.domain.offload import Offload

_REFUSALS_NAMED: Final = 20
"""Devices that an error names."""

SAMPLES: Final = 5
"""Changes of documents that a dry run shows."""


@frozen
class Effect:
    """What an edit does to the document of one device."""

    config: Config
    served: ServedAnew | None
    """The other document; None where the device is served the same bytes, or where it is refused."""
    refusal: IotConfigError | None = None


def effect_on(config: Config, before: Composer, after: Composer) -> Effect:
    """Return what it does to a device that `after` the edit decides its document, in place of `before`.

    A refusal is `Unprocessable` where layers begin to reach a device whose content has nulls, and `ContentTooLarge`.
    """
    try:
        if not before.reaching(config.labels):
            after.check_beginning(config.mac_address, config.labels, config.content)
        document = after.document(config.labels, config.content)
    except IotConfigError as error:
        return Effect(config, None, error)
    is_same = document.content.etag == config.document_etag
    return Effect(config, None if is_same else ServedAnew.of(config, document))


@define
class Effects:
    """What an edit does to all devices that it concerns."""

    devices: int = 0
    """The devices that a changed layer reaches, or reached."""
    changed: int = 0
    """The devices that are served another document."""
    refused: list[BulkRefusal] = field(factory=list)
    """The devices whose document would break a rule, in the order of their addresses."""
    samples: list[ServedAnew] = field(factory=list)
    """The first few documents that change."""

    def count(self, effect: Effect) -> None:
        """Count one device."""
        self.devices += 1
        if effect.refusal is not None:
            self.refused.append(BulkRefusal(str(effect.config.mac_address), effect.refusal))
        elif effect.served is not None:
            self.changed += 1
            if len(self.samples) < SAMPLES:
                self.samples.append(effect.served)

    def check(self) -> None:
        """Raise `Unprocessable`, with the list of the devices, where the edit breaks a rule for one of them."""
        if self.refused:
            first = self.refused[0]
            raise Unprocessable(
                f"The change would break the documents of {len(self.refused)} devices. The first: {first.error}",
                refused=[
                    {"mac_address": each.place, "error": str(each.error), **each.error.details}
                    for each in self.refused[:_REFUSALS_NAMED]
                ],
                count=len(self.refused),
            )


def effects_on(
    configs: Iterator[Sequence[Config]],
    before: Composer,
    after: Composer,
    yield_turn: Callable[[], None],
    offload: Offload,
) -> Effects:
    """Return what an edit does to these devices. `yield_turn` is called between two of them."""
    effects = Effects()
    for some in configs:
        for config in some:
            yield_turn()
            size = after.size(config.labels, config.content)
            effects.count(offload(partial(effect_on, config, before, after), size))
    return effects
