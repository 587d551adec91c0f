"""Members of answers, as their classes describe them: `Annotated[int, "what it is"]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen(eq=False)
class As:
    """The schema of a member, where its type does not say enough."""

    schema: str | Mapping[str, Any]
    """A schema, or the name of one."""


NEXT = "The `cursor` of the next page; null on the last page"
