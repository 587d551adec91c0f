"""The texts of layers and of own content that flat documents are taken apart into."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.json_members import Span, spans
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.documents.written_value import Path, leaves, written_value

_Patch: TypeAlias = dict[str, Any]
"""A merge patch that removes: each value is None or a patch of the object."""


@frozen
class Remainder:
    """The own content that a device needs above its layers."""

    content: ConfigContent
    outliers: tuple[str, ...]
    """The JSON Pointers of what it sets otherwise than its layers, or removes."""


def remainder(content: ConfigContent, lower: Mapping[str, object]) -> Remainder:
    """Return what is left of a document when its layers make `lower`, a `written_value`.

    Members that the layers make alike are left out, and those that the document does not have are removed by nulls. All
    other members are kept as they are written. Nulls of the document stay, though they remove: composing shows it.
    Raises `ContentTooLarge` where the nulls make it larger than 256 KiB.
    """
    value = written_value(content.text)
    same, missing, outliers = _compared(value if isinstance(value, dict) else {}, lower, ())
    text = _merged(content.text, same)
    text = _merged(text, missing, keeps_nulls=True)
    return Remainder(ConfigContent.parse(text), tuple(map(pointer, outliers)))


def guarded(content: ConfigContent, lowers: Iterable[Mapping[str, object]]) -> ConfigContent | None:
    """Return a document with a null for each member that it does not have and lower layers make; None where there is none.

    While layers are made one after the other, it is served with the value that it has by itself.

    lowers: what the layers make, each with all below it, as `written_value`s

    Raises `ContentTooLarge` where the nulls make it larger than 256 KiB.
    """
    value = written_value(content.text)
    text = content.text
    for lower in lowers:
        _, missing, _ = _compared(value if isinstance(value, dict) else {}, lower, ())
        text = _merged(text, missing, keeps_nulls=True)
    return None if text == content.text else ConfigContent.parse(text)


def _compared(
    value: Mapping[str, object], lower: Mapping[str, object], path: Path
) -> tuple[_Patch, _Patch, list[Path]]:
    """What an object has in common with a lower one, what it lacks of it, and the paths where it differs.

    Recursion is bounded, since the depths of both were checked.
    """
    same: _Patch = {}
    missing: _Patch = {}
    outliers: list[Path] = []
    for name, below in lower.items():
        if name not in value:
            missing[name] = None
            outliers.append((*path, name))
            continue
        here = value[name]
        if here == below:
            same[name] = None
        elif isinstance(here, dict) and isinstance(below, dict):
            inner = _compared(here, below, (*path, name))
            same.update({name: inner[0]} if inner[0] else {})
            missing.update({name: inner[1]} if inner[1] else {})
            outliers += inner[2]
        else:
            outliers.append((*path, name))
    return same, missing, outliers


def layer_content(
    chosen: Mapping[Path, Hashable], pattern: ConfigContent, others: Mapping[Path, ConfigContent]
) -> ConfigContent:
    """Return the document of a layer that sets the chosen values.

    chosen: the values by their paths, as `leaves` gives them
    pattern: a document that has most of them; its order, spaces and spellings are kept
    others: documents that have the values, by their paths
    """
    value = written_value(pattern.text)
    has = dict(leaves(value))
    kept = {path for path, each in chosen.items() if has.get(path) == each and path in has}
    text = _merged(pattern.text, _without(value, kept, ()))
    for path in chosen:
        if path not in kept:
            text = MergePatch.parse(_only(others[path].text, path)).merged_into(text, keeps_nulls=True)
    return ConfigContent.parse(text)


def _without(value: object, kept: set[Path], path: Path) -> _Patch:
    """The patch that removes all leaves of an object but those that are kept, and objects of which nothing is."""
    patch: _Patch = {}
    for name, each in value.items() if isinstance(value, dict) else ():
        here = (*path, name)
        if here in kept:
            continue
        inner = _without(each, kept, here)
        if isinstance(each, dict) and any(leaf[: len(here)] == here for leaf in kept):
            patch.update({name: inner} if inner else {})
        else:
            patch[name] = None
    return patch


def _only(text: str, path: Path) -> str:
    """The text of an object that has one value of another text only."""
    members: dict[str, Span] | None = spans(text)
    opened = ""
    for name in path:
        span = (members or {})[name]
        opened += "{" + text[span.begin : span.value_begin]
        members = span.inner
    return opened + text[span.value_begin : span.value_end] + "}" * len(path)


def _merged(text: str, patch: _Patch, *, keeps_nulls: bool = False) -> str:
    if not patch:
        return text
    return MergePatch.parse(json.dumps(patch, ensure_ascii=False)).merged_into(text, keeps_nulls=keeps_nulls)
