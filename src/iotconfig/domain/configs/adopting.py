"""Adopting new boards: the first config of a MAC address that never had one, or its first document of layers."""

from __future__ import annotations

from attrs import evolve, frozen

from iotconfig.domain.arguments import check_kind
from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.accepted import ContentLike, content_of
from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.errors import RecordExists, RecordGone
from iotconfig.domain.mac import MacAddress, mac_address_of

from . import changes
from .config import Config, ConfigSummary
from .existing import absent, with_content
from .label_ports import LabelChange, LabelledConfig
from .label_writing import store_labels
from .labels import NO_LABELS, Labels
from .revisions import UNSIGNED, ChangeNote, check_note
from .store import Store, UnitOfWork


@frozen
class AdoptionService:
    """Makes devices of new boards.

    A MAC address is given as `MacAddress`, or as text in any spelling. It need not be known to have asked for its
    document. All methods may raise `StoreUnavailable`, `StoreFull` and `ServiceClosed`; `RecordExists` for a board
    that has a config; and `RecordGone` for a former device: the message names the command that restores its config,
    or the board that replaced it.
    """

    store: Store
    clock: Clock

    def add(
        self,
        mac_address: MacAddress | str,
        labels: Labels = NO_LABELS,
        content: ContentLike | None = None,
        note: ChangeNote = UNSIGNED,
    ) -> ConfigSummary:
        """Make a device of a board, with these labels.

        content: without it, layers alone serve the device

        Raises `InvalidDocument` and `ContentTooLarge` for the content; `Unprocessable` where there is neither content nor
        a layer that reaches the device, for a model that does not exist, and for more than 1,000 different tags.
        """
        mac_address = mac_address_of(mac_address)
        check_kind(
            labels, Labels, 'The labels of a device are Labels, such as Labels(["kitchen"], model="lamp")'
        )
        own = NO_CONTENT if content is None else content_of(content)
        check_note(note)
        with self.store.writing() as work:
            return self._create(work, mac_address, own, labels, note).summary()

    def adopt(
        self, mac_address: MacAddress | str, content: ContentLike, note: ChangeNote = UNSIGNED
    ) -> Config:
        """Create the config of a new board. Raises `InvalidDocument` and `ContentTooLarge` for the content."""
        mac_address, content = mac_address_of(mac_address), content_of(content)
        check_note(note)
        with self.store.writing() as work:
            return self._create(work, mac_address, content, NO_LABELS, note)

    def adopt_like(
        self, mac_address: MacAddress | str, like: MacAddress | str, note: ChangeNote = UNSIGNED
    ) -> Config:
        """Create the config of a new board with the content and the tags of another device.

        The note on the device is not copied: it describes that device. `undo` of the change removes the config
        with its tags.

        Raises `RecordNotFound` if the other device has no content, and `RecordGone` if it was replaced.
        """
        mac_address, like = mac_address_of(mac_address), mac_address_of(like)
        check_note(note)
        with self.store.writing() as work:
            model = work.configs.get_by_mac(like)
            if model is None:
                raise absent(work, like)
            own = with_content(model, like).content
            return self._create(work, mac_address, own, Labels(model.labels.tags), note)

    def _create(
        self,
        work: UnitOfWork,
        mac_address: MacAddress,
        content: ConfigContent,
        labels: Labels,
        note: ChangeNote,
    ) -> Config:
        counter = work.counters.lock(mac_address)
        if work.configs.get_by_mac(mac_address) is not None:
            raise RecordExists(mac_address)
        if counter.last_revision > 0:
            raise _former_device(work, mac_address)
        document = work.composer().document(labels, content)
        now = self.clock()
        config = work.record([changes.created(counter, content, now, document)], note, now)[0]
        if labels == NO_LABELS:
            return config
        unlabelled = LabelledConfig(config.id, mac_address, config.revision, NO_LABELS)
        store_labels(work, [LabelChange(unlabelled, labels)], note, now)
        return evolve(config, labels=labels)


def _former_device(work: UnitOfWork, mac_address: MacAddress) -> RecordGone:
    """The error for a MAC address that once had a config. It names the way out."""
    successor = work.counters.replaced_by(mac_address)
    if successor is not None:
        return RecordGone(
            f"{mac_address} is no new board: it was replaced, and its config belongs to {successor} now.",
            mac_address=str(mac_address),
            replaced_by=str(successor),
        )
    return RecordGone(
        f"{mac_address} is no new board: its config was deleted. "
        f"'iotconfig config restore {mac_address}' brings it back.",
        mac_address=str(mac_address),
        config_id=work.history.latest_config(mac_address),
    )
