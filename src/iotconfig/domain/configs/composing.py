"""What devices are served: their own content, composed with the layers that reach them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from attrs import define, evolve, field, frozen

from iotconfig.domain.documents.composition import COMPOSITION_RULE, OWN, Folded, Source
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.documents.explanation import Explanation
from iotconfig.domain.documents.null_members import null_members
from iotconfig.domain.documents.served import FIRST_RULE, ServedDocument, UsedLayer
from iotconfig.domain.errors import DocumentRefused, Unprocessable
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.layer_stack import NO_LAYERS, LayerStack
from iotconfig.domain.layers.ports import LayerReader
from iotconfig.domain.layers.reach import ReachKind
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.enforcing import NOTHING_ENFORCED, EnforcedModels
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.ports import DocumentRules, ModelReader, Verdict
from iotconfig.domain.models.unchecked import UNCHECKED
from iotconfig.domain.secrets.ciphers import NO_KEYS
from iotconfig.domain.secrets.ports import Cipher, SecretReader
from iotconfig.domain.secrets.references import shows_value
from iotconfig.domain.secrets.sealing import Sealer

from .labels import Labels

_KEPT: Final = 32
"""Combinations of layers that are kept composed: the memory of one is several times that of its texts."""
_KEPT_REACHING: Final = 1_024
"""Combinations of tags and a model whose layers are kept."""
_HIDDEN: Final = "a secret"
"""What is shown in place of a value that only the device is given."""
_NULLS_NAMED: Final = 20
"""Members that a refusal names."""


@frozen
class _Lower:
    """The layers that reach some devices, composed once for all of them."""

    folded: Folded
    used: tuple[UsedLayer, ...]


@define(eq=False)
class Composer:
    """Decides what devices are served, under the layers of one moment.

    It keeps what it has composed of layers for the next device that the same layers reach. Safe to share between
    threads, and between greenlets.
    """

    stack: LayerStack = NO_LAYERS
    max_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    sealer: Sealer = field(factory=Sealer)
    """Seals documents that refer to secrets."""
    models: EnforcedModels = NOTHING_ENFORCED
    """What documents have to follow."""
    _lower: dict[tuple[tuple[str, int], ...], _Lower] = field(init=False, factory=dict)
    _reaching: dict[tuple[tuple[str, ...], str | None], tuple[Layer, ...]] = field(init=False, factory=dict)

    def __bool__(self) -> bool:
        """Whether documents depend on anything but contents: on layers, on secrets, or on models that are enforced."""
        return bool(self.stack) or bool(self.sealer) or bool(self.models)

    @property
    def heeds_labels(self) -> bool:
        """Whether documents, or what is refused of them, can depend on labels: on layers, or on models that are enforced."""
        return bool(self.stack) or bool(self.models)

    def reaching(self, labels: Labels) -> tuple[Layer, ...]:
        """The layers that reach a device with these labels, the lowest first."""
        if not self.stack:
            return ()
        key = labels.tags, labels.model
        found = self._reaching.get(key)
        if found is None:
            found = self.stack.reaching(*key)
            if len(self._reaching) >= _KEPT_REACHING:
                self._reaching.clear()
            self._reaching[key] = found
        return found

    def document(self, labels: Labels, own: ConfigContent) -> ServedDocument:
        """Decide what a device with these labels and this content is served.

        Without a layer that reaches it, that is the content as it stands. A document that refers to secrets is sealed.
        Raises `Unprocessable` where there is neither content nor a layer; `ContentTooLarge`, which names the layers,
        where the document is larger than the limit; what `Sealer.sealed` raises; and `DocumentRefused` where it breaks
        the device's model, which is enforced.
        """
        layers = self.reaching(labels)
        if not layers:
            if own.is_absent:
                raise nothing_to_serve()
            document = self._served(own, ())
        else:
            lower = self._lower_of(layers)
            composed = lower.folded.under(None if own.is_absent else own).content
            document = self._served(composed, lower.used)
        self._check(labels, own, document)
        return document

    def size(self, labels: Labels, own: ConfigContent) -> int:
        """The number of characters of which `document` makes a device's document."""
        return len(own.text) + sum(len(layer.content.text) for layer in self.reaching(labels))

    def _served(self, composed: ConfigContent, used: tuple[UsedLayer, ...]) -> ServedDocument:
        sealed = self.sealer.sealed(composed)
        rule = COMPOSITION_RULE if used else FIRST_RULE
        return ServedDocument(sealed, used, rule, None if sealed is composed else composed)

    def over(self, stack: LayerStack) -> Composer:
        """Return the composer of other layers, and of the same secrets and models."""
        return evolve(self, stack=stack)

    def verdict(
        self, labels: Labels, own: ConfigContent, document: ServedDocument, check: Callable[[str], Verdict]
    ) -> Verdict:
        """Check what a device is given; each failure names the layer that brings the value.

        A reference to a secret is no value, so rules are about what the device is given: a failure there does not show it.

        document: what `document` returned for the labels and the content
        check: gets the text of the document
        """
        verdict = check(self.sealer.given(document.shown))
        if verdict:
            return verdict
        sources = [source_of(layer) for layer in self.reaching(labels)]
        explanation = Explanation(sources, None if own.is_absent else own, max_bytes=self.max_bytes)
        return evolve(verdict, failures=[_explained(each, explanation) for each in verdict.failures])

    def _check(self, labels: Labels, own: ConfigContent, document: ServedDocument) -> None:
        """Raise `DocumentRefused` where a document breaks the device's model, which is enforced."""
        model = labels.model
        if model is None or not self.models.has(model):
            return
        verdict = self.verdict(labels, own, document, partial(self.models.check, model))
        if not verdict:
            failures = [each.details() for each in verdict.failures]
            raise DocumentRefused(model, failures, complete=verdict.is_complete)

    def check_beginning(self, mac_address: MacAddress, labels: Labels, own: ConfigContent) -> None:
        """Raise `Unprocessable` for a device that layers begin to reach, where its content has nulls.

        They were values until then, and would remove members from then on.
        """
        if self.reaching(labels) and (pointers := null_members(own)):
            raise nulls_refused(mac_address, pointers)

    def _lower_of(self, layers: tuple[Layer, ...]) -> _Lower:
        key = tuple((layer.name, layer.revision) for layer in layers)
        found = self._lower.get(key)
        if found is None:
            folded = Folded.of(map(source_of, layers), self.max_bytes)
            found = _Lower(folded, tuple(UsedLayer(name, revision) for name, revision in key))
            if len(self._lower) >= _KEPT:
                self._lower.clear()
            self._lower[key] = found
        return found


@define(eq=False)
class Composers:
    """The composer of the newest layers and secrets that this process has seen, by their generation."""

    max_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    cipher: Cipher = NO_KEYS
    """Encrypts the secrets, and documents with their values."""
    rules: DocumentRules = UNCHECKED
    """What checks documents against the schemas of models."""
    _newest: tuple[int, Composer] = field(init=False)

    @_newest.default
    def _without_layers(self) -> tuple[int, Composer]:
        return 0, Composer(max_bytes=self.max_bytes)

    def of(
        self, layers: LayerReader, secrets: SecretReader, models: ModelReader, generation: int | None = None
    ) -> Composer:
        """Return the composer of the committed layers, secrets and models, which have one generation.

        layers, secrets, models: not those of a unit of work that has changed them itself
        generation: theirs, where it is known
        """
        if generation is None:
            generation = layers.generation()
        known, composer = self._newest
        if known == generation:
            return composer
        composer = self.alone(layers, secrets, models)
        # Without a lock, a writer may have committed in between.
        if layers.generation() == generation:
            self._newest = generation, composer
        return composer

    def alone(self, layers: LayerReader, secrets: SecretReader, models: ModelReader) -> Composer:
        """Return a composer of what others must not see, because its writer may still undo what it did."""
        sealer = Sealer.of(secrets, self.cipher, self.max_bytes)
        enforced = EnforcedModels.of(models.all(), self.rules)
        return Composer(LayerStack.of(layers.all()), self.max_bytes, sealer, enforced)


def _explained(failure: Failure, explanation: Explanation) -> Failure:
    """The failure with the layer that brings the value; without the value where it has that of a secret."""
    if shows_value(explanation.content.text, failure.pointer):
        failure = evolve(failure, found=_HIDDEN)
    brings = next(explanation.members(failure.pointer), None) if failure.pointer else None
    if brings is None or brings.source.name == OWN:
        return failure
    return evolve(failure, layer=brings.source.name)


def source_of(layer: Layer) -> Source:
    """The layer as a source of documents. Null is a value only in the fleet layer."""
    return Source(layer.name, layer.content, layer.reach.kind is ReachKind.FLEET, layer.revision)


def nothing_to_serve() -> Unprocessable:
    """Return the error for a device that would have neither content nor a layer that reaches it, and so no document."""
    return Unprocessable(
        "The device would have no document: no layer reaches it, and it has no content of its own. Give it content, or "
        "tags or a model that a layer reaches. DELETE /api/devices/{mac} ('iotconfig delete-device') ends a device."
    )


def nulls_refused(mac_address: MacAddress, pointers: list[str]) -> Unprocessable:
    """Return the error for a device with nulls in its content that layers would begin to reach."""
    first = f"{'null at ' if len(pointers) == 1 else f'{len(pointers)} nulls, the first at '}{pointers[0]}"
    return Unprocessable(
        f"The content of {mac_address} has {first}. Under layers, a null removes what they set, so it is no value any "
        "more: take the nulls out of the content first.",
        mac_address=str(mac_address),
        pointers=pointers[:_NULLS_NAMED],
    )
