"""Rows of a database, read into entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cattrs import Converter

from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.mac import MacAddress

_rows: Final = Converter(detailed_validation=False)
_rows.register_structure_hook(MacAddress, lambda canonical, _: MacAddress(canonical))
_rows.register_structure_hook(datetime, lambda moment, _: moment)
for _plain in (int, str, bool):
    _rows.register_structure_hook(_plain, lambda value, _: value)


_rows.register_structure_hook_func(
    lambda kind: kind == Sequence[str], lambda tags, _: tuple(tags.split()) if tags else ()
)


def summary_of(row: Mapping[Any, Any]) -> ConfigSummary:
    """The summary that a row of plain column values holds."""
    return _rows.structure(row, ConfigSummary)
