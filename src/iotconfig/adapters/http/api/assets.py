"""The routes of assets."""

from __future__ import annotations

import base64
import errno
import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import falcon
from attrs import fields, frozen

from iotconfig.adapters.codec import answer, to_json
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.answers import send, send_text
from iotconfig.adapters.http.requests.conditional import check_for_device
from iotconfig.adapters.http.requests.forms import Part, read_form
from iotconfig.adapters.http.requests.queries import NoQuery, read_query
from iotconfig.adapters.http.requests.ranges import Span, requested_span
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.assets.asset import Asset, AssetName, OpenAsset
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.assets.upload import Upload
from iotconfig.domain.errors import AssetsUnavailable, ValidationFailed
from iotconfig.domain.offload import Offload

log = logging.getLogger(__name__)

_FORM_BYTES: Final = 64 * 1024
"""Maximum bytes of a form without its file."""
_ASSET_CHARACTERS: Final = 200
"""Approximate characters per asset in the list."""
_MAX_TIMESTAMP: Final = 128
_MAX_SIGNATURE: Final = 8 * 1024


@answer
@frozen
class Assets:
    """The answer to `GET /api/assets`."""

    assets: Sequence[Asset]
    count: int


@frozen
class UploadForm:
    """The parts of the form of `POST /api/assets`, in any order. It is read part by part."""

    file: Annotated[bytes, "The file name of this part is the name of the asset"]
    timestamp: Annotated[str, "ISO 8601, or Unix seconds"]
    signature: Annotated[str, "RSA PKCS#1 v1.5 with SHA-256, in base64"]


_PARTS: Final = tuple(part.name for part in fields(UploadForm))


@frozen
class AssetsResource:
    """`/api/assets`: the list, and uploads."""

    service: AssetService
    slots: TransferSlots
    offload: Offload

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        assets = self.service.find()
        listed = Assets(assets, len(assets))
        send_text(resp, self.offload(lambda: to_json(listed), len(assets) * _ASSET_CHARACTERS))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        read_query(req, NoQuery)
        with self.slots.held(req, Kind.UPLOAD), self.service.upload(note_of(req, None).author) as upload:
            for part in read_form(req, _PARTS, self.service.rules.max_bytes + _FORM_BYTES):
                _give(upload, part)
            asset, is_new = upload.finish()
        send(resp, asset)
        resp.set_header("ETag", asset.etag)
        resp.set_header("Location", f"/api/assets/{asset.name}")
        resp.status = falcon.HTTP_201 if is_new else falcon.HTTP_200


@frozen
class AssetResource:
    """`/api/assets/{name}`: one asset."""

    service: AssetService

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        opened = self.service.open(_name(name))
        try:
            _answer(req, resp, opened)
        finally:
            if resp.stream is None:
                opened.close()

    def on_delete(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        read_query(req, NoQuery)
        self.service.delete(_name(name))
        resp.status = falcon.HTTP_204


def _name(segment: str) -> AssetName:
    if not segment:
        raise falcon.HTTPRouteNotFound
    return AssetName(segment)


def _give(upload: Upload, part: Part) -> None:
    if part.name == "timestamp":
        upload.give_timestamp(part.content(_MAX_TIMESTAMP))
    elif part.name == "signature":
        upload.give_signature(part.content(_MAX_SIGNATURE))
    elif not part.file_name:
        raise ValidationFailed('The part file has no file name: send it as file="@firmware.bin".')
    else:
        upload.give_file(AssetName(part.file_name), part.blocks())


def _answer(req: falcon.Request, resp: falcon.Response, opened: OpenAsset) -> None:
    """Answer with an asset or a range of it; the answer closes the asset."""
    asset = opened.asset
    unchanged = check_for_device(req, asset.etag)
    span = requested_span(req, asset.etag, asset.size) if req.method == "GET" and not unchanged else None
    resp.set_header("Cache-Control", "no-cache")
    resp.set_header("ETag", asset.etag)
    if unchanged:
        resp.status = falcon.HTTP_304
        return
    resp.content_type = "application/octet-stream"
    # An uploaded page must not run in the origin of the service.
    resp.set_header("Content-Disposition", f'attachment; filename="{asset.name}"')
    resp.set_header("Accept-Ranges", "bytes")
    resp.set_header("Repr-Digest", _digest(asset))
    if req.method == "HEAD":
        resp.content_length = asset.size
        return
    if span is None:
        # The digest of the content of this answer (RFC 9530, section 2); a range would have another.
        resp.set_header("Content-Digest", _digest(asset))
    else:
        resp.status = falcon.HTTP_206
        resp.set_header("Content-Range", span.content_range(asset.size))
    length = asset.size if span is None else span.length
    resp.set_stream(_Blocks(opened, span or Span(0, asset.size)), length)


def _digest(asset: Asset) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(asset.sha256)).decode()}:"


@frozen
class _Blocks:
    """The bytes of an answer. The server always closes it."""

    _opened: OpenAsset
    _span: Span

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._opened.blocks(self._span.first, self._span.length)
        except AssetsUnavailable as error:
            log.warning("a download was cut: %s", error)
            # The status is sent: only an early end of the connection signals the error, and gunicorn closes it
            # without a traceback on this exception.
            raise BrokenPipeError(errno.EPIPE, "the asset cannot be sent to its end") from None

    def close(self) -> None:
        self._opened.close()
