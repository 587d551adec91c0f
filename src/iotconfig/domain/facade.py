"""The library's facade: all use cases on one database."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from attrs import fields, frozen

from .access.api_tokens import ApiTokenService
from .announcing.service import NotificationService
from .configs.adopting import AdoptionService
from .configs.bulk_service import BulkService
from .configs.change_log_service import ChangeLogService
from .configs.history import HistoryService
from .configs.service import ConfigService
from .configs.tagging import TagService
from .devices.service import DeviceService
from .devices.tokens import DeviceTokenService
from .errors import Unprocessable
from .layering.model_service import ModelService
from .layering.service import LayerService


@frozen(eq=False, repr=False)
class Service:
    """All use cases on one database. `open_service` opens one.

    Threads may share it, and what its members return, except iterators and blocks: each of those belongs
    to one thread. A process that forks opens its own.

    Close it with `close()`, or use it in a `with` block. Once it is closed, everything that asks
    the database raises `ServiceClosed`; a block that is open in another thread goes on to its end.
    """

    configs: ConfigService
    """One config at a time: create, read, change, delete, announce."""
    history: HistoryService
    """The revisions of configs, the deleted configs, and pruning."""
    changes: ChangeLogService
    """The change log: all changes in one order."""
    bulk: BulkService
    """Many configs at once: import, patch, export."""
    tags: TagService
    """Tags and notes of devices."""
    layers: LayerService
    """Documents that reach many devices."""
    models: ModelService
    """What kind of device it is: schemas and budgets."""
    adoption: AdoptionService
    """First configs of new boards."""
    notifications: NotificationService
    """The pending notifications."""
    api_tokens: ApiTokenService
    """The tokens of programs."""
    device_tokens: DeviceTokenService
    """The tokens of devices."""
    _close: Callable[[], None]
    _devices: DeviceService | None = None

    @property
    def devices(self) -> DeviceService:
        """What devices run, and what they report.

        Raises `Unprocessable` where the database keeps no evidence about devices: that of another package may not.
        """
        if self._devices is None:
            raise Unprocessable(
                "This database keeps no evidence about devices, so their states are not known."
            )
        return self._devices

    def __repr__(self) -> str:
        """The names of its members, for notebooks and debuggers: those of all objects behind them fill pages."""
        names = [field.name for field in fields(Service) if not field.name.startswith("_")]
        return f"<iotconfig.Service: {', '.join(names)}, devices>"

    def close(self) -> None:
        """Close the connections to the database. Closing again does nothing."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
