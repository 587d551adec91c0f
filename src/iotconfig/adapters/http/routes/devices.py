"""The routes of devices, and of their states."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.codec import DeviceReport
from iotconfig.adapters.codec.device_answers import Device, DevicePast, Devices
from iotconfig.adapters.codec.document_answers import DeviceDocument
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.configs import CHANGE
from iotconfig.adapters.http.api.device_documents import DeviceDocumentResource, DocumentQuery
from iotconfig.adapters.http.api.devices import (
    AddedDevice,
    DevicePastQuery,
    DevicePastResource,
    DeviceResource,
    DevicesQuery,
    DevicesResource,
    ReportResource,
)
from iotconfig.adapters.http.api.documents import DocumentResource
from iotconfig.adapters.http.api.fetches import REPORT, REPORT_ERROR, Fetches
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route, json_body
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.devices.past import KEPT
from iotconfig.domain.devices.reports import MAX_FIRMWARE, MAX_POINTER, MAX_REASON, MAX_REPORT
from iotconfig.domain.devices.status import COUNTED
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.mac import MacAddress

from .shared import IF_MATCH, IF_NONE_MATCH, MAC

CONFIG_REPORT: Final = Parameter(
    REPORT,
    "The device's report, as with `POST /api/devices/{mac}/report`; a malformed one is named in the answer's `Config-Report-Error`",
    'applied; etag="0123456789abcdef"; n=7',
)

AREA: Final = Area(
    "Devices",
    "The routes of devices, by MAC address, and the states of devices: what each of them runs.",
    (
        Route(
            "/api/configs/{mac}.json",
            lambda api: DocumentResource(
                api.use_cases.documents,
                Fetches(
                    api.use_cases.sightings, api.use_cases.devices, api.proxies, api.use_cases.asking_boards
                ),
            ),
            parameters=(MAC,),
            # A segment with this suffix is a MAC address for every method.
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            get=Operation(
                "fetchDocument",
                "A device's document",
                Access.DEVICE,
                details="The bytes of the document, exactly as written. Send the `ETag` back in `If-None-Match` to get 304 "
                "without a body while the document is unchanged: the first tag is recorded as the document that the device runs, "
                "and further ones as documents that it does not want to be sent. `?peek` records nothing; other query "
                "parameters are ignored.",
                headers=(IF_NONE_MATCH, IF_MATCH, CONFIG_REPORT),
                answers={
                    200: Answer("The document", ConfigContent, ("ETag", REPORT_ERROR)),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag", REPORT_ERROR)),
                },
                refuses=(
                    "INVALID_OPERATION",
                    "RECORD_NOT_FOUND",
                    "ROUTE_NOT_FOUND",
                    "RECORD_GONE",
                    "PRECONDITION_FAILED",
                ),
                metric="fetch",
            ),
        ),
        Route(
            "/api/devices",
            lambda api: (
                api.use_cases.devices
                and DevicesResource(api.use_cases.devices, api.use_cases.adoption, api.bodies)
            ),
            get=Operation(
                "listDevices",
                "List devices with their states",
                Access.READ,
                details="The devices that have a document, and how what they have compares with it. `counts` is exact without "
                f"`firmware` and `q`, and with at most one `tag`; otherwise up to {COUNTED:,} devices are counted. `state`, `overdue`, "
                "`firmware` and `counts` may be 2 seconds behind a change of a document, and a page then "
                "may be shorter than `limit` although `next` is not null.",
                query=DevicesQuery,
                answers={200: Answer("A page of devices", Devices)},
            ),
            post=Operation(
                "addDevice",
                "Make a device",
                Access.CHANGE,
                details="With content, as `POST /api/configs` does, and with tags, a model and a note from its first document on. "
                "Without content, layers alone serve the device, and one of them must reach it (422). A MAC address that once had "
                "a config is refused with 410; the error names the command that restores the config, or the board that "
                "replaced this one.",
                query=ChangeQuery,
                body=json_body(
                    "The MAC address, and what is known of the device",
                    AddedDevice,
                    served_by_layers={"mac_address": "aa:bb:cc:dd:ee:ff", "tags": ["floor-3"]},
                    with_content={"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}},
                ),
                answers={
                    201: Answer(
                        "The new device's config, without its content", ConfigSummary, ("ETag", "Location")
                    )
                },
                refuses=("INVALID_OPERATION", "RECORD_EXISTS", "RECORD_GONE", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
        Route(
            "/api/devices/{mac}",
            lambda api: (
                api.use_cases.devices
                and DeviceResource(api.use_cases.devices, api.use_cases.documents, api.use_cases.configs)
            ),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            get=Operation(
                "getDevice",
                "A device with its state",
                Access.READ,
                query=NoQuery,
                answers={200: Answer("The device, with the newest evidence of each kind", Device)},
                refuses=("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE"),
            ),
            delete=Operation(
                "deleteDevice",
                "End a device",
                Access.CHANGE,
                details="Removes its content, and its document, also where layers serve it alone. Its history and its labels stay: "
                "`POST /api/deleted-configs/{id}/restore` and `undo` of the change bring the device back.",
                query=ChangeQuery,
                headers=(IF_MATCH,),
                answers={204: Answer("Deleted", None, (CHANGE,))},
                refuses=(
                    "INVALID_OPERATION",
                    "RECORD_NOT_FOUND",
                    "RECORD_GONE",
                    "PRECONDITION_FAILED",
                    "STORE_FULL",
                ),
            ),
        ),
        Route(
            "/api/devices/{mac}/evidence",
            lambda api: (
                api.use_cases.devices and DevicePastResource(api.use_cases.devices, api.use_cases.documents)
            ),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            get=Operation(
                "listStateChanges",
                "How the state of a device changed",
                Access.READ,
                details=f"Each change of the state, with the evidence that made it. The newest {KEPT} are kept of each device, and "
                "`iotconfig prune-history` removes old ones.",
                query=DevicePastQuery,
                answers={200: Answer("A page of changes, the newest first", DevicePast)},
                refuses=("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE"),
            ),
        ),
        Route(
            "/api/devices/{mac}/document",
            lambda api: DeviceDocumentResource(api.use_cases.explanations, api.comparing),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            get=Operation(
                "explainDocument",
                "What a device is served, and why",
                Access.READ,
                details="The document, the layers that it is composed of, and with `explain=true` where each value comes from and "
                "what it hides. With `at`, what the device was served then: composed anew of the revisions of that time, and "
                "compared with the `ETag` of that time.",
                query=DocumentQuery,
                answers={200: Answer("The document", DeviceDocument)},
                refuses=("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE"),
            ),
        ),
        Route(
            "/api/devices/{mac}/report",
            lambda api: (
                api.use_cases.devices
                and ReportResource(api.use_cases.devices, api.use_cases.documents, api.bodies, api.proxies)
            ),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            post=Operation(
                "reportDocument",
                "Report what became of a document",
                Access.DEVICE,
                details="A device says that it applied or rejected a document. `pointer`, `reason` and `firmware` are cut "
                f"at {MAX_POINTER}, {MAX_REASON} and {MAX_FIRMWARE} bytes. `n` counts the reports since the firmware was installed: "
                "a report with a lower number than the last one of the same firmware changes nothing. "
                "Query parameters are ignored.",
                body=json_body(
                    f"The report, of at most {MAX_REPORT} bytes",
                    DeviceReport,
                    applied={"outcome": "applied", "etag": '"0123456789abcdef"', "firmware": "1.4.2", "n": 7},
                    rejected={
                        "outcome": "rejected",
                        "etag": '"0123456789abcdef"',
                        "pointer": "/wifi/channel",
                        "reason": "15 > 13",
                    },
                ),
                answers={204: Answer("The report is stored, whether the `ETag` is known or not")},
                refuses=("INVALID_OPERATION", "RECORD_NOT_FOUND", "RECORD_GONE"),
            ),
        ),
    ),
)
