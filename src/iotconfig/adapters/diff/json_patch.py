"""JSON Patch (RFC 6902) from one value to another. Objects are compared by member names, arrays by items."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from attrs import define, field

from iotconfig.domain.documents.pointer import pointer

from .matching import Steps, changes

JsonPatchOperation = TypedDict(
    "JsonPatchOperation",
    {
        "op": Literal["add", "remove", "replace", "move", "copy", "test"],
        "path": Annotated[str, "A JSON Pointer"],
        "from": NotRequired[Annotated[str, "A JSON Pointer; in `move` and `copy` only"]],
        "value": NotRequired[Annotated[Any, "Any JSON value; in `add`, `replace` and `test` only"]],
    },
)
"""One operation of a JSON Patch. Patches of this module add, remove and replace only."""
_Kind = Literal["add", "remove", "replace"]

_COST: Final = 40
"""Characters of an operation without its path and value, approximately."""


class Written(float):
    """A number with its text: as doubles, 0.0 equals -0.0, and 1.10 equals 1.1."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def decoded(text: str) -> Any:
    """The value of a valid JSON text, with numbers that compare by their text."""
    return json.loads(text, parse_int=_whole, parse_float=Written)


def _whole(text: str) -> int | Written:
    return Written(text) if text == "-0" else int(text)


class _TooLong(Exception):
    """The patch would be longer than the documents."""


def json_patch(source: Any, target: Any, max_characters: int) -> list[JsonPatchOperation]:
    """Return the operations that turn `source` into `target`.

    If they would have more than `max_characters`, whole members of the
    document are replaced instead: with one long name above many items, the paths
    would take quadratic space.
    """
    if not isinstance(source, dict) or not isinstance(target, dict):
        return [] if source == target else [_operation("replace", [], target)]
    found = _Patch(max_characters, Steps.of_size(max_characters))
    try:
        found.add_object(source, target)
    except _TooLong:
        return _shallow(source, target, found.identities)
    return found.operations


@define
class _Identities:
    """Identities of values: equal for values with equal text, and different for true and 1. Each container is read once.

    Identities consist of text, whose hash is randomized. Numbers are not used: a document
    can have any amount of numbers with the same hash.
    """

    _texts: dict[Hashable, Hashable] = field(factory=dict)
    _of_containers: dict[int, Hashable] = field(factory=dict)

    def of(self, value: Any) -> Hashable:
        if type(value) is str:
            return value
        if type(value) not in (dict, list):
            return type(value), value.text if type(value) is Written else repr(value)
        known = self._of_containers.get(id(value))
        if known is None:
            key: Hashable
            if type(value) is dict:
                key = frozenset((name, self.of(item)) for name, item in value.items())
            else:
                key = tuple(map(self.of, value))
            known = self._texts.setdefault(key, (type(value), str(len(self._texts))))
            self._of_containers[id(value)] = known
        return known


@define
class _Patch:
    """Collects operations; `_path` is the path to the current value."""

    _characters_left: int
    _steps: Steps
    operations: list[JsonPatchOperation] = field(factory=list)
    identities: _Identities = field(factory=_Identities)
    _path: list[str | int] = field(factory=list)
    _path_length: int = 0

    def add_object(self, source: dict[str, Any], target: dict[str, Any]) -> None:
        for name in source:
            if name not in target:
                self._add("remove", name)
        for name, value in target.items():
            if name in source:
                self._change(name, source[name], value)
            else:
                self._add("add", name, value)

    def _add_array(self, source: list[Any], target: list[Any]) -> None:
        identity = self.identities.of
        # Up to each change, the array equals the target: indexes are the target's.
        for change in changes(list(map(identity, source)), list(map(identity, target)), self._steps):
            removed = source[change.begin_one : change.end_one]
            added = target[change.begin_other : change.end_other]
            place = change.begin_other
            for number, (old, new) in enumerate(zip(removed, added, strict=False), place):
                self._change(number, old, new)
            end = place + min(len(removed), len(added))
            for _ in removed[len(added) :]:
                self._add("remove", end)
            for number, value in enumerate(added[len(removed) :], end):
                self._add("add", number, value)

    def _change(self, step: str | int, old: Any, new: Any) -> None:
        if self.identities.of(old) == self.identities.of(new):
            return
        is_object = isinstance(old, dict) and isinstance(new, dict)
        if not is_object and not (isinstance(old, list) and isinstance(new, list)):
            self._add("replace", step, new)
            return
        self._path.append(step)
        self._path_length += len(str(step))
        (self.add_object if is_object else self._add_array)(old, new)
        self._path_length -= len(str(step))
        self._path.pop()

    def _add(self, kind: _Kind, step: str | int, *value: Any) -> None:
        self._characters_left -= self._path_length + len(str(step)) + _COST
        if self._characters_left < 0:
            raise _TooLong
        self.operations.append(_operation(kind, [*self._path, step], *value))


def _shallow(
    source: dict[str, Any], target: dict[str, Any], identities: _Identities
) -> list[JsonPatchOperation]:
    """A patch that adds, removes and replaces only whole members of the document."""
    removed = [_operation("remove", [name]) for name in source if name not in target]
    written = [
        _operation("replace" if name in source else "add", [name], value)
        for name, value in target.items()
        if name not in source or identities.of(source[name]) != identities.of(value)
    ]
    return [*removed, *written]


def _operation(kind: _Kind, path: list[str | int], *value: Any) -> JsonPatchOperation:
    operation: JsonPatchOperation = {"op": kind, "path": pointer(path)}
    if value:
        (operation["value"],) = value
    return operation
