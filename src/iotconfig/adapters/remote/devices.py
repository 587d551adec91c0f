"""What devices run, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import frozen

from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.adapters.codec.device_answers import Device, DevicePast, Devices
from iotconfig.domain.devices.past import PastPage, PastQuery
from iotconfig.domain.devices.status import LISTED, DevicePage, DeviceQuery, DeviceStatus, FormerPage
from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.domain.mac import MacAddress

from .answers import RemoteUseCases
from .connection import Request

_DEVICES: Final = "/api/devices"


@frozen
class RemoteDevices(RemoteUseCases):
    """`DeviceReadings` of a service."""

    def get(self, mac_address: MacAddress) -> DeviceStatus | None:
        try:
            return self.entity(Request("GET", f"{_DEVICES}/{mac_address}"), Device).status()
        except (RecordNotFound, RecordGone):
            return None

    def find(self, query: DeviceQuery) -> DevicePage:
        parameters = {
            "state": query.state,
            "overdue": query.overdue,
            "tag": query.tags.words() or None,
            "model": query.model,
            "firmware": query.firmware,
            "q": query.text,
            "count": query.count,
            "limit": query.limit,
            "cursor": cursor_of(query.after),
        }
        page = self.entity(Request("GET", _DEVICES, parameters), Devices)
        with self._checked():
            return page.page()

    def former(self, after: MacAddress | None = None, limit: int = LISTED) -> FormerPage:
        parameters = {"former": True, "limit": limit, "cursor": cursor_of(after)}
        page = self.entity(Request("GET", _DEVICES, parameters), Devices)
        with self._checked():
            return page.former_page()

    def past(self, query: PastQuery) -> PastPage:
        path = f"{_DEVICES}/{query.mac_address}/evidence"
        past = self.entity(Request("GET", path, {"limit": query.limit, "cursor": query.before}), DevicePast)
        with self._checked():
            return past.page(query.mac_address)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Raise `NotThisService` for a cursor that is none."""
        try:
            yield
        except ValueError:
            raise self.malformed() from None
