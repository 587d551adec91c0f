"""Type checks of the use cases' arguments: a value of another type is a defect of the calling program."""

from __future__ import annotations

from datetime import datetime

import attrs


def kind_of(value: object) -> str:
    """Return the name of the type of `value`, for a sentence."""
    return "None" if value is None else type(value).__name__


def check_kind(given: object, kind: type, way: str) -> None:
    """Raise `TypeError` unless `given` is of this kind; `way` says what to give: "An edit is …"."""
    if not isinstance(given, kind):
        raise TypeError(f"{way}, not {kind_of(given)}.")


def check_whole_number(given: object, way: str) -> None:
    """Raise `TypeError` unless `given` is an int and not a bool."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError(f"{way}, not {kind_of(given)}.")


def check_moment(given: object, way: str) -> None:
    """Raise `TypeError` unless `given` is a time with a time zone."""
    check_kind(given, datetime, way)
    if isinstance(given, datetime) and given.utcoffset() is None:
        raise TypeError(f"{way}, with its time zone, such as datetime.now(UTC).")


def check_flag(_instance: object, attribute: attrs.Attribute[bool], given: object) -> None:
    """Raise `TypeError` unless an attribute is True or False."""
    check_kind(given, bool, f"{attribute.name} is True or False")
