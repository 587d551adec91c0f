"""The routes of single configs and of their list."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.answers import Preview
from iotconfig.adapters.http.api.configs import (
    MERGE_PATCH,
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
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.documents.merge_patch import MergePatch

from .shared import CHANGE_REFUSALS, CONDITIONS, ID, ID_REFUSALS, IF_MATCH, IF_NONE_MATCH, MAC

_CONTENT: Final = json_body(
    "The document",
    NewContent,
    an_object={"content": {"deviceName": "Porch", "enableOTA": True}},
    its_text={"content": '{"deviceName": "Porch", "volume": 1.10}', "message": "louder"},
)
_EDITED: Final = "The config as it is now; of a dry run, what would change"
"""A dry run has no `ETag`: it is about something that is not there."""

AREA: Final = Area(
    "Configs",
    "A config is one device's document, with what is known about it.",
    (
        Route(
            "/api/configs",
            lambda api: ConfigsResource(api.use_cases.configs, api.bodies),
            get=Operation(
                "listConfigs",
                "List and search configs",
                Access.READ,
                details="Sorted by MAC address, in pages. A summary is a config without its `content`.",
                query=ListQuery,
                answers={200: Answer("A page", Configs)},
                metric="list",
            ),
            post=Operation(
                "createConfig",
                "Give a device its first config",
                Access.CHANGE,
                query=ChangeQuery,
                body=json_body(
                    "The device and its document",
                    NewConfig,
                    a_porch={"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}},
                ),
                answers={201: Answer("The new config", "Config", ("ETag", "Location"))},
                refuses=("INVALID_OPERATION", "RECORD_EXISTS"),
                metric="create",
            ),
        ),
        Route(
            "/api/configs/by-mac/{mac}",
            lambda api: ConfigByMacResource(api.use_cases.configs, api.bodies),
            parameters=(MAC,),
            put=Operation(
                "putConfig",
                "Create or update by MAC address",
                Access.CHANGE,
                details="For scripts, which know devices and no ids. With `If-None-Match: *` it only creates.",
                query=ChangeQuery,
                headers=CONDITIONS,
                body=_CONTENT,
                answers={
                    200: Answer("It was updated", "Config", ("ETag",)),
                    201: Answer("It was created", "Config", ("ETag", "Location")),
                },
                refuses=("INVALID_OPERATION", "ROUTE_NOT_FOUND", "PRECONDITION_FAILED"),
                metric="put",
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
                details="With its document, whose text is as it was written.",
                query=NoQuery,
                headers=(IF_NONE_MATCH, IF_MATCH),
                answers={
                    200: Answer("The config", "Config", ("ETag",)),
                    304: Answer("It still is at that revision", None, ("ETag",)),
                },
                refuses=(*ID_REFUSALS, "PRECONDITION_FAILED"),
                metric="get",
            ),
            put=Operation(
                "updateConfig",
                "Replace a config's document",
                Access.CHANGE,
                details="What is stored already makes no new revision, yet the device is told again.",
                query=EditQuery,
                headers=CONDITIONS,
                body=_CONTENT,
                answers={200: Answer(_EDITED, ("Config", Preview))},
                refuses=CHANGE_REFUSALS,
                metric="update",
            ),
            patch=Operation(
                "patchConfig",
                "Change members of a config's document",
                Access.CHANGE,
                details="What the patch does not touch keeps its bytes. New members come last, as the patch writes them.",
                query=EditQuery,
                headers=CONDITIONS,
                body=Body(
                    "A merge patch",
                    {MERGE_PATCH: Kind(MergePatch, {"rotated": {"display": {"rotation": 180}}})},
                ),
                answers={200: Answer(_EDITED, ("Config", Preview), ("Accept-Patch",))},
                refuses=CHANGE_REFUSALS,
                metric="patch",
            ),
            delete=Operation(
                "deleteConfig",
                "Delete a config",
                Access.CHANGE,
                details="Its history stays, and it can be restored.",
                query=ChangeQuery,
                headers=CONDITIONS,
                answers={204: Answer("It is gone")},
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
                details="It keeps its id and its history. Who asks for the old board's document hears which one took its "
                "place.",
                query=ChangeQuery,
                headers=CONDITIONS,
                body=json_body("The new board", NewBoard, a_board={"mac_address": "11:22:33:44:55:66"}),
                answers={200: Answer("The config, moved", "Config", ("ETag",))},
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
                "Tell a device again",
                Access.CHANGE,
                details="Over MQTT, without a change.",
                query=NoQuery,
                answers={202: Answer("It will be told", ConfigSummary, ("ETag",))},
                refuses=(*ID_REFUSALS, "STORE_FULL"),
                metric="announce",
            ),
        ),
    ),
)
