"""Adopting new boards: the first config of a MAC address that never had one."""

from __future__ import annotations

from attrs import evolve, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.documents.accepted import ContentLike, content_of
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import RecordExists, RecordGone
from iotconfig.domain.mac import MacAddress, mac_address_of

from . import changes
from .config import Config
from .existing import absent
from .label_ports import LabelChange, LabelledConfig
from .labels import NO_LABELS, Labels
from .revisions import UNSIGNED, ChangeNote, check_note
from .store import Store, UnitOfWork


@frozen
class AdoptionService:
    """Gives new boards their first config.

    A MAC address is given as `MacAddress`, or as text in any spelling. It need not be known to have asked for its
    document. All methods may raise `StoreUnavailable`, `StoreFull` and `ServiceClosed`; `RecordExists` for a board
    that has a config; and `RecordGone` for a former device: the message names the command that restores its config,
    or the board that replaced it.
    """

    store: Store
    clock: Clock

    def adopt(
        self, mac_address: MacAddress | str, content: ContentLike, note: ChangeNote = UNSIGNED
    ) -> Config:
        """Create the config of a new board. Raises `InvalidDocument` and `ContentTooLarge` for the content."""
        mac_address, content = mac_address_of(mac_address), content_of(content)
        check_note(note)
        with self.store.writing() as work:
            return self._create(work, mac_address, content, (), note)

    def adopt_like(
        self, mac_address: MacAddress | str, like: MacAddress | str, note: ChangeNote = UNSIGNED
    ) -> Config:
        """Create the config of a new board with the content and the tags of another device.

        The note on the device is not copied: it describes that device. `undo` of the change removes the config
        with its tags.

        Raises `RecordNotFound` if the other device has no config, and `RecordGone` if it was replaced.
        """
        mac_address, like = mac_address_of(mac_address), mac_address_of(like)
        check_note(note)
        with self.store.writing() as work:
            model = work.configs.get_by_mac(like)
            if model is None:
                raise absent(work, like)
            return self._create(work, mac_address, model.content, model.labels.tags, note)

    def _create(
        self,
        work: UnitOfWork,
        mac_address: MacAddress,
        content: ConfigContent,
        tags: tuple[str, ...],
        note: ChangeNote,
    ) -> Config:
        counter = work.counters.lock(mac_address)
        if work.configs.get_by_mac(mac_address) is not None:
            raise RecordExists(mac_address)
        if counter.last_revision > 0:
            raise _former_device(work, mac_address)
        labels = Labels(tags)
        document = work.composer().document(labels, content)
        now = self.clock()
        config = work.record([changes.created(counter, content, now, document)], note, now)[0]
        if not tags:
            return config
        unlabelled = LabelledConfig(config.id, mac_address, config.revision, NO_LABELS)
        work.labels.record([LabelChange(unlabelled, labels)], note, now)
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
