"""A schema as a graph of subschemas, read before it is compiled.

The library would fetch what a schema refers to outside of itself, and follow references that apply to one value in
exponential time. This module finds the subschemas that apply to the same value, and those that apply to its members
and elements, and refuses the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from attrs import define, field, frozen

from iotconfig.domain.documents.pointer import path_of, pointer
from iotconfig.domain.errors import InvalidDocument, ValidationFailed, excerpt

from .patterns import Patterns

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

_SAME_LISTS: Final = ("allOf", "anyOf", "oneOf")
_SAME: Final = ("not", "if", "then", "else")
_SAME_BY_NAME: Final = ("dependentSchemas",)
_REFERENCES: Final = ("$ref", "$dynamicRef")
_UNEVALUATED: Final = ("unevaluatedProperties", "unevaluatedItems")

_VALUES: Final = ("const", "enum", "default", "examples")

Path = tuple[str | int, ...]


@frozen
class Node:
    """A subschema."""

    path: Path
    """Its place in the schema."""
    work: int
    """Steps that its own keywords take for a value, without the subschemas."""
    by_byte: int
    """Steps that they take for each byte of a string."""
    factor: int
    """How often the subschemas of the same value are gone through."""
    same: tuple[Path, ...] = ()
    """The subschemas that apply to the same value."""
    named: tuple[Path, ...] = ()
    """Subschemas of which at most one applies to a member or an element."""
    every: tuple[Path, ...] = ()
    """Subschemas of which all may apply to a member or an element, besides one of `named`."""


@define
class Graph:
    """The subschemas that a schema applies, found from the top. Raises `InvalidDocument` for what is refused."""

    _schema: Any
    _patterns: Patterns
    nodes: dict[Path, Node] = field(factory=dict, init=False)
    _anchors: dict[str, Path] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._find_anchors()
        pending = deque[Path]([()])
        while pending:
            path = pending.popleft()
            if path not in self.nodes:
                node = self.nodes[path] = self._node(path, self._at(path))
                pending += (*node.same, *node.named, *node.every)

    def _at(self, path: Path) -> Any:
        value = self._schema
        for step in path:
            value = value[step]
        return value

    def _find_anchors(self) -> None:
        """Find the anchors, wherever they stand; refuse other drafts and a change of the base address."""
        pending = deque[tuple[Any, Path]]([(self._schema, ())])
        while pending:
            value, path = pending.popleft()
            if isinstance(value, Mapping):
                self._read_identity(value, path)
                # Values are no schemas.
                pending += ((value[name], (*path, name)) for name in value if name not in _VALUES)
            elif isinstance(value, list):
                pending += ((each, (*path, index)) for index, each in enumerate(value))

    def _read_identity(self, schema: Mapping[str, Any], path: Path) -> None:
        if isinstance(schema.get("$id"), str) and path:
            raise InvalidDocument(
                "$id stands at the top only: leave it out here, and refer with # and a pointer",
                pointer=pointer((*path, "$id")),
            )
        draft = schema.get("$schema", DRAFT)
        if isinstance(draft, str) and draft.removesuffix("#") != DRAFT:
            raise InvalidDocument(
                f"schemas are of draft 2020-12 ({DRAFT})", pointer=pointer((*path, "$schema"))
            )
        for keyword in ("$anchor", "$dynamicAnchor"):
            anchor = schema.get(keyword)
            if isinstance(anchor, str) and self._anchors.setdefault(anchor, path) != path:
                raise InvalidDocument(
                    f'the anchor "{excerpt(anchor)}" stands at another place, too',
                    pointer=pointer((*path, keyword)),
                )

    def _node(self, path: Path, schema: Any) -> Node:
        if not isinstance(schema, Mapping):
            return Node(path, 1, 0, 1)
        patterned = [(*path, "patternProperties", name) for name in _of(schema, "patternProperties")]
        return Node(
            path,
            work=_work(schema),
            by_byte=self._by_byte(schema, path),
            factor=3 if any(keyword in schema for keyword in _UNEVALUATED) else 1,
            same=tuple(self._same(schema, path)),
            named=tuple(_named(schema, path)),
            every=(*patterned, *_one(schema, path, "contains"), *_one(schema, path, "propertyNames")),
        )

    def _same(self, schema: Mapping[str, Any], path: Path) -> Iterator[Path]:
        for keyword in _SAME_LISTS:
            yield from _each(schema, path, keyword)
        for keyword in _SAME:
            yield from _one(schema, path, keyword)
        for keyword in _SAME_BY_NAME:
            yield from ((*path, keyword, name) for name in _of(schema, keyword))
        for keyword in _REFERENCES:
            if isinstance(reference := schema.get(keyword), str):
                yield self._target(reference, (*path, keyword))

    def _target(self, reference: str, place: Path) -> Path:
        """The place that a reference names."""
        if not reference.startswith("#"):
            raise InvalidDocument(
                "a schema refers into itself only: write # and a pointer, such as #/$defs/port",
                pointer=pointer(place),
            )
        fragment = unquote(reference[1:])
        if not fragment.startswith("/"):
            found = () if not fragment else self._anchors.get(fragment)
        else:
            found = self._found(fragment)
        if found is None:
            raise InvalidDocument(
                f'"{excerpt(reference)}" names no place in the schema', pointer=pointer(place)
            )
        return found

    def _found(self, fragment: str) -> Path | None:
        value, path = self._schema, list[str | int]()
        try:
            for step in path_of(fragment):
                index = int(step) if isinstance(value, list) and step.isascii() and step.isdigit() else step
                value = value[index]
                path.append(index)
        except (KeyError, IndexError, TypeError, ValueError, ValidationFailed):
            return None
        return tuple(path)

    def _by_byte(self, schema: Mapping[str, Any], path: Path) -> int:
        found = 4 if "format" in schema else 0
        if isinstance(schema.get("pattern"), str):
            found += self._patterns.steps(schema["pattern"], (*path, "pattern"))
        for name in _of(schema, "patternProperties"):
            found += self._patterns.steps(name, (*path, "patternProperties", name))
        return found


def _of(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    """The members of a keyword that is an object."""
    given = schema.get(keyword)
    return given if isinstance(given, Mapping) else {}


def _one(schema: Mapping[str, Any], path: Path, keyword: str) -> Iterator[Path]:
    if keyword in schema:
        yield (*path, keyword)


def _each(schema: Mapping[str, Any], path: Path, keyword: str) -> Iterator[Path]:
    given = schema.get(keyword)
    yield from ((*path, keyword, index) for index in range(len(given) if isinstance(given, list) else 0))


def _named(schema: Mapping[str, Any], path: Path) -> Iterator[Path]:
    yield from ((*path, "properties", name) for name in _of(schema, "properties"))
    yield from _each(schema, path, "prefixItems")
    for keyword in ("additionalProperties", "items", *_UNEVALUATED):
        yield from _one(schema, path, keyword)


def _work(schema: Mapping[str, Any]) -> int:
    """Steps of the keywords that hold no subschema: one each, and one for each value that is compared."""
    work = 1 + len(schema)
    for keyword in ("enum", "const", "required", "dependentRequired"):
        if keyword in schema:
            work += _size(schema[keyword])
    return work


def _size(value: object) -> int:
    """The number of values in a value."""
    size, pending = 0, [value]
    while pending:
        each = pending.pop()
        size += 1
        if isinstance(each, Mapping):
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return size
