"""Merge patches as a user writes them: as JSON, or as single members with `--set` and `--unset`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from iotconfig.domain.documents import strict_json
from iotconfig.domain.documents.content import MAX_DEPTH
from iotconfig.domain.documents.line_ends import without_mark
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.documents.pointer import path_of, pointer
from iotconfig.domain.errors import InvalidDocument, ValidationFailed, excerpt

from .streams import STANDARD_STREAM, standard_input, whole

F = TypeVar("F", bound=Callable[..., Any])

_INDEX: Final = re.compile("[0-9]+|-")
_STRUCTURED: Final = ("{", "[", '"')
"""The beginnings of JSON that no user means as a text."""

_Tree = dict[str, Any]
"""Members by name: a tree for an object, the JSON text of any other value."""


def member_options(function: F) -> F:
    """`--set` and `--unset`."""
    function = click.option(
        "--unset", "unset", metavar="PATH", multiple=True, help="Remove a member; repeatable."
    )(function)
    return click.option(
        "--set",
        "assignments",
        metavar="PATH=VALUE",
        multiple=True,
        help="Set a member: --set mqtt.port=1883, or --set /mqtt/port=1883. VALUE is JSON, or else a string; "
        "--set 'pin=\"1234\"' is a string of digits. null is refused, in an object, too. Repeatable.",
    )(function)


def merge_patch_of(
    text: str | None, assignments: Sequence[str], unset: Sequence[str], way: str
) -> MergePatch:
    """The patch that is given as JSON text (- for standard input), or member by member.

    way: how to give it as JSON, for the error if it is given in both ways, or in none.

    Raises `UsageError`, and `InvalidDocument` or `ValidationFailed` for what is no patch.
    """
    if (text is None) == (not assignments and not unset):
        raise click.UsageError(f"Give the changes once: as {way}, or with --set and --unset.")
    if text == STANDARD_STREAM:
        return MergePatch.parse(strict_json.decode_utf8(without_mark(whole(standard_input(), "The patch"))))
    if text is not None:
        return MergePatch.parse(text)
    tree: _Tree = {}
    for assignment in assignments:
        path, value = assigned(assignment, "--set")
        steps = _member_path(path)
        if (null := _path_to_null(steps, value)) is not None:
            raise ValidationFailed(
                f"--set {excerpt(assignment)}: a merge patch cannot store null. --unset {excerpt(pointer(null))} "
                "removes the member, and 'iotconfig config set' stores null."
            )
        _insert(tree, steps, value)
    for path in unset:
        _insert(tree, _member_path(path), "null")
    return MergePatch.parse(_json(tree))


def assigned(text: str, option: str) -> tuple[str, str]:
    """The path and the JSON text of the value of `PATH=VALUE`. Raises `UsageError` and `InvalidDocument`."""
    path, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(
            f'{option} needs a path and a value, such as {option} mqtt.port=1883, not "{text}".'
        )
    try:
        return path, json_value(value)
    except InvalidDocument as error:
        raise error.within(f"{option} {path}") from None


def json_value(text: str) -> str:
    """The text if it is JSON, otherwise the JSON string that has it.

    Raises `InvalidDocument` for JSON that content must not have, such as `NaN`, and for text that begins as JSON
    and is none: it is a typing error rather than a string.
    """
    found = text.strip()
    try:
        strict_json.decode(found, MAX_DEPTH)
    except InvalidDocument as error:
        if "pointer" in error.place or found.startswith(_STRUCTURED):
            raise
        return json.dumps(text, ensure_ascii=False)
    return found


def steps_of(path: str) -> tuple[str, ...]:
    """The names of a path, which is a JSON Pointer, or names with dots between them. Raises `ValidationFailed`."""
    if path.startswith("/"):
        return path_of(path)
    steps = tuple(path.split("."))
    if "" in steps:
        raise ValidationFailed(
            f'"{path}" is not a path to a member: write it like mqtt.host, or as a JSON Pointer like /mqtt/host.'
        )
    return steps


def _member_path(path: str) -> tuple[str, ...]:
    """The names of a path to a member of an object."""
    steps = steps_of(path)
    if len(steps) > MAX_DEPTH:
        raise ValidationFailed(f"{excerpt(path)}: content has at most {MAX_DEPTH} levels.")
    if any(_INDEX.fullmatch(step) for step in steps):
        raise ValidationFailed(
            f"{path}: a merge patch cannot change an element of an array. --set the whole array; "
            "a member whose name is a number is changed by a patch as JSON."
        )
    return steps


def _insert(tree: _Tree, path: Sequence[str], value: str) -> None:
    inner = tree
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise _repeated(path)
    if path[-1] in inner:
        raise _repeated(path)
    inner[path[-1]] = value


def _path_to_null(path: Sequence[str], value: str) -> tuple[str, ...] | None:
    """The path of a member that a patch with this value would remove; None if there is none.

    In an array, null is a value like others.
    """
    pending = [(tuple(path), json.loads(value))]
    while pending:
        at, found = pending.pop()
        if found is None:
            return at
        if isinstance(found, dict):
            pending += [((*at, name), inner) for name, inner in found.items()]
    return None


def _repeated(path: Sequence[str]) -> ValidationFailed:
    return ValidationFailed(
        f"{'.'.join(path)} is set or removed twice, by itself or as a part of another member."
    )


def _json(tree: _Tree) -> str:
    members = (
        f"{json.dumps(name, ensure_ascii=False)}: {_json(value) if isinstance(value, dict) else value}"
        for name, value in tree.items()
    )
    return f"{{{', '.join(members)}}}"
