"""Changes of tags and notes in a helper process: the same results as in the worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import pytest
from attrs import evolve

from iotconfig.adapters.bulk_helper import HelpedTagService
from iotconfig.adapters.fleet_files.side_files import LabelFile
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.revisions import ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.errors import ContentTooLarge, StoreUnavailable, UnexpectedCount
from iotconfig.domain.layering.edits import PutLayer
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import Reach
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from iotconfig.testing.builders import content, mac
from tests.support.schema import rows

from .test_bulk_helper import WithoutProcess, helped

ALL = Selection(everything=True)
MANY = tuple(f"t{number}" for number in range(32))
NOTE = ChangeNote("ada", "moved")
Said = list[object]
Work = Callable[[TagUseCases, Said], object]


def tag(edit: LabelEdit, options: BulkOptions | None = None, selection: Selection = ALL) -> Work:
    def work(tags: TagUseCases, said: Said) -> object:
        try:
            tally = tags.tag(
                selection,
                edit,
                options or BulkOptions(),
                NOTE,
                lambda refusal: said.append((refusal.place, str(refusal.error))),
                said.append,
            )
        except UnexpectedCount as error:
            return str(error)
        return evolve(tally, change=None)

    return work


def load(lines: str, options: BulkOptions | None = None, most: int = 100) -> Work:
    def work(tags: TagUseCases, said: Said) -> object:
        with TemporaryFile() as file:
            file.write(lines.encode())
            source = LabelFile(cast("BinaryIO", file), most)
            try:
                tally = tags.load(
                    source,
                    options or BulkOptions(),
                    NOTE,
                    lambda refusal: said.append((refusal.place, str(refusal.error))),
                )
            except ContentTooLarge as error:
                return str(error)
        return evolve(tally, change=None)

    return work


LINES = "".join(f'{{"mac_address": "{mac(number)}", "tags": ["a"], "note": "é"}}\n' for number in range(3))
GO_ON = BulkOptions(keep_going=True)
WORKS = {
    "tags and a note": [tag(LabelEdit(["b", "a"], note="é")), tag(LabelEdit(["a"], ["b"]))],
    "a note that goes": [tag(LabelEdit(note="é")), tag(LabelEdit(note=None))],
    "a dry run": [tag(LabelEdit(["a"]), BulkOptions(dry_run=True))],
    "too many tags": [tag(LabelEdit(MANY)), tag(LabelEdit(["u"])), tag(LabelEdit(["u"]), GO_ON)],
    "named ones": [tag(LabelEdit(["a"]), GO_ON, Selection([mac(1), mac(2), mac(99)]))],
    "another number": [tag(LabelEdit(["a"]), None, Selection(text="02", expect=99))],
    "a file": [load(LINES), load(LINES.replace("a", "A"))],
    "a file with refusals": [load(f"{LINES}{{\n{LINES}"), load(f"{LINES}{{\n{LINES}", GO_ON)],
    "too large a file": [load(LINES, most=2)],
}


def _labels(url: str) -> list[tuple[object, ...]]:
    found = rows(url, "SELECT config_id, number, tags, note FROM config_labels ORDER BY 1")
    return found + rows(url, "SELECT subject, operation, author, message FROM changes ORDER BY id")


@pytest.mark.parametrize("name", WORKS)
def test_a_helper_gives_the_results_of_the_worker(sqlite_url: str, tmp_path: Path, name: str) -> None:
    """Counts, refusals, results and stored rows are equal."""
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        for number in range(5):
            services.configs.create(mac(number), content())
        floor = LayerDefinition(content(floor=3), Reach(tags=["b"]), 1)
        services.layers.write(PutLayer("floor", floor))
    other = f"sqlite:///{tmp_path / 'other.db'}"
    (tmp_path / "other.db").write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
    here: Said = []
    there: Said = []
    with (
        open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services,
        open_services(Settings.from_environ({"DATABASE_URL": other})) as others,
    ):
        helping = HelpedTagService(others.tags, WithoutProcess(others.bulk, [], {}, most_here=1))
        for work in WORKS[name]:
            assert work(services.tags, here) == work(helping, there)
    assert here == there
    assert _labels(sqlite_url) == _labels(other)


def test_a_helper_in_its_process(database_url: str) -> None:
    """On each database; the undo of a large change of labels runs in one, too."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        for number in range(3):
            services.configs.create(mac(number), content())
        with helped(database_url) as bulk:
            tags = HelpedTagService(services.tags, bulk)
            tagged = tags.tag(ALL, LabelEdit(["hall"]))
            assert (3, True) == (tagged.changed, tagged.stored)
            load(LINES)(tags, [])
            assert [("a", 3)] == [(each.tag, each.devices) for each in tags.counts()]
            changed = tags.tag(ALL, LabelEdit(["new"]))
            assert changed.change is not None
            assert 3 == bulk.undo(changed.change, BulkOptions()).changed
            assert [("a", 3)] == [(each.tag, each.devices) for each in tags.counts()]


def test_a_helper_that_is_killed_stores_nothing(sqlite_url: str) -> None:
    """The error says that all was stored or nothing."""
    with open_services(Settings.from_environ({"DATABASE_URL": sqlite_url})) as services:
        for number in range(3):
            services.configs.create(mac(number), content())
        with (
            helped(sqlite_url, ["tests.support.struck_helper", "INSERT INTO config_labels"]) as bulk,
            pytest.raises(StoreUnavailable, match="Either all of them were stored, or none"),
        ):
            HelpedTagService(services.tags, bulk).tag(ALL, LabelEdit(["hall"]))
        assert [] == list(services.tags.counts())
