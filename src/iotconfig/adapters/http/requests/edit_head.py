"""The head of a change to one config."""

from __future__ import annotations

from typing import Generic, TypeVar

import falcon
from attrs import AttrsInstance, frozen

from iotconfig.domain.configs.precondition import Precondition

from .conditional import change_precondition
from .queries import read_query
from .segments import IdOf, config_id

Q = TypeVar("Q", bound=AttrsInstance)


@frozen
class EditHead(Generic[Q]):
    """The config that a change is about, its precondition and its query parameters."""

    config_id: int
    precondition: Precondition
    query: Q


def edit_head_of(
    req: falcon.Request, segment: str, id_of: IdOf, query: type[Q], *, require_if_match: bool
) -> EditHead[Q]:
    """Read the head of a change; `query` describes its query string. Raises as its parts do."""
    parameters = read_query(req, query)
    number = config_id(segment, id_of)
    return EditHead(number, change_precondition(req, required=require_if_match), parameters)
