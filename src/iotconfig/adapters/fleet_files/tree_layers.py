"""A layer in a directory of a tree: `layer.json` has its reach, its rank and its switch, `content.json` its document."""

from __future__ import annotations

import json

from attrs import frozen

from iotconfig.adapters.codec.members import BODY_DEPTH, missing, plain_value
from iotconfig.adapters.codec.reaches import reach_members, reach_of
from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.json_members import members
from iotconfig.domain.errors import IotConfigError, ValidationFailed
from iotconfig.domain.layers.layer import LayerDefinition, layer_name_of
from iotconfig.domain.layers.reach import Reach

from . import tree_files
from .tree_directory import TreeDirectory, TreeReport


@frozen
class _Selection:
    reach: Reach
    rank: int | None
    enabled: bool


def read_layers(top: TreeDirectory, report: TreeReport, max_content_bytes: int) -> dict[str, LayerDefinition]:
    """Read the layers of a tree, by their names; what is wrong goes to the report."""
    found: dict[str, LayerDefinition] = {}
    with top.inside(tree_files.LAYERS) as layers:
        if layers is None:
            return found
        for name in layers.directories():
            place = f"{tree_files.LAYERS}/{name}"
            try:
                layer_name_of(name)
            except ValidationFailed as error:
                report.refuse(place, error)
                continue
            with layers.inside(name) as directory:
                definition = _layer(directory, report, place, max_content_bytes) if directory else None
            if definition is not None:
                found[name] = definition
    return found


def _layer(
    directory: TreeDirectory, report: TreeReport, place: str, max_content_bytes: int
) -> LayerDefinition | None:
    files = (tree_files.LAYER, tree_files.CONTENT)
    names = directory.names(files=files)
    if absent := [name for name in files if name not in names]:
        report.refuse(place, ValidationFailed(f"The layer lacks the file {' and the file '.join(absent)}."))
        return None
    selection = directory.read(tree_files.LAYER, tree_files.MOST_LAYER_BYTES, _selection)
    content = directory.read(
        tree_files.CONTENT,
        max_content_bytes,
        lambda document: ConfigContent.parse(document, max_content_bytes),
    )
    if selection is None or content is None:
        return None
    try:
        return LayerDefinition(content, selection.reach, selection.rank, selection.enabled)
    except IotConfigError as error:
        report.refuse(f"{place}/{tree_files.LAYER}", error)
        return None


def _selection(document: bytes) -> _Selection:
    """Read a file of a layer. Raises `InvalidDocument` and `ValidationFailed`."""
    text = strict_json.decode_utf8(document)
    given = {each.name: each for each in members(text, BODY_DEPTH, ("reaches", "rank", "enabled"))}
    if "reaches" not in given:
        raise missing("reaches")
    rank, enabled = given.get("rank"), given.get("enabled")
    return _Selection(
        reach_of(given["reaches"]),
        None if rank is None or rank.value is None else plain_value(int, "a whole number or null", rank),
        True if enabled is None else plain_value(bool, "a boolean", enabled),
    )


def layer_document(definition: LayerDefinition) -> bytes:
    """The text of the file of a layer."""
    record = {
        "reaches": reach_members(definition.reach),
        "rank": definition.rank,
        "enabled": definition.enabled,
    }
    return (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode()
