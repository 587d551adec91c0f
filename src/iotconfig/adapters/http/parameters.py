"""Query parameters: known, given once, well-formed, or refused."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import falcon

from iotconfig.domain.errors import ValidationFailed, excerpt
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.search import MAX_PAGE, ConfigQuery

_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_CURSOR: Final = re.compile(r"[0-9a-f]{12}")
_FLAGS: Final = {"true": True, "false": False}


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
        limit=_limit(given.get("limit", str(MAX_PAGE))),
        count=_flag("count", given.get("count", "true")),
    )


def cursor_of(mac_address: MacAddress | None) -> str | None:
    """The cursor of the page behind `mac_address`."""
    return None if mac_address is None else str(mac_address).replace(":", "")


def _limit(text: str) -> int:
    # Anything but digits becomes 0, which the query refuses with the rule.
    return int(text) if _DIGITS.fullmatch(text) else 0


def _flag(name: str, text: str) -> bool:
    if text not in _FLAGS:
        raise ValidationFailed(f"Query parameter {name} must be true or false.", parameter=name)
    return _FLAGS[text]


def _cursor(text: str) -> MacAddress:
    if not _CURSOR.fullmatch(text):
        raise ValidationFailed(
            'Query parameter cursor must be the "next" of a page before.', parameter="cursor"
        )
    return MacAddress.parse(text)
