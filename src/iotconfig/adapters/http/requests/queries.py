"""Query parameters: known, given once, well-formed, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes

import falcon

from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.revisions import DeletedPosition, DeletedQuery, HistoryQuery
from iotconfig.domain.errors import ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE

_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_CURSOR: Final = re.compile(r"[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_DELETED_CURSOR: Final = re.compile(r"([0-9]{1,17})-([1-9][0-9]{0,17})")
_FLAGS: Final = {"true": True, "false": False}
_DEFAULT_LIMIT: Final = "100"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

C = TypeVar("C", bound=StrEnum)


def allow(req: falcon.Request, *names: str) -> dict[str, str]:
    """The query parameters, each once. Raises `ValidationFailed` for any that is not in `names`."""
    try:
        unquote_to_bytes(req.query_string).decode()
    except UnicodeDecodeError:
        raise ValidationFailed("The query string is not UTF-8.") from None
    given: dict[str, str] = {}
    for name, value in req.params.items():
        if name not in names:
            known = ", ".join(names) or "none"
            raise ValidationFailed(
                f'Query parameter "{excerpt(name)}" is unknown: this route takes {known}.',
                parameter=excerpt(name),
            )
        if isinstance(value, list):
            raise ValidationFailed(f"Query parameter {name} was given more than once.", parameter=name)
        given[name] = value
    return given


def config_query(req: falcon.Request) -> ConfigQuery:
    """The list that the query string asks for. Raises `ValidationFailed`."""
    given = allow(req, "limit", "cursor", "q", "enable_ota", "count")
    return ConfigQuery(
        text=given.get("q"),
        enable_ota=_flag("enable_ota", given["enable_ota"]) if "enable_ota" in given else None,
        after=_cursor(given["cursor"]) if "cursor" in given else None,
        limit=_number(given.get("limit", str(MAX_PAGE))),
        count=_flag("count", given.get("count", "true")),
    )


def history_query(req: falcon.Request, config_id: int) -> HistoryQuery:
    """The revisions that the query string asks for. Raises `ValidationFailed`."""
    given = allow(req, "limit", "cursor")
    return HistoryQuery(
        config_id,
        before=_revision("cursor", given["cursor"]) if "cursor" in given else None,
        limit=_number(given.get("limit", _DEFAULT_LIMIT)),
    )


def deleted_query(req: falcon.Request) -> DeletedQuery:
    """The deleted configs that the query string asks for. Raises `ValidationFailed`."""
    given = allow(req, "limit", "cursor")
    return DeletedQuery(
        before=_deleted_cursor(given["cursor"]) if "cursor" in given else None,
        limit=_number(given.get("limit", _DEFAULT_LIMIT)),
    )


def deleted_cursor_of(position: DeletedPosition | None) -> str | None:
    """The cursor of the page behind `position`: microseconds, and an id."""
    if position is None:
        return None
    return f"{(position.deleted_at - _EPOCH) // _MICROSECOND}-{position.config_id}"


def revision_parameter(given: Mapping[str, str], name: str) -> int | None:
    """The revision that a parameter names, if it is given. Raises `ValidationFailed`."""
    return _revision(name, given[name]) if name in given else None


def flag(given: Mapping[str, str], name: str) -> bool:
    """A parameter that is false unless it is given. Raises `ValidationFailed`."""
    return _flag(name, given[name]) if name in given else False


def pixels(given: Mapping[str, str], name: str) -> int | None:
    """A number of pixels, if it is given; what is not digits becomes 0, which `Box` refuses with the rule."""
    return _number(given[name]) if name in given else None


def choice(given: Mapping[str, str], name: str, choices: type[C]) -> C | None:
    """A parameter that takes one of a few words, if it is given. Raises `ValidationFailed`."""
    if name not in given:
        return None
    try:
        return choices(given[name])
    except ValueError:
        words = ", ".join(choices)
        raise ValidationFailed(f"Query parameter {name} must be one of {words}.", parameter=name) from None


def cursor_of(mac_address: MacAddress | None) -> str | None:
    """The cursor of the page behind `mac_address`."""
    return None if mac_address is None else str(mac_address).replace(":", "")


def _number(text: str) -> int:
    # Anything but digits becomes 0, which the query refuses with the rule.
    return int(text) if _DIGITS.fullmatch(text) else 0


def _flag(name: str, text: str) -> bool:
    if text not in _FLAGS:
        raise ValidationFailed(f"Query parameter {name} must be true or false.", parameter=name)
    return _FLAGS[text]


def _revision(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValidationFailed(f"Query parameter {name} must be the number of a revision.", parameter=name)
    return int(text)


def _deleted_cursor(text: str) -> DeletedPosition:
    match = _DELETED_CURSOR.fullmatch(text)
    if match is None:
        raise _bad_cursor()
    return DeletedPosition(_EPOCH + int(match[1]) * _MICROSECOND, int(match[2]))


def _bad_cursor() -> ValidationFailed:
    return ValidationFailed('Query parameter cursor must be the "next" of a page before.', parameter="cursor")


def _cursor(text: str) -> MacAddress:
    if not _CURSOR.fullmatch(text):
        raise _bad_cursor()
    return MacAddress.parse(text)
