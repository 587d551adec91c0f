"""Files that devices fetch over the air."""

from __future__ import annotations

from typing import Final

from .parts import Part, answer, bodies, header, operation, path, ref
from .shared import IF_MATCH, IF_NONE_MATCH

TAG: Final = ("Assets", "Files that devices fetch over the air: firmware, fonts, sounds.")

_NAME: Final = path(
    "name", {"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$"}, "The asset", "firmware.bin"
)
_BYTES: Final[Part] = {"type": "string", "format": "binary"}
_BINARY: Final = "application/octet-stream"
_VALIDATORS: Final = ("ETag", "Accept-Ranges", "Repr-Digest", "Content-Disposition")

ROUTES: Final[dict[str, dict[str, Part]]] = {
    "/api/assets": {
        "get": operation(
            "listAssets",
            "All assets",
            "Sorted by name.",
            {200: answer("The assets", ref("Assets"))},
        ),
        "post": operation(
            "uploadAsset",
            "Upload an asset",
            "Signed with the pipeline's RSA key: over the timestamp, or over timestamp, file name and SHA-256. "
            "A signature is accepted once for a file name.",
            {
                200: answer("The asset, which took another's place", ref("Asset"), "ETag", "Location"),
                201: answer("The asset", ref("Asset"), "ETag", "Location"),
            },
            request=bodies(
                "The file, when it was signed, and the signature in base64",
                {"multipart/form-data": (ref("Upload"), {})},
                required=True,
            ),
            refusals=["RECORD_EXISTS"],
        ),
    },
    "/api/assets/{name}": {
        "get": operation(
            "fetchAsset",
            "An asset's bytes",
            "All of them, or one range, so that a client that was cut off can go on. Query parameters are ignored.",
            {
                200: answer("The bytes", _BYTES, *_VALIDATORS, "Content-Digest", media_type=_BINARY),
                206: answer("The range", _BYTES, *_VALIDATORS, "Content-Range", media_type=_BINARY),
                304: answer("They still are those with that `ETag`", None, "ETag"),
                416: answer(
                    "The range begins behind the end",
                    ref("Problem"),
                    "Content-Range",
                    media_type="application/problem+json",
                ),
            },
            parameters=[
                _NAME,
                IF_NONE_MATCH,
                IF_MATCH,
                header("Range", "One range of bytes", "bytes=65536-"),
                header("If-Range", "The `ETag` of which the range is wanted; all of another", '"9f86d081"'),
            ],
            refusals=["RECORD_NOT_FOUND", "ROUTE_NOT_FOUND", "PRECONDITION_FAILED"],
        ),
        "delete": operation(
            "deleteAsset",
            "Delete an asset",
            "Nobody is told.",
            {204: answer("It is gone")},
            parameters=[_NAME],
            refusals=["RECORD_NOT_FOUND", "ROUTE_NOT_FOUND"],
        ),
    },
}
