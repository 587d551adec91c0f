"""The past of a device: how its state changed, and by what."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import check_limit

from .evidence import Evidence
from .state import State

KEPT: Final = 100
"""Changes of state that are kept of each device, the newest."""


@frozen
class StateChange:
    """One change of the state of a device."""

    number: int
    """The number of the change: one more for each change of this device's state."""
    at: datetime
    """The time of the evidence, or when a change of the document was noticed."""
    state: State | None
    """The new state; None: it has no document any more."""
    wanted: int | None
    """The number of the document that it was to have then."""
    evidence: Evidence | None = None
    """What changed the state; None where its document did."""


@frozen
class PastQuery:
    """A page of the changes of a device's state, the newest first."""

    mac_address: MacAddress
    before: int | None = None
    """Only changes before the one with this number: the `next` of the previous page."""
    limit: int = field(default=KEPT, validator=check_limit)
    """Changes on the page, 1 to 1000."""


@frozen
class PastPage:
    """One page of the changes of a device's state."""

    changes: tuple[StateChange, ...]
    """The newest first."""
    next: int | None
    """The `before` of the next page; None on the last."""
