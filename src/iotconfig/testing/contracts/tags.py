"""The contract of tags and notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, BulkResult, OnConflict, Outcome, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.change_log import ChangeKind
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.label_differences import NoteDifference, TagDifference
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.configs.label_ports import LabelChange, TagCount
from iotconfig.domain.configs.labels import LabelEdit, Labels, TagFilter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import ChangeNote, Operation, Retention
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import (
    ChangedSince,
    IotConfigError,
    NothingSelected,
    RecordGone,
    RecordNotFound,
    UnexpectedCount,
    Unprocessable,
    ValidationFailed,
)
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

ALL = Selection(everything=True)
MANY = tuple(f"t{number:02}" for number in range(32))


def labels(service: ConfigService, number: int) -> Labels:
    """The labels of a device."""
    return service.get_by_mac(mac(number)).labels


def found(service: ConfigService, *words: str) -> list[int]:
    """The ids of the configs that a list with this filter of tags finds; its count is the same."""
    page = service.find(ConfigQuery(tags=words))
    assert page.count == len(page.configs)
    return [summary.id for summary in page]


def tag_rows(store: Store) -> list[tuple[str, Operation, int, str, str | None]]:
    """The rows of kind `tags` in the change log: subject, operation, revision, author and message."""
    rows = store.changes_since(0, 10_000)
    assert list(range(1, len(rows) + 1)) == [row.position for row in rows]
    return [
        (row.subject.key, row.operation, row.revision, row.author, row.message)
        for row in rows
        if row.kind is ChangeKind.TAGS
    ]


def differences(store: Store) -> list[tuple[Operation, TagDifference | None, NoteDifference | None]]:
    """What the rows of kind `tags` in the change log say of tags and notes."""
    rows = store.changes_since(0, 10_000)
    return [(row.operation, row.tags, row.note) for row in rows if row.kind is ChangeKind.TAGS]


class TagsContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""

    @pytest.fixture
    def tags(self, store: Store, clock: SteppingClock) -> TagService:
        """The use cases of tags, over the same store as the service."""
        return TagService(store, clock)

    @pytest.fixture
    def bulk(self, store: Store, clock: SteppingClock) -> BulkService:
        """The bulk use cases, over the same store as the service."""
        return BulkService(store, clock)

    def test_labels_of_a_file(
        self, store: Store, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """They replace what they name, in one change, which can be undone; other devices stay, and repeating changes nothing."""
        for number in (1, 2, 3, 4):
            service.create(mac(number), content())
        tags.tag(ALL, LabelEdit(["old"], note="before"))
        given = [
            LabelEntry("line 1", mac(3), ["b", "a"], None),
            LabelEntry("line 2", mac(1), note="new"),
            LabelEntry("line 3", mac(4), ["old"], "before"),
        ]
        results: list[BulkResult] = []

        tally = tags.load(given, note=ChangeNote("ada", "restored"), on_result=results.append)

        assert (2, 1, 0, True) == (tally.changed, tally.same, tally.refused, tally.stored)
        assert [(mac(1), Outcome.CHANGED), (mac(3), Outcome.CHANGED), (mac(4), Outcome.SAME)] == [
            (each.mac_address, each.outcome) for each in results
        ]
        after = [
            Labels(["old"], "new"),
            Labels(["old"], "before"),
            Labels(["a", "b"]),
            Labels(["old"], "before"),
        ]
        assert after == [labels(service, number) for number in (1, 2, 3, 4)]
        assert [("ada", "restored")] * 2 == [row[3:] for row in tag_rows(store)[-2:]]
        assert (0, 3, None) == (
            (again := tags.load(given)).changed,
            again.same,
            again.change,
        )
        assert tally.change is not None
        bulk.undo(tally.change, BulkOptions())
        assert [Labels(["old"], "before")] * 4 == [labels(service, number) for number in (1, 2, 3, 4)]

    def test_labels_of_a_file_are_all_or_nothing(self, service: ConfigService, tags: TagService) -> None:
        """A refusal of the source, a device without a config and a second entry of a device prevent the write, or are left out."""
        service.create(mac(1), content())
        given: list[LabelEntry | BulkRefusal] = [
            LabelEntry("line 1", mac(1), ["a"]),
            BulkRefusal("line 2", ValidationFailed("malformed")),
            LabelEntry("line 3", mac(9), ["a"]),
            LabelEntry("line 4", mac(1), ["b"]),
        ]
        for options, stored in ((BulkOptions(), ()), (BulkOptions(keep_going=True), ("a",))):
            refusals: list[BulkRefusal] = []
            tally = tags.load(given, options, on_refusal=refusals.append)
            assert (3, bool(stored)) == (tally.refused, tally.stored)
            assert ["line 2", "line 3", "line 4"] == sorted(each.place for each in refusals)
            assert stored == labels(service, 1).tags

        tried = tags.load([LabelEntry("line 1", mac(1), [])], BulkOptions(dry_run=True))
        assert (1, False, ("a",)) == (tried.changed, tried.stored, labels(service, 1).tags)

    def test_an_export_lists_devices_with_labels(self, service: ConfigService, tags: TagService) -> None:
        """Sorted by MAC address; with a filter, those with the tags; a deleted device is not listed."""
        for number in (3, 1, 2, 4):
            service.create(mac(number), content())
        tags.edit(mac(3), LabelEdit(["a", "b"]))
        tags.edit(mac(1), LabelEdit(note="here"))
        tags.edit(mac(4), LabelEdit(["a"]))
        service.delete(service.get_by_mac(mac(4)).id)

        assert [LabelledDevice(mac(1), Labels(note="here")), LabelledDevice(mac(3), Labels(["a", "b"]))] == [
            *tags.export()
        ]
        assert [mac(3)] == [each.mac_address for each in tags.export(TagFilter.of(["b"]))]
        assert [mac(1)] == [each.mac_address for each in tags.export(TagFilter.of(["!b"]))]

    def test_exports_and_imports_of_configs_by_tag(
        self, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """An export has the configs with the tags; an import takes the entries of devices that have them now."""
        for number in (1, 2, 3):
            service.create(mac(number), content())
        tags.edit(mac(1), LabelEdit(["a", "b"]))
        tags.edit(mac(2), LabelEdit(["a"]))
        for words, numbers in ((["a"], [1, 2]), (["a", "!b"], [2]), (["!a"], [3]), ([], [1, 2, 3])):
            with bulk.export(TagFilter.of(words)) as exported:
                assert [mac(number) for number in numbers] == [each.mac_address for each in exported]

        entries = [BulkEntry(f"line {number}", mac(number), f'{{"n": {number}}}') for number in (4, 3, 2, 1)]
        source: list[BulkEntry | BulkRefusal] = [
            BulkRefusal("line 9", ValidationFailed("malformed")),
            *entries,
        ]
        options = ImportOptions(OnConflict.REPLACE, keep_going=True, tags=["a", "!b"])
        tally = bulk.load(source, options)
        assert (0, 1, 1) == (tally.new, tally.changed, tally.refused)
        assert (1, 2) == (
            bulk.load(entries, evolve(options, tags=["!a"])).new,
            service.get_by_mac(mac(2)).revision,
        )
        with pytest.raises(ValidationFailed, match="takes all entries"):
            ImportOptions(prune=True, tags=["a"])

    def test_tags_and_note_of_one_device(
        self, store: Store, queue: NotificationQueue, service: ConfigService, tags: TagService
    ) -> None:
        """They are set and removed without a revision or an announcement, and are rows of the change log."""
        config = service.create(mac(1), content())
        queue.acknowledge(queue.due(START + timedelta(days=1), 9), [])
        note = ChangeNote("ops", "why")
        changes = [
            tags.edit(mac(1), LabelEdit(add=["kitchen", "floor-3"]), note),
            tags.edit(mac(1), LabelEdit(note="behind\nthe \U0001f6aa"), note),
            tags.edit(mac(1), LabelEdit(add=["a:b._-c"], remove=["kitchen", "other"]), note),
        ]
        summary = service.find(ConfigQuery()).configs[0]

        assert Labels(["a:b._-c", "floor-3"], "behind\nthe \U0001f6aa") == labels(service, 1)
        assert (("a:b._-c", "floor-3"), "behind\nthe \U0001f6aa") == (summary.tags, summary.note)
        assert config.revision == service.get(config.id).revision
        assert [] == list(queue.due(START + timedelta(days=1), 9))
        assert 3 == len(set(changes))
        operations = [Operation.TAG, Operation.NOTE, Operation.TAG]
        assert [(str(mac(1)), each, 1, "ops", "why") for each in operations] == tag_rows(store)
        assert None is tags.edit(mac(1), LabelEdit(add=["floor-3"], remove=["kitchen"]))
        assert 3 == len(tag_rows(store))
        assert tags.edit(mac(1), LabelEdit(note=None, remove=["a:b._-c", "floor-3"]))
        assert Labels() == labels(service, 1)

    def test_the_log_says_what_changed(
        self, store: Store, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """Which tags were added and removed, and the note before and after: of edits, of files, and of an undo."""
        service.create(mac(1), content())
        tags.edit(mac(1), LabelEdit(add=[*MANY[1:], "kitchen"]))
        tags.edit(mac(1), LabelEdit(note="by the\n\U0001f6aa"))
        tags.edit(mac(1), LabelEdit(remove=["kitchen", "other"], add=["t00", "t01"], note="left"))
        tags.edit(mac(1), LabelEdit(note=None))
        results: list[BulkResult] = []
        loaded = tags.load([LabelEntry("line 1", mac(1), [], "new")], on_result=results.append).change
        assert loaded is not None
        bulk.undo(loaded, BulkOptions(dry_run=True), on_result=results.append)
        bulk.undo(loaded, BulkOptions())

        expected = [
            (Operation.TAG, TagDifference(("kitchen", *MANY[1:]), ()), None),
            (Operation.NOTE, None, NoteDifference(None, "by the\n\U0001f6aa")),
            (
                Operation.TAG,
                TagDifference(("t00",), ("kitchen",)),
                NoteDifference("by the\n\U0001f6aa", "left"),
            ),
            (Operation.NOTE, None, NoteDifference("left", None)),
            (Operation.TAG, TagDifference((), MANY), NoteDifference(None, "new")),
            (Operation.TAG, TagDifference(MANY, ()), NoteDifference("new", None)),
        ]
        assert expected == differences(store)
        assert [each[1:] for each in expected[-2:]] == [(each.tags, each.note) for each in results]
        assert (None, None) == ((row := store.changes_since(0, 1)[0]).tags, row.note)

    def test_devices_without_a_config_have_no_tags(self, service: ConfigService, tags: TagService) -> None:
        """Also boards that were replaced: the error names the successor."""
        config = service.create(mac(1), content())
        service.replace_device(config.id, mac(2))

        with pytest.raises(RecordNotFound):
            tags.edit(mac(3), LabelEdit(add=["a"]))
        with pytest.raises(RecordGone, match=str(mac(2))):
            tags.edit(mac(1), LabelEdit(add=["a"]))

    def test_edits_keep_the_labels(self, service: ConfigService, tags: TagService, bulk: BulkService) -> None:
        """A change of content, of one config or of many, returns and keeps the labels."""
        config = service.create(mac(1), content())
        tags.edit(mac(1), LabelEdit(add=["a"], note="n"))
        bulk.patch(ALL, MergePatch.parse('{"b": 1}'), BulkOptions())

        assert Labels(["a"], "n") == service.update(config.id, content(c=1)).labels
        assert Labels(["a"], "n") == next(service.all()).labels

    def test_labels_follow_the_config(self, service: ConfigService, tags: TagService) -> None:
        """A board swap moves them. A deletion hides them; a restore brings them back, a new config has none."""
        config = service.create(mac(1), content())
        tags.edit(mac(1), LabelEdit(add=["a"], note="n"))
        moved = service.replace_device(config.id, mac(2))
        assert Labels(["a"], "n") == moved.labels == labels(service, 2)
        service.delete(config.id)
        other = service.create(mac(2), content())

        assert Labels() == other.labels == labels(service, 2)
        assert ([], []) == (found(service, "a"), list(tags.counts()))
        service.delete(other.id)
        assert Labels(["a"], "n") == service.restore(config.id).labels == labels(service, 2)
        assert ([config.id], [TagCount("a", 1)]) == (found(service, "a"), list(tags.counts()))

    def test_filters(self, service: ConfigService, tags: TagService) -> None:
        """All given tags must match; `!` excludes. They combine with the other conditions, and with pages."""
        ids = [service.create(mac(n), content(deviceName=f"d{n}")).id for n in range(4)]
        tags.edit(mac(0), LabelEdit(add=["a", "b", "ab"]))
        tags.edit(mac(1), LabelEdit(add=["a", "c"]))
        tags.edit(mac(2), LabelEdit(add=["ab"]))

        assert ids[:2] == found(service, "a")
        assert ids[:1] == found(service, "a", "b")
        assert ids[1:2] == found(service, "a", "!b")
        assert ids[2:] == found(service, "!a")
        assert ids[3:] == found(service, "!a", "!ab")
        assert [] == found(service, "none") == found(service, "b", "c")
        assert ids == found(service, "!none")
        assert ids[1:2] == [c.id for c in service.find(ConfigQuery("d1", tags=["a"]))]
        page = service.find(ConfigQuery(tags=["a"], limit=1))
        assert (ids[:1], 2, mac(0)) == ([c.id for c in page], page.count, page.next)
        assert ids[1:2] == [c.id for c in service.find(ConfigQuery(tags=["a"], after=page.next))]
        assert ids[:2] == [config.id for config in service.all(ConfigQuery(tags=["a"]))]
        assert [TagCount("a", 2), TagCount("ab", 2), TagCount("b", 1), TagCount("c", 1)] == list(
            tags.counts()
        )

    def test_a_selection_is_tagged_together(
        self, store: Store, service: ConfigService, tags: TagService
    ) -> None:
        """One write with one id; a dry run stores nothing; what has the tags already is the same."""
        for n in range(4):
            service.create(mac(n), content(gain=n % 2))
        tags.edit(mac(1), LabelEdit(add=["a"]))
        results: list[BulkResult] = []
        edit = LabelEdit(add=["a"], remove=["old"])
        dry = tags.tag(Selection(text="02"), edit, BulkOptions(dry_run=True), on_result=results.append)

        assert (
            Tally(changed=3, same=1),
            [Outcome.CHANGED, Outcome.SAME, Outcome.CHANGED, Outcome.CHANGED],
        ) == (
            dry,
            [result.outcome for result in results],
        )
        assert 1 == len(tag_rows(store))
        done = tags.tag(ALL, edit, BulkOptions(), ChangeNote("ops"))
        assert Tally(changed=3, same=1, stored=True) == done
        assert {done.change} == {row.change for row in store.changes_since(0, 99)[-3:]}
        assert [(str(mac(n)), Operation.TAG, 1, "ops", None) for n in (0, 2, 3)] == sorted(
            tag_rows(store)[1:]
        )
        assert Tally(same=4) == tags.tag(Selection(tags=["a"]), edit)
        assert Tally(changed=1, stored=True) == tags.tag(
            Selection(mac_addresses=[mac(0), mac(1)], tags=["a"], text=str(mac(1))), LabelEdit(note="n")
        )

    def test_selections_by_tags_are_patched(
        self, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """The conditions of a patch include tags, beside names too."""
        ids = [service.create(mac(n), content()).id for n in range(3)]
        tags.edit(mac(0), LabelEdit(add=["a"]))
        tags.edit(mac(1), LabelEdit(add=["b"]))
        patched: list[int | None] = []

        def patch(selection: Selection) -> list[int | None]:
            patched.clear()
            merge = MergePatch.parse('{"x": 1}')
            bulk.patch(
                selection,
                merge,
                BulkOptions(dry_run=True),
                on_result=lambda each: patched.append(each.config_id),
            )
            return patched

        assert ids[:1] == patch(Selection(tags=["a"]))
        assert [ids[0], ids[2]] == patch(Selection(tags=["!b"]))
        assert ids[1:2] == patch(Selection(mac_addresses=[mac(0), mac(1)], tags=["b"]))

    def test_refusals_of_a_selection(self, service: ConfigService, tags: TagService) -> None:
        """A name without a config, or a device with too many tags, prevents all, unless the options say to keep going."""
        for n in range(2):
            service.create(mac(n), content())
        tags.edit(mac(0), LabelEdit(add=MANY))
        refused: list[BulkRefusal] = []
        given = Selection(mac_addresses=[mac(0), mac(1), mac(9)])

        assert Tally(changed=1, refused=2) == tags.tag(given, LabelEdit(add=["x"]), on_refusal=refused.append)
        assert Tally(changed=1, refused=1) == tags.tag(ALL, LabelEdit(add=["x"]), on_refusal=refused.append)
        assert [
            (str(mac(9)), RecordNotFound),
            (str(mac(0)), ValidationFailed),
            (str(mac(0)), ValidationFailed),
        ] == [(each.place, type(each.error)) for each in refused]
        assert Labels() == labels(service, 1)
        keeping = BulkOptions(keep_going=True)
        assert Tally(changed=1, refused=2, stored=True) == tags.tag(given, LabelEdit(add=["x"]), keeping)
        assert Labels(["x"]) == labels(service, 1)
        with pytest.raises(ValidationFailed, match="at most 32 tags, and would have 33"):
            tags.edit(mac(0), LabelEdit(add=["x"]))
        assert Labels(MANY) == labels(service, 0)

    @pytest.mark.parametrize(
        ("selection", "error"),
        [
            (Selection(everything=True, expect=1), UnexpectedCount),
            (Selection(text="nothing"), NothingSelected),
            (Selection(tags=["none"]), NothingSelected),
        ],
    )
    def test_counts_are_exact(
        self,
        store: Store,
        service: ConfigService,
        tags: TagService,
        selection: Selection,
        error: type[IotConfigError],
    ) -> None:
        """A selection of another number of configs than expected, or of none, stores nothing, dry or not."""
        for n in range(2):
            service.create(mac(n), content())

        for options in (BulkOptions(), BulkOptions(dry_run=True)):
            with pytest.raises(error):
                tags.tag(selection, LabelEdit(add=["a"]), options)
        assert [] == tag_rows(store)
        allowed = Selection(text="nothing", allow_empty=True)
        assert Tally() == tags.tag(allowed, LabelEdit(add=["a"]))

    def test_there_are_1000_different_tags(
        self, store: Store, service: ConfigService, tags: TagService
    ) -> None:
        """One more is refused, and nothing is stored; a write may replace one, and tags of deleted configs do not count."""
        names = [f"n{number:04}" for number in range(1001)]
        configs = [service.create(mac(n), content()) for n in range(32)]
        with store.writing() as work:
            found_configs = work.labels.lock([config.id for config in configs])
            new = [Labels(names[n * 32 : min(n * 32 + 32, 1000)]) for n in range(32)]
            changes = [LabelChange(*each) for each in zip(found_configs, new, strict=True)]
            work.labels.record(changes, ChangeNote(), START)
        last = LabelEdit(add=names[1000:])

        assert 1000 == len(tags.counts())
        with pytest.raises(Unprocessable, match="at most 1000 different tags, and would be 1001"):
            tags.edit(mac(31), last)
        with pytest.raises(Unprocessable):
            tags.tag(Selection(mac_addresses=[mac(31)]), last)
        assert (names[:1000], []) == ([each.tag for each in tags.counts()], found(service, names[1000]))
        tags.edit(mac(31), LabelEdit(add=names[:1]))
        tags.edit(mac(0), LabelEdit(remove=names[1:2], add=names[1000:]))
        service.delete(configs[1].id)
        tags.edit(mac(31), LabelEdit(add=names[1:2]))
        assert 1000 - 32 + 1 == len(tags.counts())

    def test_writers_at_once(self, service: ConfigService, tags: TagService) -> None:
        """No tag of simultaneous writers is lost, and every write has a row in the log."""
        for n in range(2):
            service.create(mac(n), content())

        def act(number: int) -> None:
            tags.edit(mac(0), LabelEdit(add=[f"w{number}"]))
            tags.tag(ALL, LabelEdit(add=[f"x{number}"]))

        together(4, act)
        assert 4 + 4 == len(labels(service, 0).tags)
        assert 4 == len(labels(service, 1).tags)

    @pytest.mark.parametrize(
        ("meanwhile", "expected"),
        [
            (lambda service, tags: tags.edit(mac(1), LabelEdit(["b"])), Labels(["a", "b"])),
            (lambda service, tags: service.put(mac(1), content(a=1)), Labels(["a"])),
            (lambda service, tags: tags.edit(mac(1), LabelEdit(MANY)), ValidationFailed),
            (lambda service, tags: service.delete(service.get_by_mac(mac(1)).id), RecordNotFound),
        ],
        ids=["other labels", "other content", "too many tags then", "deleted"],
    )
    def test_a_change_between_reading_and_writing(
        self,
        store: Store,
        service: ConfigService,
        tags: TagService,
        meanwhile: Callable[[ConfigService, TagService], object],
        expected: Labels | type[IotConfigError],
    ) -> None:
        """New labels are made before the write, and again where the labels are others by then."""
        service.create(mac(1), content())
        pending = [meanwhile]

        def between() -> None:
            if pending:
                pending.pop()(service, tags)

        interrupted = TagService(store, service.clock, between)
        if isinstance(expected, Labels):
            interrupted.edit(mac(1), LabelEdit(["a"]))
            assert expected == labels(service, 1)
            assert service.get_by_mac(mac(1)).revision == tag_rows(store)[-1][2]
            return
        before = tag_rows(store)
        with pytest.raises(expected):
            interrupted.edit(mac(1), LabelEdit(["a"]))
        assert before == tag_rows(store)[: len(before)]
        assert not found(service, "a")

    def test_undo(self, store: Store, service: ConfigService, tags: TagService, bulk: BulkService) -> None:
        """It gives each config back the labels that it had, and can be undone itself."""
        for n in range(3):
            service.create(mac(n), content())
        tags.edit(mac(0), LabelEdit(add=["a", "b"], note="before"))
        change = tags.tag(
            Selection(mac_addresses=[mac(0), mac(1)]), LabelEdit(add=["c"], remove=["a"], note="x")
        )
        assert change.change is not None
        results: list[BulkResult] = []
        dry = bulk.undo(change.change, BulkOptions(dry_run=True))
        undone = bulk.undo(change.change, BulkOptions(), on_result=results.append)

        assert (Tally(changed=2), Tally(changed=2, stored=True)) == (dry, undone)
        assert [mac(0), mac(1)] == [result.mac_address for result in results]
        assert (Labels(["a", "b"], "before"), Labels()) == (labels(service, 0), labels(service, 1))
        message = f"Undo of change {change.change}"
        assert [(str(mac(n)), Operation.TAG, 1, "anonymous", message) for n in (0, 1)] == tag_rows(store)[-2:]
        assert undone.change is not None
        assert Tally(changed=2, stored=True) == bulk.undo(undone.change, BulkOptions())
        assert (Labels(["b", "c"], "x"), Labels(["c"], "x")) == (labels(service, 0), labels(service, 1))

    def test_undo_of_labels_that_changed_since(
        self, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """It is refused with the list of them, deleted configs included; the others are restored if it keeps going."""
        configs = [service.create(mac(n), content()) for n in range(3)]
        change = tags.tag(ALL, LabelEdit(add=["a"])).change
        assert change is not None
        tags.edit(mac(0), LabelEdit(remove=["a"]))
        service.delete(configs[1].id)
        refused: list[BulkRefusal] = []

        assert 2 == bulk.undo(change, BulkOptions(), on_refusal=refused.append).refused
        assert {str(mac(0)), f"config {configs[1].id}"} == {each.place for each in refused}
        assert {ChangedSince} == {type(each.error) for each in refused}
        assert Labels(["a"]) == labels(service, 2)
        undone = bulk.undo(change, BulkOptions(keep_going=True))
        assert Tally(changed=1, refused=2, stored=True) == undone
        assert Labels() == labels(service, 2)

    def test_undo_follows_a_board_swap(
        self, service: ConfigService, tags: TagService, bulk: BulkService
    ) -> None:
        """The labels are the config's, on whichever board it is."""
        config = service.create(mac(2), content())
        change = tags.edit(mac(2), LabelEdit(add=["a"]))
        assert change is not None
        service.replace_device(config.id, mac(1))

        assert 1 == bulk.undo(change, BulkOptions()).changed
        assert Labels() == labels(service, 1)

    def test_pruning_the_log_ends_undo(
        self,
        store: Store,
        service: ConfigService,
        history: HistoryService,
        tags: TagService,
        bulk: BulkService,
        clock: SteppingClock,
    ) -> None:
        """A change whose rows left the log cannot be undone; the tags stay."""
        service.create(mac(1), content())
        old = tags.edit(mac(1), LabelEdit(add=["a"]))
        clock.go_to(START + timedelta(days=20))
        new = tags.edit(mac(1), LabelEdit(add=["b"]))
        list(history.prune(Retention(1, START + timedelta(days=19))))

        assert [3] == [change.position for change in store.changes_since(0, 9)]
        assert old is not None
        assert new is not None
        with pytest.raises(RecordNotFound):
            bulk.undo(old, BulkOptions())
        assert 1 == bulk.undo(new, BulkOptions()).changed
        assert Labels(["a"]) == labels(service, 1)
