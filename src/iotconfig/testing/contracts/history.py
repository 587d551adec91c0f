"""The contract of history: every change leaves one revision with content, author, message and time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.edits import Merge, Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import ChangeNote, DeletedQuery, HistoryQuery, Operation, Revision
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    InvalidDocument,
    IotConfigError,
    PreconditionFailed,
    RecordExists,
    RecordNotFound,
    ValidationFailed,
)
from iotconfig.testing.builders import NO_IDS, content, mac
from iotconfig.testing.clocks import step
from iotconfig.testing.use_cases import UseCases

ODD = '{ "deviceName" : "K\\u00fcche 😀", "n":[1.10,1E2,-0],"u":"\u2028" }\r\n'


def revisions(history: HistoryService, config_id: int) -> list[Revision]:
    """Return all revisions of a config, oldest first, each read by its number."""
    page = history.revisions(HistoryQuery(config_id, limit=1000))
    found = [history.revision(config_id, summary.revision) for summary in reversed(page.revisions)]
    assert [revision.summary() for revision in reversed(found)] == list(page.revisions)
    return found


class HistoryContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    def test_each_operation_writes_one_revision(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """Each of the seven operations stores one revision with number, device, operation, content, note and time."""
        note = ChangeNote("eve", "because\nof it")
        created = service.create(mac(1), content(ODD), note)
        config_id = created.id
        service.update(config_id, content(a=1), note=note)
        service.put(mac(1), content(a=2), note=ChangeNote("adam"))
        service.edit(config_id, Merge(MergePatch.parse('{"b": 1.0}')), note=note)
        service.edit(config_id, Rollback(1), note=note)
        service.delete(config_id, note=note)
        service.restore(config_id, note)
        service.replace_device(config_id, mac(2), note=note)

        assert [
            Revision(config_id, mac(1), 1, Operation.CREATE, content(ODD), note, step(0)),
            Revision(config_id, mac(1), 2, Operation.UPDATE, content(a=1), note, step(1)),
            Revision(config_id, mac(1), 3, Operation.UPDATE, content(a=2), ChangeNote("adam"), step(2)),
            Revision(config_id, mac(1), 4, Operation.UPDATE, content('{"a": 2, "b": 1.0}'), note, step(3)),
            Revision(config_id, mac(1), 5, Operation.ROLLBACK, content(ODD), note, step(4)),
            Revision(config_id, mac(1), 6, Operation.DELETE, None, note, step(5)),
            Revision(config_id, mac(1), 7, Operation.RESTORE, content(ODD), note, step(6)),
            Revision(config_id, mac(2), 8, Operation.REPLACE_DEVICE, content(ODD), note, step(7)),
        ] == revisions(history, config_id)
        assert Config(config_id, mac(2), content(ODD), 8, step(0), step(7)) == service.get(config_id)

    def test_a_write_that_changes_nothing_writes_no_revision(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """Storing the same bytes again, by any operation, makes no revision."""
        created = service.create(mac(1), content(ODD))
        service.update(created.id, content(ODD))
        service.put(mac(1), content(ODD))
        service.edit(created.id, Merge(MergePatch.parse('{"no": null}')))
        service.edit(created.id, Rollback(1))
        service.announce(created.id)
        service.preview(created.id, Merge(MergePatch.parse('{"a": 1}')))

        assert [1] == [revision.revision for revision in revisions(history, created.id)]
        assert created == service.get(created.id)

    def test_a_write_that_fails_writes_no_revision(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """A refused change makes no revision; a refused swap makes none for either board."""
        created, other = service.create(mac(1), content()), service.create(mac(2), content())
        stale = Precondition(one_of=frozenset({9}))
        refused: list[tuple[Callable[[], object], type[IotConfigError]]] = [
            (lambda: service.update(created.id, content(a=1), stale), PreconditionFailed),
            (lambda: service.delete(created.id, stale), PreconditionFailed),
            (lambda: service.create(mac(1), content()), RecordExists),
            (lambda: service.replace_device(created.id, mac(2)), RecordExists),
            (lambda: service.replace_device(created.id, mac(3), stale), PreconditionFailed),
            (lambda: service.edit(created.id, Rollback(2)), RecordNotFound),
            (lambda: service.edit(created.id, Merge(MergePatch.parse('{"enableOTA":1}'))), InvalidDocument),
        ]
        for act, error in refused:
            with pytest.raises(error):
                act()

        assert [1, 1] == [r.revision for c in (created, other) for r in revisions(history, c.id)]
        assert 1 == service.create(mac(3), content()).revision
        assert 2 == service.update(created.id, content(a=1)).revision

    def test_numbers_go_on_over_deletes_and_swaps(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """A number of a MAC address is never reused, whichever config it is for; in each config the numbers grow."""
        first = service.create(mac(1), content())
        service.delete(first.id)
        second = service.create(mac(1), content(a=2))
        service.replace_device(second.id, mac(2))
        third = service.create(mac(1), content(a=3))
        service.delete(second.id)
        fourth = service.create(mac(2), content(a=4))
        numbers = {
            c.id: [(r.mac_address, r.revision) for r in revisions(history, c.id)]
            for c in (first, second, third, fourth)
        }
        every = [number for of_config in numbers.values() for number in of_config]

        assert {
            first.id: [(mac(1), 1), (mac(1), 2)],
            second.id: [(mac(1), 3), (mac(2), 4), (mac(2), 5)],
            third.id: [(mac(1), 5)],
            fourth.id: [(mac(2), 6)],
        } == numbers
        assert len(every) == len(set(every))

    def test_a_clock_that_is_set_back_changes_no_order(self, store: Store, history: HistoryService) -> None:
        """The time of a revision is never before that of the revision before it."""
        readings = [step(n) for n in (9, 5, 3, 4, 7, 2)]
        service = ConfigService(store, lambda: readings.pop(0))
        created = service.create(mac(1), content())
        service.update(created.id, content(a=1))
        service.replace_device(created.id, mac(2))
        service.edit(created.id, Rollback(1))
        service.delete(created.id)
        service.restore(created.id)

        assert [step(9)] * 6 == [revision.created_at for revision in revisions(history, created.id)]

    def test_rollback_brings_back_every_byte(self, service: ConfigService) -> None:
        """A rollback restores the content byte for byte and its derived fields, also across a deletion or a swap."""
        created = service.create(mac(1), content(ODD))
        service.update(created.id, content(deviceName="Bath", enableOTA=True))
        service.delete(created.id)
        service.restore(created.id)
        moved = service.replace_device(created.id, mac(2))
        rolled = service.edit(created.id, Rollback(1))

        assert content(ODD) == rolled.content == service.get(created.id).content
        assert ODD.encode() == service.document(mac(2)).body
        assert moved.revision + 1 == rolled.revision

    def test_a_rollback_to_a_deletion_is_refused(self, service: ConfigService) -> None:
        """A rollback to a deletion is refused, since a deletion has no content."""
        created = service.create(mac(1), content())
        service.delete(created.id)
        service.restore(created.id)

        with pytest.raises(ValidationFailed, match="is its deletion"):
            service.edit(created.id, Rollback(2))
        assert 3 == service.get(created.id).revision

    @pytest.mark.parametrize("number", [0, -1, 3, 99, 2**31, 2**63 - 1, 2**63, 10**30])
    def test_revisions_that_never_were(
        self, service: ConfigService, history: HistoryService, number: int
    ) -> None:
        """Unknown revision numbers raise `RecordNotFound` in every method, also numbers too large for a database."""
        created = service.create(mac(1), content())
        service.update(created.id, content(a=1))
        for act in (
            lambda: history.revision(created.id, number),
            lambda: history.compare(created.id, number),
            lambda: history.compare(created.id, None, number),
            lambda: service.edit(created.id, Rollback(number)),
            lambda: service.preview(created.id, Rollback(number)),
        ):
            with pytest.raises(
                RecordNotFound, match=f"Revision {number} of config {created.id} was not found"
            ):
                act()

    @pytest.mark.parametrize("config_id", NO_IDS)
    def test_configs_that_never_were(
        self, service: ConfigService, history: HistoryService, config_id: int
    ) -> None:
        """Unknown config ids, and numbers that cannot be ids, raise `RecordNotFound`."""
        for act in (
            lambda: history.revisions(HistoryQuery(config_id)),
            lambda: history.revision(config_id, 1),
            lambda: history.compare(config_id),
            lambda: service.restore(config_id),
        ):
            with pytest.raises(RecordNotFound, match=f"Config {config_id} was not found"):
                act()

    def test_pages_of_a_history(self, service: ConfigService, history: HistoryService) -> None:
        """Pages list the newest first; each begins where the one before ended, even while revisions are added."""
        created = service.create(mac(1), content())
        for n in range(4):
            service.update(created.id, content(n=n))
        first = history.revisions(HistoryQuery(created.id, limit=2))
        service.update(created.id, content(n=9))
        second = history.revisions(HistoryQuery(created.id, first.next, 2))
        last = history.revisions(HistoryQuery(created.id, second.next, 2))

        assert [[5, 4], [3, 2], [1]] == [
            [r.revision for r in page.revisions] for page in (first, second, last)
        ]
        assert [4, 2, None] == [first.next, second.next, last.next]
        assert ((), None) == (
            history.revisions(HistoryQuery(created.id, 1)).revisions,
            history.revisions(HistoryQuery(created.id, 1)).next,
        )
        assert 6 == history.revisions(HistoryQuery(created.id, 2**63 - 1)).revisions[0].revision

    def test_what_is_compared(self, service: ConfigService, history: HistoryService) -> None:
        """By default, the newest revision is compared with the one before it, even if a swap left a gap in the numbers."""
        created = service.create(mac(1), content())
        before, first = history.compare(created.id)
        assert (None, 1) == (before, first.revision)
        other = service.create(mac(2), content())
        for n in range(5):
            service.update(other.id, content(n=n))
        service.delete(other.id)
        service.replace_device(created.id, mac(2))
        service.update(created.id, content(a=1))

        for asked, expected in [
            ((), [8, 9]),
            ((1,), [1, 9]),
            ((None, 8), [1, 8]),
            ((9, 1), [9, 1]),
            ((1, 1), [1, 1]),
        ]:
            assert expected == [r and r.revision for r in history.compare(created.id, *asked)]
        assert [6, 7] == [r and r.revision for r in history.compare(other.id)]
        assert history.compare(other.id)[1].content is None

    def test_the_latest_config_of_a_device(self, service: ConfigService, history: HistoryService) -> None:
        """By MAC address, the history of a deleted config is found, and that of the config after it."""
        first = service.create(mac(1), content())
        service.delete(first.id)
        assert first.id == history.config_of(mac(1))
        second = service.create(mac(1), content())

        assert second.id == history.config_of(mac(1))
        with pytest.raises(RecordNotFound):
            history.config_of(mac(2))

    def test_previews_store_nothing(self, service: ConfigService, history: HistoryService) -> None:
        """A preview returns what an edit would store and raises the same errors, but changes nothing."""
        created = service.create(mac(1), content('{"a":1}'))
        config, after = service.preview(created.id, Merge(MergePatch.parse('{"b":2}')))

        assert (created, content('{"a":1,"b":2}')) == (config, after)
        with pytest.raises(PreconditionFailed):
            service.preview(created.id, Rollback(1), Precondition(one_of=frozenset({7})))
        with pytest.raises(IotConfigError, match="larger than 8 bytes"):
            service.preview(created.id, Merge(MergePatch.parse('{"b":2}'), max_bytes=8))
        assert (created, 1) == (service.get(created.id), len(revisions(history, created.id)))
        assert () == history.deleted(DeletedQuery()).configs
