"""`DocumentRules` with jsonschema-rs."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from jsonschema_rs import Draft202012Validator, ReferencingError, ValidationError

from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.errors import InvalidDocument, excerpt
from iotconfig.domain.models.failure import MAX_FAILURES, Failure
from iotconfig.domain.models.ports import FITS, Verdict

from .failures import failures_of
from .patterns import OPTIONS, Patterns
from .retrieving import refuse
from .schema import Graph, Path
from .work import Work, work_of

COMPILED_AT_ONCE: Final = 64
"""Schemas that a process keeps compiled."""

MAX_STEPS: Final = 1_200_000
"""Steps of a check, at most: some 30 ms."""

_LISTED_STEPS: Final = 5_000
"""Steps up to which the library may list all errors: before it gives out the first, it makes all of them."""
_LISTED_COPIES: Final = 10_000_000
"""Steps times characters up to which it may: each error has a copy of its value."""


@frozen
class _Compiled:
    """A schema that can be used."""

    validator: Draft202012Validator
    work: Work

    def steps(self, document: str) -> int:
        """The most steps of a check of this document."""
        values = 1 + document.count(",") + document.count("[") + document.count("{")
        return values * self.work.by_value + len(document) * self.work.by_byte


class JsonSchemaRules:
    """`DocumentRules`, with a bounded cache of compiled schemas."""

    def __init__(self) -> None:
        self._compiled = lru_cache(COMPILED_AT_ONCE)(_compile)

    def accept(self, schema: str) -> None:
        self._compiled(schema)

    def check(self, schema: str, document: str) -> Verdict:
        compiled = self._compiled(schema)
        steps = compiled.steps(document)
        if steps > MAX_STEPS:
            return Verdict([_too_much(document)], is_complete=False)
        value = json.loads(document)
        if compiled.validator.is_valid(value):
            return FITS
        if steps > _LISTED_STEPS or steps * len(document) > _LISTED_COPIES:
            return _first_ones(compiled, value, MAX_STEPS // steps)
        errors = compiled.validator.iter_errors(value)
        # Alternatives of a schema find the same failure several times.
        found = [*dict.fromkeys(each for error in errors for each in failures_of(error, value))]
        return Verdict(found[:MAX_FAILURES], len(found) <= MAX_FAILURES)


def _compile(schema: str) -> _Compiled:
    """Compile a schema. Raises `InvalidDocument` for one that cannot be used."""
    value = json.loads(schema)
    try:
        # Before the library sees it: asked whether it is valid, the library opens what `$schema` names.
        work = work_of(Graph(value, Patterns()).nodes)
        validator = Draft202012Validator(
            value,
            validate_formats=True,
            ignore_unknown_formats=False,
            retriever=refuse,
            pattern_options=OPTIONS,
        )
    except ValidationError as error:
        raise InvalidDocument(
            f"the schema is none of draft 2020-12: {excerpt(error.message)}",
            pointer=pointer(tuple(error.instance_path)),
        ) from None
    except ReferencingError as error:
        raise InvalidDocument(f"a reference cannot be used: {excerpt(error.message)}", pointer="") from None
    return _Compiled(validator, work)


def _too_much(document: str) -> Failure:
    return Failure(
        "",
        "a document that its schema checks in some 50 ms: use a budget of bytes, and fewer alternatives and patterns",
        f"{len(document)} characters, which were not checked",
    )


def _first_ones(compiled: _Compiled, value: Any, checks: int) -> Verdict:
    """Find failures one after the other: each is taken out of the document, with the member that contains it."""
    failures: dict[Failure, None] = {}
    containers: list[Path] = []
    for _ in range(min(checks, MAX_FAILURES)):
        error = _first(compiled.validator, value)
        if error is None:
            break
        path = tuple(error.instance_path)
        if any(path == container[: len(path)] for container in containers):
            # What was taken out may be what is missing here.
            break
        failures |= dict.fromkeys(failures_of(error, value))
        member = _member(value, path)
        if member is None:
            break
        containers.append(member[:-1])
        del _at(value, member[:-1])[member[-1]]
    return Verdict([*failures][:MAX_FAILURES], is_complete=False)


def _first(validator: Draft202012Validator, value: object) -> ValidationError | None:
    try:
        validator.validate(value)
    except ValidationError as error:
        return error
    return None


def _member(value: object, path: Path) -> Path | None:
    """The innermost member of an object that contains a place; None for the top, which is in none."""
    for length in range(len(path), 0, -1):
        if isinstance(_at(value, path[: length - 1]), dict):
            return path[:length]
    return None


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
