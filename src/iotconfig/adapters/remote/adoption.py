"""New boards and their adoption, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.labels import NO_LABELS, Labels
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .answers import RemoteUseCases
from .bodies import body_of, signed
from .connection import Request

_NEW_DEVICES: Final = "/api/new-devices"


@frozen
class _NewDevices:
    new_devices: Sequence[NewBoard]


@frozen
class RemoteNewBoards(RemoteUseCases):
    """`NewBoardReader` of a service."""

    def all(self) -> Sequence[NewBoard]:
        return self.entity(Request("GET", _NEW_DEVICES), _NewDevices).new_devices


@frozen
class RemoteAdoption(RemoteUseCases):
    """`AdoptionUseCases` of a service."""

    def add(
        self,
        mac_address: MacAddress,
        labels: Labels = NO_LABELS,
        content: ConfigContent | None = None,
        note: ChangeNote = UNSIGNED,
    ) -> ConfigSummary:
        body = body_of(
            note,
            mac_address=mac_address,
            tags=labels.tags,
            model=labels.model,
            note=labels.note,
            content=content,
        )
        return self.entity(Request("POST", "/api/devices", headers=signed(note), body=body), ConfigSummary)

    def adopt(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = UNSIGNED) -> Config:
        return self._adopt(mac_address, body_of(note, content=content), note)

    def adopt_like(self, mac_address: MacAddress, like: MacAddress, note: ChangeNote = UNSIGNED) -> Config:
        return self._adopt(mac_address, body_of(note, like=like), note)

    def _adopt(self, mac_address: MacAddress, body: bytes, note: ChangeNote) -> Config:
        path = f"{_NEW_DEVICES}/{mac_address}/adopt"
        return self.entity(Request("POST", path, headers=signed(note), body=body), Config)
