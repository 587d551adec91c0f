"""Devices checked against models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.configs.composing import Composer
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.store import Store, View
from iotconfig.domain.errors import ModelRefused
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.checking import judge
from iotconfig.domain.models.enforcing import NOTHING_ENFORCED
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.model import ModelRules
from iotconfig.domain.models.ports import DocumentRules
from iotconfig.domain.offload import Offload, run_inline

READ_AT_ONCE: Final = 100
"""Configs that are read by one statement, with their contents."""

MAX_LISTED: Final = 20
"""Devices that a refusal lists."""


@frozen
class FailingDevice:
    """A device whose document breaks a model."""

    mac_address: MacAddress
    device_name: str | None
    model: str | None
    """The device's model, by its name."""
    failures: Sequence[Failure]
    """At most 20."""
    is_complete: bool
    """Whether there is no further failure."""

    def details(self) -> dict[str, object]:
        """The device as the details of an error have it."""
        return {
            "mac_address": str(self.mac_address),
            "failures": [failure.details() for failure in self.failures],
            "complete": self.is_complete,
        }


Seen = dict[int, tuple[int, int]]
"""The revision, and the number of changes of the labels, at which each config was checked, by its id."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


@frozen
class ModelChecks:
    """Checks the documents of devices against the rules of models."""

    store: Store
    rules: DocumentRules
    yield_turn: Callable[[], None] = _never_yield
    """Called between two devices: yields to other requests in the same thread from time to time."""
    offload: Offload = run_inline
    """Runs work that keeps the processor busy."""

    def check(self, config: Config, rules: ModelRules, composer: Composer) -> FailingDevice | None:
        """Return the device if its document breaks the rules, whatever their mode; None if it fits."""
        self.yield_turn()
        size = composer.size(config.labels, config.content)
        return self.offload(lambda: self.judged(config, rules, composer), size)

    def judged(self, config: Config, rules: ModelRules, composer: Composer) -> FailingDevice | None:
        """`check`, without a pause."""
        document = composer.document(config.labels, config.content)
        verdict = composer.verdict(
            config.labels, config.content, document, lambda text: judge(self.rules, rules, text)
        )
        if verdict:
            return None
        return FailingDevice(
            config.mac_address,
            document.content.device_name,
            config.labels.model,
            verdict.failures,
            verdict.is_complete,
        )

    def of_model(self, name: str, rules: ModelRules, seen: Seen | None = None) -> Iterator[FailingDevice]:
        """Yield the devices of a model whose documents break rules, sorted by MAC address.

        They are read in pages, each as it is then. seen: is told each config that was checked.
        """
        after: MacAddress | None = None
        while True:
            with self.store.reading() as view:
                composer = unmodelled(view.composer())
                page = view.labels.of_model(name, after, READ_AT_ONCE)
                configs = view.configs.load([each.mac_address for each in page])
            if seen is not None:
                seen |= {each.config_id: (each.revision, each.number) for each in page}
            for config in configs:
                if (failing := self.check(config, rules, composer)) is not None:
                    yield failing
            if len(page) < READ_AT_ONCE:
                return
            after = page[-1].mac_address

    def changed_since(self, view: View, name: str, rules: ModelRules, seen: Seen) -> Iterator[FailingDevice]:
        """Yield those devices of a model whose documents break rules, and are not as they were when they were seen.

        view: a unit of work that keeps writers of this model's devices waiting.
        """
        after: MacAddress | None = None
        composer = unmodelled(view.composer())
        while page := view.labels.of_model(name, after, 1000):
            after = page[-1].mac_address
            new = [
                each.mac_address for each in page if seen.get(each.config_id) != (each.revision, each.number)
            ]
            for start in range(0, len(new), READ_AT_ONCE):
                for config in view.configs.load(new[start : start + READ_AT_ONCE]):
                    if (failing := self.judged(config, rules, composer)) is not None:
                        yield failing


def unmodelled(composer: Composer) -> Composer:
    """Return a composer that holds no document to a model."""
    return evolve(composer, models=NOTHING_ENFORCED) if composer.models else composer


def refused(name: str, failing: Iterator[FailingDevice]) -> ModelRefused | None:
    """Return the error for a model that these devices break, with the first 20 of them; None where there are none."""
    found = list(islice(failing, MAX_LISTED + 1))
    if not found:
        return None
    devices = [each.details() for each in found[:MAX_LISTED]]
    return ModelRefused(name, devices, str(found[0].failures[0]), more=len(found) > MAX_LISTED)
