"""What happens to devices, for a list of them that is kept up to date without reading it again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from attrs import frozen

from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.errors import StoreUnavailable, TooManyRequests
from iotconfig.domain.mac import MacAddress

from .status import DeviceStatus

Unavailable = StoreUnavailable | TooManyRequests
"""Errors that a repetition solves."""

_SHOWN: Final = frozenset({Operation.CREATE, Operation.UPDATE, Operation.ROLLBACK})
"""Operations on configs after which the state of the device is stored again, so that it is news."""


@frozen
class DeviceEvents:
    """What has happened since the last call. Empty for nothing."""

    devices: tuple[DeviceStatus, ...] = ()
    """Devices whose state has changed, as they are now, the newest last."""
    changed: tuple[MacAddress, ...] = ()
    """Devices that are to be read again: their tags or notes have changed, or they are gone."""
    is_lost: bool = False
    """Whether the list is to be read again: at the beginning, and where not all is known that happened."""
    problem: Unavailable | None = None
    """Why nothing is known at the moment. What happens meanwhile is looked for again and again."""

    def __bool__(self) -> bool:
        return bool(self.devices or self.changed or self.is_lost or self.problem)

    @classmethod
    def of_changes(cls, changes: Iterable[LoggedChange]) -> DeviceEvents:
        """What changes of the log mean for a list of devices."""
        found = [change for change in changes if change.kind.is_of_device and not _is_news(change)]
        return cls(
            changed=tuple(dict.fromkeys(MacAddress.parse(change.subject.key) for change in found)),
            # It concerns two boards, of which it names one.
            is_lost=any(change.operation is Operation.REPLACE_DEVICE for change in found),
        )


def _is_news(change: LoggedChange) -> bool:
    return change.kind is ChangeKind.CONFIG and change.operation in _SHOWN


NOTHING: Final = DeviceEvents()


def joined(parts: Sequence[DeviceEvents]) -> DeviceEvents:
    """All of these together, in their order. A problem is over when something happens after it."""
    return DeviceEvents(
        tuple(device for part in parts for device in part.devices),
        tuple(dict.fromkeys(mac_address for part in parts for mac_address in part.changed)),
        any(part.is_lost for part in parts),
        parts[-1].problem if parts else None,
    )


class Following(Protocol):
    """Follows what happens to devices. Used by one thread."""

    def wait(self, seconds: float) -> DeviceEvents:
        """Return what has happened since the last call; wait for it, up to `seconds`.

        The first thing that happens is that the list `is_lost`: read it then.

        Raises an `IotConfigError` that no repetition solves; others are the `problem` of the answer.
        """
        ...


class DeviceEventSource(Protocol):
    """What happens to the devices of a database or of a service."""

    def follow(self) -> AbstractContextManager[Following]:
        """Follow it until the end of the block."""
        ...
