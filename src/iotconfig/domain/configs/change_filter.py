"""Which changes of the change log are asked for."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, check_moment
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress, optional_mac_address
from iotconfig.domain.text import is_storable

from .labels import ANY_TAGS, TagFilter
from .query import tag_filter_of
from .revisions import MAX_AUTHOR, Operation, is_change_id


def _check_author(_filter: object, _attribute: object, author: str | None) -> None:
    if author is None:
        return
    check_kind(author, str, "The author of a filter is a str")
    if not 1 <= len(author) <= MAX_AUTHOR or not is_storable(author):
        raise ValidationFailed(
            f"The author must have from 1 to {MAX_AUTHOR} characters, without NUL or a lone surrogate.",
            parameter="author",
        )


def _check_change(_filter: object, _attribute: object, change: str | None) -> None:
    if change is None:
        return
    check_kind(change, str, "The change of a filter is a str, the id of a write")
    if not is_change_id(change):
        raise ValidationFailed("The id of a change is 16 hexadecimal digits.", parameter="change")


def _check_operation(_filter: object, _attribute: object, operation: Operation | None) -> None:
    if operation is not None:
        check_kind(
            operation, Operation, "The operation of a filter is an Operation, such as Operation.DELETE"
        )


def _check_moment(_filter: object, _attribute: object, moment: datetime | None) -> None:
    if moment is not None:
        check_moment(moment, "The times of a filter are datetimes")


@frozen
class ChangeFilter:
    """A filter of changes: those that match all of its parts. Without parts, all changes match."""

    device: MacAddress | None = field(default=None, converter=optional_mac_address)
    """Only changes of this device (or its text in any spelling)."""
    author: str | None = field(default=None, validator=_check_author)
    """Only changes by this author, exactly as written."""
    operation: Operation | None = field(default=None, validator=_check_operation)
    """Only changes of this kind."""
    tags: TagFilter = field(default=ANY_TAGS, converter=tag_filter_of)
    """Only changes of devices that have a config with these tags now; given as `TagFilter`, or as its words."""
    since: datetime | None = field(default=None, validator=_check_moment)
    """Only changes at this time or later."""
    until: datetime | None = field(default=None, validator=_check_moment)
    """Only changes before this time."""
    change: str | None = field(default=None, validator=_check_change)
    """Only the changes of the write with this id."""

    def __attrs_post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValidationFailed(
                "The filter finds nothing: its first time must be before its last one.", parameter="until"
            )
