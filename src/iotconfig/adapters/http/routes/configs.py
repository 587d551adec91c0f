"""The routes of single configs and of their list."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.diff import Preview
from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.configs import (
    CHANGE,
    MERGE_PATCH,
    Announced,
    AnnounceMany,
    AnnounceManyResource,
    AnnounceResource,
    ConfigByMacResource,
    ConfigResource,
    Configs,
    ConfigsResource,
    ListQuery,
    NewBoard,
    NewConfig,
    NewContent,
    ReplaceDeviceResource,
)
from iotconfig.adapters.http.requests.queries import ChangeQuery, EditQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Body, Kind, Operation, Route, json_body
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.documents.merge_patch import MergePatch

from .shared import CHANGE_REFUSALS, CONDITIONS, ID, ID_REFUSALS, IF_MATCH, IF_NONE_MATCH, MAC

_CONTENT: Final = json_body(
    "The content",
    NewContent,
    an_object={"content": {"deviceName": "Porch", "enableOTA": True}},
    its_text={"content": '{"deviceName": "Porch", "volume": 1.10}', "message": "louder"},
)
_EDITED: Final = "The changed config; in a dry run, the difference"
"""The answer to a dry run has no `ETag`: it describes a revision that does not exist."""

AREA: Final = Area(
    "Configs",
    "A config is the content of one device, with its metadata.",
    (
        Route(
            "/api/configs",
            lambda api: ConfigsResource(api.use_cases.configs, api.bodies),
            get=Operation(
                "listConfigs",
                "List and search configs",
                Access.READ,
                details="Sorted by MAC address, in pages. A summary is a config without `content`.",
                query=ListQuery,
                answers={200: Answer("A page", Configs)},
                metric="list",
            ),
            post=Operation(
                "createConfig",
                "Create a config",
                Access.CHANGE,
                query=ChangeQuery,
                body=json_body(
                    "The MAC address and the content",
                    NewConfig,
                    a_porch={"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}},
                ),
                answers={201: Answer("The new config", Config, ("ETag", "Location"))},
                refuses=("INVALID_OPERATION", "RECORD_EXISTS"),
                metric="create",
            ),
        ),
        Route(
            "/api/configs/by-mac/{mac}",
            lambda api: ConfigByMacResource(api.use_cases.configs, api.bodies, api.comparing),
            parameters=(MAC,),
            put=Operation(
                "putConfig",
                "Create or update by MAC address",
                Access.CHANGE,
                details="For scripts that have MAC addresses, but no ids. With `If-None-Match: *`, an existing config is not updated.",
                query=EditQuery,
                headers=CONDITIONS,
                body=_CONTENT,
                answers={
                    200: Answer("The updated config; in a dry run, the difference", Config | Preview),
                    201: Answer("The created config", Config, ("ETag", "Location")),
                },
                refuses=("INVALID_OPERATION", "ROUTE_NOT_FOUND", "PRECONDITION_FAILED"),
                metric="put",
            ),
        ),
        Route(
            "/api/configs/announce",
            lambda api: AnnounceManyResource(api.use_cases.configs, api.bodies),
            post=Operation(
                "announceConfigs",
                "Announce configs again",
                Access.CHANGE,
                details="Publishes the retained messages of all configs again, for a broker that has lost them; or those of the given "
                "devices. A device without a config is named in the answer, and stops no other.",
                query=NoQuery,
                body=json_body(
                    "Which devices, and whether to send them the hint to restart as well",
                    AnnounceMany,
                    the_retained_messages={},
                    hints_as_well={"hints_per_second": 10},
                    some_devices={"mac_addresses": ["aa:bb:cc:dd:ee:ff"], "hints_per_second": 10},
                ),
                answers={202: Answer("Accepted: the announcements are queued", Announced)},
                refuses=("INVALID_OPERATION", "STORE_FULL"),
                metric="announce_all",
            ),
        ),
        Route(
            "/api/configs/{segment}",
            lambda api: ConfigResource(
                api.use_cases.configs, api.bodies, api.comparing, api.require_if_match
            ),
            parameters=(ID,),
            get=Operation(
                "getConfig",
                "A config",
                Access.READ,
                details="The answer has the content, exactly as written. A device that layers alone serve has no content: 404, and "
                "`GET /api/devices/{mac}/document` answers with its document.",
                query=NoQuery,
                headers=(IF_NONE_MATCH, IF_MATCH),
                answers={
                    200: Answer("The config", Config, ("ETag",)),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag",)),
                },
                refuses=(*ID_REFUSALS, "PRECONDITION_FAILED"),
                metric="get",
            ),
            put=Operation(
                "updateConfig",
                "Replace a config's content",
                Access.CHANGE,
                details="Content that equals the stored content makes no new revision, but is announced again.",
                query=EditQuery,
                headers=CONDITIONS,
                body=_CONTENT,
                answers={200: Answer(_EDITED, Config | Preview)},
                refuses=CHANGE_REFUSALS,
                metric="update",
            ),
            patch=Operation(
                "patchConfig",
                "Change members of a config's content",
                Access.CHANGE,
                details="Members that the patch does not name keep their bytes. New members are appended as the patch writes them.",
                query=EditQuery,
                headers=CONDITIONS,
                body=Body(
                    "A merge patch",
                    {MERGE_PATCH: Kind(MergePatch, {"rotated": {"display": {"rotation": 180}}})},
                ),
                answers={200: Answer(_EDITED, Config | Preview, ("Accept-Patch",))},
                refuses=CHANGE_REFUSALS,
                metric="patch",
            ),
            delete=Operation(
                "deleteConfig",
                "Delete a config",
                Access.CHANGE,
                details="The history is kept, and the config can be restored. A device that layers reach goes on with the document "
                "that these make; `DELETE /api/devices/{mac}` ends that, too.",
                query=ChangeQuery,
                headers=CONDITIONS,
                answers={204: Answer("Deleted", None, (CHANGE,))},
                refuses=CHANGE_REFUSALS,
                metric="delete",
            ),
        ),
        Route(
            "/api/configs/{segment}/replace-device",
            lambda api: ReplaceDeviceResource(api.use_cases.configs, api.bodies, api.require_if_match),
            parameters=(ID,),
            post=Operation(
                "replaceDevice",
                "Move a config to another board",
                Access.CHANGE,
                details="The config keeps its id and its history. The old board's URL then answers 410 and names the new "
                "board.",
                query=ChangeQuery,
                headers=CONDITIONS,
                body=json_body("The new board", NewBoard, a_board={"mac_address": "11:22:33:44:55:66"}),
                answers={
                    200: Answer(
                        "The moved config; without content, where layers alone serve the device",
                        Config | ConfigSummary,
                        ("ETag",),
                    )
                },
                refuses=(*CHANGE_REFUSALS, "RECORD_EXISTS"),
                metric="replace_device",
            ),
        ),
        Route(
            "/api/configs/{segment}/announce",
            lambda api: AnnounceResource(api.use_cases.configs),
            parameters=(ID,),
            post=Operation(
                "announceConfig",
                "Announce a config again",
                Access.CHANGE,
                details="Publishes the current revision over MQTT again. The config is not changed.",
                query=NoQuery,
                answers={202: Answer("Accepted: the announcement is queued", ConfigSummary, ("ETag",))},
                refuses=(*ID_REFUSALS, "STORE_FULL"),
                metric="announce",
            ),
        ),
    ),
)
