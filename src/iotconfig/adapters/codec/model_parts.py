"""Schemas and budgets in bodies of requests."""

from __future__ import annotations

from typing import Final

from attrs import asdict, fields

from iotconfig.domain.documents import json_members
from iotconfig.domain.documents.content import MAX_DEPTH
from iotconfig.domain.documents.json_members import Member
from iotconfig.domain.errors import InvalidDocument
from iotconfig.domain.models.budget import NO_BUDGET, Budget
from iotconfig.domain.models.model import checked_schema

from .answers import SchemaText
from .members import plain_value, unexpected

_LIMITS: Final = tuple(attribute.name for attribute in fields(Budget))


def schema_of(member: Member) -> SchemaText:
    """The schema in a member of a body. Raises `InvalidDocument` and `ContentTooLarge`."""
    try:
        return SchemaText(checked_schema(member.text))
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None


def budget_of(member: Member) -> Budget:
    """The budget in a member of a body: limits, or a preset with further limits. Raises `InvalidDocument`."""
    if not isinstance(member.value, dict):
        raise unexpected("a JSON object", member)
    try:
        found = {
            each.name: each for each in json_members.members(member.text, MAX_DEPTH, ("preset", *_LIMITS))
        }
        preset = found.pop("preset", None)
        start = NO_BUDGET if preset is None else Budget.preset(plain_value(str, "a string", preset))
        given = {
            name: None if each.value is None else plain_value(int, "a whole number", each)
            for name, each in found.items()
        }
        return Budget(**{**asdict(start), **given})
    except InvalidDocument as error:
        raise error.within(f"/{member.name}") from None
