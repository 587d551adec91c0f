"""Trees of files: what is read, what is written, and each refusal by file and place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.fleet_files.tree_reading import TreeReading
from iotconfig.adapters.fleet_files.tree_writing import write_tree
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.layers.layer import Layer, LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING, Reach
from iotconfig.domain.planning.fleet import Fleet
from iotconfig.domain.planning.managed import EVERY_NAME, Managed
from iotconfig.domain.planning.tree import Tree
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START

LIMIT = 1000
ONE = "020000000001.json"


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A tree with one device. Reading leaves no file open."""
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / ONE).write_text('{ "a": 1.10 }')
    opened = len(list(Path("/proc/self/fd").iterdir()))
    yield tmp_path
    assert opened == len(list(Path("/proc/self/fd").iterdir()))


def refusals(path: Path) -> list[str]:
    """What of a tree is refused."""
    reading = TreeReading(path, LIMIT)
    reading.read()
    return [f"{refusal.place}: {refusal.error}" for refusal in reading.refused]


def test_a_written_tree_is_read_back(tmp_path: Path) -> None:
    """Documents byte for byte, labels sorted by device; devices without labels have none there."""
    labels = {
        mac(2): Labels(["kitchen", "attic"], 'by the "door"'),
        mac(1): Labels(note="über", model="lamp"),
    }
    fleet = Fleet(3, {mac(1): '{ "a": 1.10 }\r\n', mac(2): "{}", mac(3): "{}"}, labels)
    target = tmp_path / "tree"

    write_tree(target, fleet)

    reading = TreeReading(target, LIMIT)
    documents = {mac(1): content('{ "a": 1.10 }\r\n'), mac(2): content(), mac(3): content()}
    assert Tree(documents, labels, Managed(EVERY_NAME, EVERY_NAME)) == reading.read()
    assert ([], []) == (reading.refused, reading.left_out)
    assert (target / "tags.json").read_text() == (
        '{\n  "020000000001": {"note": "über", "model": "lamp"},\n'
        '  "020000000002": {"tags": ["attic", "kitchen"], "note": "by the \\"door\\""}\n}\n'
    )
    assert (
        '{\n  "layers": [\n    "*"\n  ],\n  "devices": [\n    "*"\n  ]\n}\n'
        == (target / "managed.json").read_text()
    )


def layer(name: str, definition: LayerDefinition) -> Layer:
    return Layer(name=name, definition=definition, revision=3, created_at=START, updated_at=START)


def test_layers_are_written_and_read_back(tmp_path: Path) -> None:
    """Each in a directory of its own; its document stands byte for byte in a file."""
    definitions = {
        "base": LayerDefinition(content('{ "a": null }\r\n'), EVERYTHING),
        "floor-3": LayerDefinition(
            content('{"b": 1.10}'), Reach(tags=["floor-3"], not_tags=["test"]), 40, enabled=False
        ),
        "lamp": LayerDefinition(content(), Reach(model="lamp")),
    }
    fleet = Fleet(0, {}, {}, {name: layer(name, each) for name, each in definitions.items()})

    write_tree(tmp_path / "tree", fleet)

    reading = TreeReading(tmp_path / "tree", LIMIT)
    assert definitions == reading.read().layers
    assert [] == reading.refused
    written = tmp_path / "tree" / "layers"
    assert b'{ "a": null }\r\n' == (written / "base" / "content.json").read_bytes()
    assert (
        '{\n  "reaches": {\n    "all": true\n  },\n  "rank": null,\n  "enabled": true\n}\n'
        == (written / "base" / "layer.json").read_text()
    )


@pytest.fixture
def base(tree: Path) -> Path:
    """The directory of a layer that is complete."""
    directory = tree / "layers" / "base"
    directory.mkdir(parents=True)
    (directory / "layer.json").write_text('{"reaches": {"all": true}}')
    (directory / "content.json").write_text("{}")
    return directory


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("base/layer.json", "{}", "layers/base/layer.json: At /reaches: this member is required."),
        ("base/layer.json", '{"reaches": {}}', "layers/base/layer.json: At /reaches: expected exactly one of"),
        ("base/layer.json", '{"reaches": {"all": true}, "rank": "1"}', "At /rank: expected a whole number or null"),
        ("base/layer.json", '{"reaches": {"all": true}, "enabled": 1}', "At /enabled: expected a boolean"),
        ("base/layer.json", '{"reaches": {"all": true}, "rank": 3}', "layers/base/layer.json: A layer for all devices"),
        ("base/layer.json", '{"reaches": {"tags": ["a"]}}', "layers/base/layer.json: A layer of tags needs a rank"),
        ("base/layer.json", '{"reaches": {"all": true}, "name": "x"}', "At /name: unknown member"),
        ("base/content.json", "[]", "layers/base/content.json: At the top"),
        ("base/content.json", "{" + " " * LIMIT + "}", "layers/base/content.json: The file is larger than 1000"),
        ("base/other.json", "{}", "layers/base/other.json: A tree has no file of this name, only layer.json, content"),
        ("base/more/x.json", "{}", "layers/base/more: A tree has no directory of this name here"),
        ("base.json", "{}", "layers/base.json: A tree has no file of this name here"),
        ("half/layer.json", "{}", "layers/half: The layer lacks the file content.json."),
        ("empty/README.md", "{}", "layers/empty: The layer lacks the file layer.json and the file content.json."),
        ("Base/layer.json", "{}", 'layers/Base: "Base" is no name of a layer'),
        ("order/layer.json", "{}", 'layers/order: A layer cannot be named "order"'),
        ("../managed.json", '{"devices": ["*"], "layers": ["b*", "*b"]}', "managed.json: At /layers/1: expected a name"),
        ("../managed.json", '{"devices": ["*"], "layers": ["c*"]}', "layers/base: managed.json does not have this layer"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_layer_is_refused(base: Path, name: str, text: str, refusal: str) -> None:
    """By file and place."""
    path = base.parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)

    (found,) = refusals(base.parents[1])

    assert refusal in found


def test_a_fleet_without_labels_says_so(tmp_path: Path) -> None:
    """Applied elsewhere, it takes labels away there."""
    write_tree(tmp_path / "tree", Fleet(0, {}, {}))

    assert "{}\n" == (tmp_path / "tree" / "tags.json").read_text()
    assert Tree({}, {}, Managed(EVERY_NAME, EVERY_NAME)) == TreeReading(tmp_path / "tree", LIMIT).read()


def test_a_directory_that_is_not_empty_is_not_written(tree: Path) -> None:
    """Nothing in it changes."""
    with pytest.raises(ValidationFailed, match="is not an empty directory"):
        write_tree(tree, Fleet(0, {}, {}))

    assert ["devices"] == [item.name for item in tree.iterdir()]


def test_names_and_marks(tree: Path) -> None:
    """MAC addresses in any spelling, byte order marks, and files beside the tree that are none of it."""
    (tree / "devices" / "02-00-00-00-00-0A.json").write_bytes(b"\xef\xbb\xbf{}")
    (tree / "tags.json").write_text('{"02:00:00:00:00:0a": {"tags": []}}')
    (tree / "managed.json").write_text('{"devices": ["02:00:00:*"]}')
    (tree / "README.md").touch()
    (tree / ".git").mkdir()
    (tree / "devices" / ".keep").touch()

    reading = TreeReading(tree, LIMIT)
    read = reading.read()

    assert {mac(1), mac(10)} == set(read.devices)
    assert {mac(10): Labels()} == read.labels
    assert read.managed is not None
    assert ["020000*"] == read.managed.devices.spelled()
    assert [] == reading.refused
    assert [".git", "README.md", "devices/.keep"] == reading.left_out


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("devices/020000000001.json", "", "devices/020000000001.json: The file is empty."),
        (
            "devices/020000000001.json",
            '{"a": NaN}',
            "devices/020000000001.json: At /a: NaN is not a JSON number.",
        ),
        ("devices/x.json", "{}", 'devices/x.json: MAC address "x" has an invalid format'),
        (
            "devices/02-00-00-00-00-01.json",
            "{}",
            "devices/020000000001.json: devices/02-00-00-00-00-01.json is of the same device, 02:00:00:00:00:01",
        ),
        ("devices/020000000002.json", "{" + " " * LIMIT + "}", "devices/020000000002.json: The file is larger"),
        ("tags.json", "[]", "tags.json: At the top: expected a JSON object, found an array."),
        ("tags.json", "{", "tags.json: At line 1, column 2"),
        ("tags.json", "\xff", "tags.json: At line 1"),
        ("tags.json", '{"1": {}}', 'tags.json: MAC address "1" has an invalid format'),
        ("tags.json", '{"020000000001": []}', "tags.json: At /020000000001: expected a JSON object, found an array."),
        (
            "tags.json",
            '{"020000000001": {"tags": ["a b"]}}',
            "tags.json: At /020000000001: ",
        ),
        (
            "tags.json",
            '{"020000000001": {"model": "Lamp"}}',
            "tags.json: At /020000000001: ",
        ),
        (
            "tags.json",
            '{"020000000001": {"tags": [1]}}',
            "tags.json: At /020000000001/tags/0: expected a string, found a number.",
        ),
        (
            "tags.json",
            '{"020000000001": {"label": 1}}',
            "tags.json: At /020000000001/label: unknown member; expected tags, note and model.",
        ),
        (
            "tags.json",
            '{"020000000001": {}, "02-00-00-00-00-01": {}}',
            "tags.json: At /02-00-00-00-00-01: this device is named twice, in two spellings.",
        ),
        (
            "managed.json",
            '{"devices": ["02*0"]}',
            "managed.json: At /devices/0: expected a MAC address, or the beginning of one and then *",
        ),
        ("managed.json", '{"devices": ["02"]}', "managed.json: At /devices/0: expected a MAC address"),
        ("managed.json", '{"lamps": []}', "managed.json: At /lamps: unknown member"),
        (
            "managed.json",
            '{"devices": ["03*"]}',
            "devices/020000000001.json: managed.json does not have the device 02:00:00:00:00:01",
        ),
        ("tag.json", "{}", "tag.json: A tree has no file of this name, only tags.json, managed.json"),
        ("device/x.json", "{}", "device: A tree has no directory of this name, only layers, devices"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_file_and_place(tree: Path, name: str, text: str, refusal: str) -> None:
    """And the rest of the tree is read."""
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_bytes(text.encode("latin-1"))

    (found,) = refusals(tree)

    assert refusal in found


def test_all_refusals_are_named(tree: Path) -> None:
    """Not only the first one."""
    (tree / "devices" / ONE).write_text("[]")
    (tree / "devices" / "x.json").write_text("{}")
    (tree / "tags.json").write_text("{")

    assert 3 == len(refusals(tree))


def test_a_link_does_not_lead_out_of_the_tree(tree: Path, tmp_path: Path) -> None:
    """Neither that of a file, nor that of a directory."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / ONE).write_text("{}")
    (tree / "tags.json").symlink_to(outside / ONE)
    (tree / "devices" / ONE).unlink()
    (tree / "devices").rmdir()
    (tree / "devices").symlink_to(outside)

    assert [
        "devices: It cannot be read: Not a directory.",
        "tags.json: It is a symbolic link that leads out of the directory.",
    ] == refusals(tree)


def test_a_directory_without_a_tree_is_refused(tmp_path: Path) -> None:
    """It is probably another one than was meant."""
    with pytest.raises(ValidationFailed, match=r"has none of layers, devices, tags\.json, managed\.json"):
        TreeReading(tmp_path, LIMIT).read()
