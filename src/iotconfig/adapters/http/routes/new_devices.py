"""The routes of new boards."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.new_devices import Adoption, AdoptResource, NewDevices, NewDevicesResource
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Route, json_body
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.devices.new_boards import MAX_BOARDS, MAX_OF_NETWORK
from iotconfig.domain.mac import MacAddress

from .shared import MAC

AREA: Final = Area(
    "New devices",
    "Boards that ask for a document and never had one, and their adoption.",
    (
        Route(
            "/api/new-devices",
            lambda api: api.use_cases.new_boards and NewDevicesResource(api.use_cases.new_boards),
            get=Operation(
                "listNewDevices",
                "List new boards",
                Access.READ,
                details=f"At most {MAX_BOARDS:,} boards, and at most {MAX_OF_NETWORK} of one address (IPv6: of one /64). "
                "A board appears within the interval at which sightings are written. While device tokens are required, "
                "requests without one are refused, and new boards do not appear.",
                query=NoQuery,
                answers={200: Answer("All new boards", NewDevices)},
            ),
        ),
        Route(
            "/api/new-devices/{mac}/adopt",
            lambda api: AdoptResource(api.use_cases.adoption, api.bodies),
            parameters=(MAC,),
            check_path=lambda fields: MacAddress.parse(fields["mac"]),
            post=Operation(
                "adoptNewDevice",
                "Give a new board its first config",
                Access.CHANGE,
                details="The board need not have asked yet. Without `content` and `like`, layers alone serve the device, and one "
                "of them must reach it. A MAC address that once had a config is refused with 410; the "
                "error names the command that restores the config, or the board that replaced this one.",
                query=ChangeQuery,
                body=json_body(
                    "The content, or the device that the new one is like; an empty object for neither",
                    Adoption,
                    content={"content": {"deviceName": "Porch"}},
                    like_another_device={"like": "aa:bb:cc:dd:ee:ff"},
                ),
                answers={
                    201: Answer(
                        "The new config; without content, where layers alone serve the device",
                        Config | ConfigSummary,
                        ("ETag", "Location"),
                    )
                },
                refuses=(
                    "INVALID_OPERATION",
                    "RECORD_NOT_FOUND",
                    "RECORD_EXISTS",
                    "RECORD_GONE",
                    "UNPROCESSABLE",
                    "STORE_FULL",
                ),
            ),
        ),
    ),
)
