"""The routes of assets."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.assets import AssetResource, Assets, AssetsResource, UploadForm
from iotconfig.adapters.http.problems import MEDIA_TYPE as PROBLEM
from iotconfig.adapters.http.problems import Problem
from iotconfig.adapters.http.requests.forms import FORM
from iotconfig.adapters.http.requests.queries import NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Body, Kind, Operation, Parameter, Route
from iotconfig.domain.assets.asset import Asset

from .shared import IF_MATCH, IF_NONE_MATCH

_NAME: Final = Parameter(
    "name",
    "The asset",
    "firmware.bin",
    {"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$"},
)
_BINARY: Final = "application/octet-stream"
_VALIDATORS: Final = ("ETag", "Accept-Ranges", "Repr-Digest", "Content-Disposition")

AREA: Final = Area(
    "Assets",
    "Files that devices fetch over the air: firmware, fonts, sounds.",
    (
        Route(
            "/api/assets",
            lambda api: AssetsResource(api.use_cases.assets, api.slots, api.comparing),
            get=Operation(
                "listAssets",
                "List assets",
                Access.READ,
                details="Sorted by name.",
                query=NoQuery,
                answers={200: Answer("The assets", Assets)},
            ),
            post=Operation(
                "uploadAsset",
                "Upload an asset",
                Access.UPLOAD,
                details="The signature is made with the RSA key of the build pipeline over the timestamp, or over timestamp, file name and SHA-256. "
                "Each signature is accepted once per file name.",
                query=NoQuery,
                body=Body(
                    "The file, the timestamp of the signature, and the signature in base64",
                    {FORM: Kind(UploadForm)},
                ),
                answers={
                    200: Answer("The asset; it replaced another of this name", Asset, ("ETag", "Location")),
                    201: Answer("The new asset", Asset, ("ETag", "Location")),
                },
                refuses=("RECORD_EXISTS",),
            ),
        ),
        Route(
            "/api/assets/{name}",
            lambda api: AssetResource(api.use_cases.assets),
            parameters=(_NAME,),
            get=Operation(
                "fetchAsset",
                "Fetch an asset",
                Access.DEVICE,
                details="All bytes, or one range, so that a client can resume an interrupted download. Query parameters are "
                "ignored.",
                headers=(
                    IF_NONE_MATCH,
                    IF_MATCH,
                    Parameter("Range", "A range of bytes", "bytes=65536-"),
                    Parameter(
                        "If-Range",
                        "Send the range only if this `ETag` is current, otherwise all bytes",
                        '"9f86d081"',
                    ),
                ),
                answers={
                    200: Answer("The bytes", bytes, (*_VALIDATORS, "Content-Digest"), _BINARY),
                    206: Answer("The range", bytes, (*_VALIDATORS, "Content-Range"), _BINARY),
                    304: Answer("Not modified: the `ETag` is current", None, ("ETag",)),
                    416: Answer(
                        "The range starts beyond the end of the asset", Problem, ("Content-Range",), PROBLEM
                    ),
                },
                refuses=("RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "PRECONDITION_FAILED"),
            ),
            delete=Operation(
                "deleteAsset",
                "Delete an asset",
                Access.CHANGE,
                details="The deletion is not announced.",
                query=NoQuery,
                answers={204: Answer("Deleted")},
                refuses=("RECORD_NOT_FOUND", "ROUTE_NOT_FOUND"),
            ),
        ),
    ),
)
