"""Keys of rows that a statement gets as one parameter, so that its text is the same for any number of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Text, any_, bindparam, func, select
from sqlalchemy.types import ARRAY

_NAME: Final = "given_keys"


def is_given(dialect: str, column: Column[Any]) -> ColumnElement[bool]:
    """Whether a column has one of the keys, for a statement that is executed with `given_keys`."""
    if dialect == "sqlite":
        keys = func.json_each(bindparam(_NAME, type_=Text())).table_valued("value")
        return column.in_(select(keys.c.value))
    return column == any_(bindparam(_NAME, type_=ARRAY(column.type)))


def given_keys(dialect: str, keys: Sequence[str] | Sequence[int]) -> Mapping[str, object]:
    """The keys as the parameter of a statement with `is_given`."""
    return {_NAME: json.dumps(keys) if dialect == "sqlite" else [*keys]}
