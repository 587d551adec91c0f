"""What is recorded of a device's fetch: a sighting, and the report in its header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import falcon
from attrs import frozen

from iotconfig.adapters.codec import report_of_header
from iotconfig.adapters.http.access.device_requests import SUSPICIOUS, is_of_device
from iotconfig.adapters.http.access.sources import address_of, source_at
from iotconfig.adapters.http.requests.conditional import held_by_device
from iotconfig.adapters.networks import Network
from iotconfig.adapters.telemetry import outcome_of_report
from iotconfig.domain.devices.asking_boards import AskingBoards
from iotconfig.domain.devices.evidence import Proof
from iotconfig.domain.devices.sightings import Sightings
from iotconfig.domain.devices.use_cases import DeviceUseCases
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import IotConfigError, excerpt
from iotconfig.domain.mac import MacAddress

REPORT: Final = "Config-Report"
_REPORT_IN_ENVIRON: Final = "HTTP_CONFIG_REPORT"
REPORT_ERROR: Final = "Config-Report-Error"


@frozen
class Fetches:
    """Records fetches of devices: not HEAD, not a request of an operator or a browser, and none with the parameter `peek`."""

    sightings: Sightings | None
    """None: sightings are not recorded."""
    devices: DeviceUseCases | None
    """None: reports are not kept."""
    proxies: Sequence[Network]
    asking_boards: AskingBoards | None = None
    """None: boards without a document are not recorded."""

    def record(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        mac_address: MacAddress,
        document: Document,
        *,
        is_sent: bool,
    ) -> None:
        """Record a fetch that is answered with the document, or with 304 unless `is_sent`.

        A report that is malformed or cannot be stored changes the answer's header `Config-Report-Error` only.
        """
        # Each function that is called here costs time in every fetch, so the usual cases call none of ours or Falcon's.
        env = req.env
        is_usual = env.keys().isdisjoint(SUSPICIOUS) and not env.get("QUERY_STRING")
        if env["REQUEST_METHOD"] != "GET" or not (is_usual or is_of_device(req)):
            return
        source = address_of(req, self.proxies) if self.proxies else env.get("REMOTE_ADDR", "")
        proof = getattr(req.context, "proof", Proof.NONE)
        if self.sightings is not None:
            held = env.get("HTTP_IF_NONE_MATCH")
            if held is not None and held != document.etag:
                held = held_by_device(held)
            self.sightings.see(mac_address, document, held, source, proof, is_sent=is_sent)
        if (report := env.get(_REPORT_IN_ENVIRON)) is not None:
            self._report(resp, mac_address, document, report, source, proof)

    def record_absence(self, req: falcon.Request, mac_address: MacAddress) -> None:
        """Record a fetch of a document that does not exist, by a board that may be new."""
        if self.asking_boards is None or req.method != "GET" or not is_of_device(req):
            return
        source = address_of(req, self.proxies)
        found = source_at(source)
        self.asking_boards.see(mac_address, source, found.name if found else source)

    def _report(
        self,
        resp: falcon.Response,
        mac_address: MacAddress,
        document: Document,
        report: str,
        source: str,
        proof: Proof,
    ) -> None:
        if self.devices is None:
            return
        try:
            is_kept = self.devices.report(mac_address, document, report_of_header(report), source, proof)
            resp.context.report = outcome_of_report(is_kept=is_kept)
        except IotConfigError as error:
            resp.context.report = error.code
            # Headers are ASCII.
            said = excerpt(str(error)).replace("…", "...")
            resp.set_header(REPORT_ERROR, said.encode("ascii", "replace").decode())
