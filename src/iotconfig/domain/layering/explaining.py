"""What a device is, and was, served: the document, what it was composed of, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from attrs import evolve, field, frozen

from iotconfig.domain.configs.composing import source_of
from iotconfig.domain.configs.document_history import DocumentRecord
from iotconfig.domain.configs.existing import absent
from iotconfig.domain.configs.history import found_revision
from iotconfig.domain.configs.revisions import HistoryQuery
from iotconfig.domain.configs.store import Store, View
from iotconfig.domain.documents.composition import Source
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, NO_CONTENT, ConfigContent
from iotconfig.domain.documents.explanation import Explained, Explanation
from iotconfig.domain.documents.served import ServedDocument, UsedLayer
from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.layers.reach import ReachKind
from iotconfig.domain.mac import MacAddress, mac_address_of
from iotconfig.domain.offload import Offload, run_inline
from iotconfig.domain.paging import MAX_PAGE, all_items
from iotconfig.domain.secrets.references import names_of


@frozen
class ExplainedDocument:
    """A document of a device, and what it was composed of."""

    mac_address: MacAddress
    number: int
    """The document number."""
    etag: str
    """The ETag of the document."""
    content: ConfigContent
    """The document, with the names of secrets in place of their values."""
    revision: int
    """The revision of the own content."""
    layers: tuple[UsedLayer, ...]
    """The layers that reach the device, lowest first."""
    is_served: bool
    """Whether the device is, or was, served it. False for a short time after an edit of layers that reaches many devices:
    then it is what the device is served next."""
    explanation: Explanation
    """Where the values come from."""

    def members(self, at: str = "") -> Sequence[Explained]:
        """The values at a JSON Pointer and below it, each with its source. Raises `ValidationFailed` for what is none."""
        return [*self.explanation.members(at)]

    def removals(self, at: str = "") -> Sequence[Explained]:
        """The members that a null removes, at a JSON Pointer and below it."""
        return [*self.explanation.removals(at)]


class ExplanationUseCases(Protocol):
    """The use cases of `ExplanationService`; its docstrings are the contract."""

    def document(self, mac_address: MacAddress | str, at: datetime | None = None) -> ExplainedDocument:
        """Return what a device is, or was, served."""
        ...


@frozen
class ExplanationService:
    """Explains documents of devices. All methods may raise `StoreUnavailable` and `ServiceClosed`."""

    store: Store
    max_content_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of documents, in bytes of UTF-8."""
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the composition of large documents."""

    def document(self, mac_address: MacAddress | str, at: datetime | None = None) -> ExplainedDocument:
        """Return what a device is served under the present layers; with `at`, what it was served at this time.

        That is composed anew of the revisions that it was made of, and compared with its ETag.

        Raises `InvalidMacAddress`; `RecordNotFound` where the device has, or had, no document; and `RecordGone` for a
        board that was replaced, and where a revision that is needed was pruned: the message names it.
        """
        mac_address = mac_address_of(mac_address)
        with self.store.reading() as view:
            parts = _present(view, mac_address) if at is None else _past(view, mac_address, at)
        size = sum(len(source.content.text) for source in parts.sources) + len(parts.own.text)
        explanation = self.offload(
            lambda: Explanation(
                parts.sources,
                None if parts.own.is_absent else parts.own,
                parts.revision,
                self.max_content_bytes,
            ),
            size,
        )
        is_served = parts.is_etag_of(explanation.content)
        if at is not None and not is_served:
            raise RecordGone(
                f"Document {parts.number} of {mac_address} cannot be made again: what is composed of its revisions is "
                "another one.",
                mac_address=str(mac_address),
            )
        return ExplainedDocument(
            mac_address,
            parts.number,
            parts.etag if is_served else explanation.content.etag,
            explanation.content,
            parts.revision,
            tuple(UsedLayer(source.name, source.revision) for source in parts.sources),
            is_served,
            explanation,
        )


@frozen
class _Parts:
    """What a document is, or was, composed of."""

    number: int
    etag: str
    """Of the document that was stored."""
    own: ConfigContent
    """`NO_CONTENT` where layers alone serve the device."""
    revision: int
    """Of the own content."""
    sources: Sequence[Source] = ()
    served_now: Callable[[], ServedDocument] | None = None
    """Composes what the device is served now; None for what it was served."""

    def is_etag_of(self, document: ConfigContent) -> bool:
        """Whether the stored document is this one. One that refers to secrets has the ETag of their values.

        Values that secrets had are not kept, so that such a document of the past cannot be compared.
        """
        if not names_of(document.text):
            return document.etag == self.etag
        return self.served_now is None or self.served_now().content.etag == self.etag


def _present(view: View, mac_address: MacAddress) -> _Parts:
    config = view.configs.get_by_mac(mac_address)
    if config is None:
        raise absent(view, mac_address)
    composer = view.composer()
    return _Parts(
        config.document_number,
        config.document_etag,
        config.content,
        config.revision,
        [source_of(layer) for layer in composer.reaching(config.labels)],
        partial(composer.document, config.labels, config.content),
    )


def _past(view: View, mac_address: MacAddress, at: datetime) -> _Parts:
    row = _row_at(view, mac_address, at)
    if row is None:
        return _own_at(view, mac_address, at)
    if row.etag is None:
        raise _nothing_served(mac_address, at)
    own = found_revision(view.history, row.config_id, row.own_revision).content
    return _Parts(
        row.number,
        row.etag,
        NO_CONTENT if own is None else own,
        row.own_revision,
        [_source_at(view, used) for used in row.layers],
    )


def _own_at(view: View, mac_address: MacAddress, at: datetime) -> _Parts:
    """What a device was served at a time before a layer reached it: the content of its revision."""
    config_id = view.history.latest_config(mac_address)
    if config_id is None:
        raise absent(view, mac_address)
    first = HistoryQuery(config_id, limit=MAX_PAGE)
    revisions = all_items(lambda before: view.history.find(evolve(first, before=before)))
    found = next((summary for summary in revisions if summary.created_at <= at), None)
    if found is None:
        raise RecordNotFound(
            mac_address, f"its config has no revision from {at.isoformat()} or before", what="Document of"
        )
    content = found_revision(view.history, config_id, found.revision).content
    if found.mac_address != mac_address or content is None:
        raise _nothing_served(mac_address, at)
    # Without layers, revisions and document numbers count alike.
    return _Parts(found.revision, content.etag, content, found.revision)


def _row_at(view: View, mac_address: MacAddress, at: datetime) -> DocumentRecord | None:
    """The newest row of the history of a device's documents that was there at a time."""
    before: int | None = None
    while page := view.document_history.find(mac_address, before, MAX_PAGE):
        for row in page:
            if row.created_at <= at:
                return row
        before = page[-1].number
    return None


def _source_at(view: View, used: UsedLayer) -> Source:
    """A layer as it was. Raises `RecordGone` where its revision was pruned."""
    revision = view.layers.revision(used.name, used.revision)
    if revision is None or revision.content is None:
        raise RecordGone(
            f'Revision {used.revision} of layer "{used.name}" is gone.',
            layer=used.name,
            revision=used.revision,
        )
    is_fleet = revision.reach.kind is ReachKind.FLEET
    return Source(used.name, revision.content, is_fleet, used.revision)


def _nothing_served(mac_address: MacAddress, at: datetime) -> RecordNotFound:
    return RecordNotFound(mac_address, f"it was served nothing at {at.isoformat()}", what="Document of")
