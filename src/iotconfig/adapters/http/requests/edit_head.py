"""What every change of one config by its id says before its body."""

from __future__ import annotations

from collections.abc import Mapping

import falcon
from attrs import frozen

from iotconfig.domain.configs.precondition import Precondition

from .conditional import change_precondition
from .queries import allow
from .segments import config_id


@frozen
class EditHead:
    """A change by id, as far as the request's head says."""

    config_id: int
    precondition: Precondition
    given: Mapping[str, str]
    """The query parameters."""


def edit_head_of(req: falcon.Request, segment: str, *parameters: str, require_if_match: bool) -> EditHead:
    """Read the head of a change that takes these query parameters. Raises as its parts do."""
    given = allow(req, *parameters)
    number = config_id(segment)
    return EditHead(number, change_precondition(req, required=require_if_match), given)
