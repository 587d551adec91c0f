"""One config, and the list of them."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.api.configs import MERGE_PATCH
from iotconfig.domain.paging import MAX_PAGE

from .parts import Part, answer, body, operation, query, ref
from .shared import (
    CHANGE_REFUSALS,
    CURSOR,
    DRY_RUN,
    FLAG,
    ID,
    ID_REFUSALS,
    IF_MATCH,
    IF_NONE_MATCH,
    MAC,
    MESSAGE,
    limit,
)

TAG: Final = ("Configs", "A config is one device's document, with what is known about it.")

_CONTENT: Final = {
    "an object": {"content": {"deviceName": "Porch", "enableOTA": True}},
    "its text": {"content": '{"deviceName": "Porch", "volume": 1.10}', "message": "louder"},
}


def _edited(*headers: str) -> dict[int, Part]:
    """A dry run has no `ETag`: it is about something that is not there."""
    about = "The config as it is now; of a dry run, what would change"
    return {200: answer(about, {"anyOf": [ref("Config"), ref("Preview")]}, *headers)}


ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/configs": {
        "get": operation(
            "listConfigs",
            "List and search configs",
            "Sorted by MAC address, in pages. A summary is a config without its `content`.",
            {200: answer("A page", ref("Configs"))},
            parameters=[
                limit(MAX_PAGE),
                CURSOR,
                query(
                    "q",
                    {"type": "string"},
                    "Part of the name or entity id, taken literally, or of the MAC address in any spelling; any case",
                ),
                query("enable_ota", FLAG, "Only those whose `enableOTA` is so"),
                query("count", FLAG, "`false` leaves `count` out, which costs a scan"),
            ],
        ),
        "post": operation(
            "createConfig",
            "Give a device its first config",
            "",
            {201: answer("The new config", ref("Config"), "ETag", "Location")},
            parameters=[MESSAGE],
            request=body(
                ref("NewConfig"),
                "The device and its document",
                {"a porch": {"mac_address": "aa:bb:cc:dd:ee:ff", "content": {"deviceName": "Porch"}}},
            ),
            refusals=["INVALID_OPERATION", "RECORD_EXISTS"],
        ),
    },
    "/api/configs/by-mac/{mac}": {
        "put": operation(
            "putConfig",
            "Create or update by MAC address",
            "For scripts, which know devices and no ids. With `If-None-Match: *` it only creates.",
            {
                200: answer("It was updated", ref("Config"), "ETag"),
                201: answer("It was created", ref("Config"), "ETag", "Location"),
            },
            parameters=[MAC, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            request=body(ref("NewContent"), "The document", _CONTENT),
            refusals=["INVALID_OPERATION", "ROUTE_NOT_FOUND", "PRECONDITION_FAILED"],
        ),
    },
    "/api/configs/{segment}": {
        "get": operation(
            "getConfig",
            "A config",
            "With its document, whose text is as it was written.",
            {
                200: answer("The config", ref("Config"), "ETag"),
                304: answer("It still is at that revision", None, "ETag"),
            },
            parameters=[ID, IF_NONE_MATCH, IF_MATCH],
            refusals=[*ID_REFUSALS, "PRECONDITION_FAILED"],
        ),
        "put": operation(
            "updateConfig",
            "Replace a config's document",
            "What is stored already makes no new revision, yet the device is told again.",
            _edited(),
            parameters=[ID, DRY_RUN, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            request=body(ref("NewContent"), "The document", _CONTENT),
            refusals=CHANGE_REFUSALS,
        ),
        "patch": operation(
            "patchConfig",
            "Change members of a config's document",
            "What the patch does not touch keeps its bytes. New members come last, as the patch writes them.",
            _edited("Accept-Patch"),
            parameters=[ID, DRY_RUN, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            request=body(
                ref("MergePatch"), "A merge patch", {"rotated": {"display": {"rotation": 180}}}, MERGE_PATCH
            ),
            refusals=CHANGE_REFUSALS,
        ),
        "delete": operation(
            "deleteConfig",
            "Delete a config",
            "Its history stays, and it can be restored.",
            {204: answer("It is gone")},
            parameters=[ID, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            refusals=CHANGE_REFUSALS,
        ),
    },
    "/api/configs/{segment}/replace-device": {
        "post": operation(
            "replaceDevice",
            "Move a config to another board",
            "It keeps its id and its history. Who asks for the old board's document hears which one took its place.",
            {200: answer("The config, moved", ref("Config"), "ETag")},
            parameters=[ID, MESSAGE, IF_MATCH, IF_NONE_MATCH],
            request=body(ref("NewBoard"), "The new board", {"a board": {"mac_address": "11:22:33:44:55:66"}}),
            refusals=[*CHANGE_REFUSALS, "RECORD_EXISTS"],
        ),
    },
    "/api/configs/{segment}/announce": {
        "post": operation(
            "announceConfig",
            "Tell a device again",
            "Over MQTT, without a change.",
            {202: answer("It will be told", ref("ConfigSummary"), "ETag")},
            parameters=[ID],
            refusals=[*ID_REFUSALS, "STORE_FULL"],
        ),
    },
}
