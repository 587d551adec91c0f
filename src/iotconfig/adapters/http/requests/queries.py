"""Query strings, read into the classes that describe them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

import falcon
from attrs import NOTHING, AttrsInstance, evolve, field, fields, frozen

from iotconfig.adapters.codec.cursors import deleted_position_at, mac_address_at, position_at
from iotconfig.adapters.codec.moments import moment_in
from iotconfig.domain.configs.labels import TAG_PATTERN, TagFilter
from iotconfig.domain.configs.revisions import MAX_MESSAGE, MAX_REVISION, DeletedPosition
from iotconfig.domain.errors import ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE

_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_FLAGS: Final = {"true": True, "false": False}
_METADATA: Final = "query parameter"

Q = TypeVar("Q", bound=AttrsInstance)


@frozen
class Spelling:
    """How the value of a parameter is written."""

    read: Callable[[str, Any], Any]
    """The value, from the parameter's name and text. Raises `ValidationFailed`."""
    schema: Mapping[str, Any]
    """The same as a JSON Schema."""
    is_repeated: bool = False
    """Whether the parameter may be given several times; it is read from the list of its values then."""


@frozen
class QueryParameter:
    """One parameter of a query string."""

    attribute: str
    """The attribute that it is read into."""
    name: str
    spelling: Spelling
    about: str
    default: object
    """The value if it is not given."""
    is_required: bool
    question: str
    example: object


def parameter(
    spelling: Spelling,
    about: str,
    default: object = None,
    *,
    name: str = "",
    is_required: bool = False,
    question: str = "",
    example: object = None,
) -> Any:
    """Declare a parameter of a query class.

    `default`: the value if it is not given; if `is_required`, one that the route refuses.
    `name`: the parameter, if the attribute cannot have its name.
    `question`: ends the refusal of a request without it; empty if the parameter has a default.
    """
    declared = QueryParameter(
        "", name, spelling, about, default, is_required or bool(question), question, example
    )
    return field(default=NOTHING if question else default, metadata={_METADATA: declared})


@cache
def parameters_of(cls: type[AttrsInstance]) -> Mapping[str, QueryParameter]:
    """The parameters that a query class declares, by name."""
    found = {}
    for attribute in fields(cls):
        declared: QueryParameter = attribute.metadata[_METADATA]
        name = declared.name or attribute.name
        found[name] = evolve(declared, attribute=attribute.name, name=name)
    return found


def read_query(req: falcon.Request, cls: type[Q], *, ignore_unknown: bool = False) -> Q:
    """The instance of `cls` that the query string describes.

    `ignore_unknown`: parameters that the class does not have are ignored, for requests that another service composes.
    Raises `ValidationFailed` for a parameter that the class does not have, that
    is given twice, that is malformed, or that is missing.
    """
    declared = parameters_of(cls)
    given = _given(req, declared, ignore_unknown=ignore_unknown)
    values = {}
    for name, written in given.items():
        each = declared[name]
        values[each.attribute] = each.spelling.read(name, written)
    for each in declared.values():
        if each.question and each.name not in given:
            raise ValidationFailed(
                f"Query parameter {each.name} is missing: {each.question}", parameter=each.name
            )
    return cls(**values)


def _given(
    req: falcon.Request, names: Mapping[str, QueryParameter], *, ignore_unknown: bool
) -> Mapping[str, str | list[str]]:
    if not req.query_string:
        return {}
    try:
        unquote_to_bytes(req.query_string).decode()
    except UnicodeDecodeError:
        raise ValidationFailed("The query string is not UTF-8.") from None
    given: dict[str, str | list[str]] = {}
    for name, value in req.params.items():
        if name not in names:
            if ignore_unknown:
                continue
            known = ", ".join(names) or "none"
            raise ValidationFailed(
                f'Query parameter "{excerpt(name)}" is unknown: this route accepts {known}.',
                parameter=excerpt(name),
            )
        if names[name].spelling.is_repeated:
            given[name] = value if isinstance(value, list) else [value]
            continue
        if isinstance(value, list):
            raise ValidationFailed(f"Query parameter {name} was given more than once.", parameter=name)
        given[name] = value
    return given


def _number(_name: str, text: str) -> int:
    # The use case refuses 0 with a message that states the rule.
    return int(text) if _DIGITS.fullmatch(text) else 0


def _count(name: str, text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise ValidationFailed(f"Query parameter {name} must be a number, from 0.", parameter=name)
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in _FLAGS:
        raise ValidationFailed(f"Query parameter {name} must be true or false.", parameter=name)
    return _FLAGS[text]


def _revision(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValidationFailed(f"Query parameter {name} must be the number of a revision.", parameter=name)
    return int(text)


def _tags(_name: str, words: list[str]) -> TagFilter:
    return TagFilter.of(words)


def _mac_cursor(_name: str, text: str) -> MacAddress:
    try:
        return mac_address_at(text)
    except ValueError:
        raise _bad_cursor() from None


def _mac_address(_name: str, text: str) -> MacAddress:
    return MacAddress.parse(text)


def _moment(name: str, text: str) -> datetime:
    found = moment_in(text)
    if found is None:
        raise ValidationFailed(
            f"Query parameter {name} must be a time such as 2027-06-30T12:00:00Z; in a URL, a plus sign is written %2B.",
            parameter=name,
        )
    return found


def _log_position(name: str, text: str) -> int:
    try:
        return position_at(text)
    except ValueError:
        raise ValidationFailed(
            f"Query parameter {name} must be a position of the change log.", parameter=name
        ) from None


def _log_cursor(_name: str, text: str) -> int:
    try:
        return position_at(text)
    except ValueError:
        raise ValidationFailed(
            'Query parameter cursor must be the "next" of the previous page, or a position of the change log.',
            parameter="cursor",
        ) from None


def _deleted_cursor(_name: str, text: str) -> DeletedPosition:
    try:
        return deleted_position_at(text)
    except (ValueError, OverflowError):
        raise _bad_cursor() from None


def _bad_cursor() -> ValidationFailed:
    return ValidationFailed(
        'Query parameter cursor must be the "next" of the previous page.', parameter="cursor"
    )


def text(**schema: object) -> Spelling:
    """Any text; `schema` adds keywords to its JSON Schema."""
    return Spelling(lambda _name, value: value, {"type": "string", **schema})


def number(minimum: int, maximum: int) -> Spelling:
    """A number that the use case validates; anything but digits becomes 0, which the use case refuses."""
    return Spelling(_number, {"type": "integer", "minimum": minimum, "maximum": maximum})


COUNT: Final = Spelling(_count, {"type": "integer", "minimum": 0})
"""A number of things, from 0."""


def choice(choices: type[StrEnum]) -> Spelling:
    """One of a few words."""

    def read(name: str, word: str) -> StrEnum:
        try:
            return choices(word)
        except ValueError:
            words = ", ".join(choices)
            raise ValidationFailed(
                f"Query parameter {name} must be one of {words}.", parameter=name
            ) from None

    return Spelling(read, {"type": "string", "enum": [str(word) for word in choices]})


FLAG: Final = Spelling(_flag, {"type": "boolean"})
TAGS: Final = Spelling(
    _tags, {"type": "array", "items": {"type": "string", "pattern": f"^!?{TAG_PATTERN}$"}}, is_repeated=True
)
"""Tags to have, and tags not to have (`!x`)."""
REVISION: Final = Spelling(_revision, {"type": "integer", "minimum": 1, "maximum": MAX_REVISION})


def tag_parameter() -> Any:
    """The parameter `tag`."""
    return parameter(
        TAGS,
        "Only configs with this tag; `!x`: only those without the tag `x`. Given several times, all must hold",
    )


def dry_run_parameter() -> Any:
    """The parameter `dry_run`."""
    return parameter(FLAG, "`true`: return the difference and store nothing", default=False)


def keep_going_parameter() -> Any:
    """The parameter `keep_going`."""
    return parameter(FLAG, "`true`: store all valid entries; otherwise all or nothing", default=False)


def message_parameter() -> Any:
    """The parameter `message`."""
    return parameter(text(maxLength=MAX_MESSAGE), "The reason for the change, for the history")


def page_limit(default: int) -> Any:
    """The parameter `limit`."""
    return parameter(number(1, MAX_PAGE), "Entries per page", default)


def page_cursor(spelling: Spelling) -> Any:
    """The parameter `cursor`."""
    return parameter(spelling, "The `next` of the previous page")


MAC_ADDRESS: Final = Spelling(_mac_address, {"$ref": "#/components/schemas/MacAddress"})
MOMENT: Final = Spelling(_moment, {"type": "string", "format": "date-time"})
MAC_CURSOR: Final = Spelling(_mac_cursor, {"type": "string"})
LOG_POSITION: Final = Spelling(_log_position, {"type": "integer", "minimum": 0})
LOG_CURSOR: Final = Spelling(_log_cursor, {"type": "string"})
REVISION_CURSOR: Final = Spelling(_revision, {"type": "string"})
DELETED_CURSOR: Final = Spelling(_deleted_cursor, {"type": "string"})


@frozen
class NoQuery:
    """The query string of a route that takes no parameters."""


@frozen
class ChangeQuery:
    """The query string of a change."""

    message: str | None = message_parameter()


@frozen
class EditQuery:
    """The query string of a change that can be tried."""

    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()
