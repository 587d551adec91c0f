"""Lists of configs: what to select, and the page that comes back."""

from __future__ import annotations

import unicodedata
from typing import Final

from attrs import field, frozen

from .config import ConfigSummary
from .errors import ValidationFailed
from .limits import MAX_PAGE, check_limit, is_storable
from .mac import MacAddress

MAX_SEARCH: Final = 255
"""Characters that a search may have: no field that is searched is longer."""

_SEPARATOR: Final = "\x1f"
# A searched field cannot hold the separator, so no match crosses two fields.
_STAND_IN: Final = "\x1e"


def fold(text: str) -> str:
    """`text` in the form in which searches compare: case-folded, beyond ASCII too.

    The domain folds, because databases disagree: SQLite knows the case of
    ASCII only.
    """
    # The same for ASCII, in a tenth of the time.
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())
    return folded.replace(_SEPARATOR, _STAND_IN)


def search_text(mac_address: MacAddress, device_name: str | None, device_entity_id: str | None) -> str:
    """What a search looks through for one config, folded."""
    return _SEPARATOR.join((mac_address.canonical, fold(device_name or ""), fold(device_entity_id or "")))


def _check_text(_query: object, _attribute: object, text: str | None) -> None:
    if text is None:
        return
    if not is_storable(text):
        raise ValidationFailed(
            "The search text holds a NUL, or half a character (a lone surrogate).", parameter="q"
        )
    if len(text) > MAX_SEARCH:
        raise ValidationFailed(f"The search text is longer than {MAX_SEARCH} characters.", parameter="q")


@frozen
class ConfigQuery:
    """Which configs to list, and which page of them; pages are sorted by MAC address."""

    text: str | None = field(default=None, validator=_check_text)
    """Substring of MAC address, device name or entity id; any case; taken literally."""
    enable_ota: bool | None = None
    """Only configs whose `enable_ota` is this; None for all."""
    after: MacAddress | None = None
    """Only configs behind this MAC address: where the page before ended."""
    limit: int = field(default=MAX_PAGE, validator=check_limit)
    """Configs on the page, 1 to 1000."""
    count: bool = True
    """Whether to count all matches, over all pages; it costs a scan."""


@frozen
class ConfigPage:
    """One page of a list."""

    configs: tuple[ConfigSummary, ...]
    """Sorted by MAC address."""
    count: int | None
    """All matches over all pages; None where the query asked for no count."""
    next: MacAddress | None
    """What `after` is for the next page; None on the last."""
