"""Values of a document, as messages show them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_SHOWN: Final = 80
_LOOKED_AT: Final = 200


def shown(value: object) -> str:
    """Return a decoded value as JSON, cut after 80 characters; of objects and arrays, their size."""
    if isinstance(value, Mapping):
        return f"an object with {_count(len(value), 'member')}"
    if isinstance(value, list | tuple):
        return f"an array with {_count(len(value), 'element')}"
    if isinstance(value, Decimal):
        text = str(value)
    else:
        text = json.dumps(value[:_LOOKED_AT] if isinstance(value, str) else value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
