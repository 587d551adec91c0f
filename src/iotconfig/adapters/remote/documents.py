"""The documents of devices, and where their values come from, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from iotconfig.adapters.codec import MalformedAnswer, rfc3339
from iotconfig.adapters.codec.document_reading import device_document_of
from iotconfig.domain.mac import MacAddress

from .answers import RemoteUseCases
from .connection import Request

if TYPE_CHECKING:
    from iotconfig.adapters.codec.document_answers import DeviceDocument


@frozen
class RemoteDocuments(RemoteUseCases):
    """What devices of a service are, and were, served."""

    def explained(self, mac_address: MacAddress, at: datetime | None = None) -> DeviceDocument:
        """The document of a device, with the source of each value; with `at`, the one that it was served at this time."""
        parameters = {"explain": True, "at": None if at is None else rfc3339(at)}
        request = Request("GET", f"/api/devices/{mac_address}/document", parameters)
        answer = self.service.ask(request).body
        with self.reading(request):
            try:
                return device_document_of(answer)
            except MalformedAnswer:
                raise self.malformed() from None
