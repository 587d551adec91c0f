"""What devices run, over HTTP."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.adapters.codec.device_answers import Device, DevicePast, Devices
from iotconfig.domain.devices.past import PastPage, PastQuery
from iotconfig.domain.devices.status import DevicePage, DeviceQuery, DeviceStatus
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
            "firmware": query.firmware,
            "q": query.text,
            "count": query.count,
            "limit": query.limit,
            "cursor": cursor_of(query.after),
        }
        page = self.entity(Request("GET", _DEVICES, parameters), Devices)
        try:
            return page.page()
        except ValueError:
            raise self.malformed() from None

    def past(self, query: PastQuery) -> PastPage:
        path = f"{_DEVICES}/{query.mac_address}/evidence"
        past = self.entity(Request("GET", path, {"limit": query.limit, "cursor": query.before}), DevicePast)
        try:
            return past.page(query.mac_address)
        except ValueError:
            raise self.malformed() from None
