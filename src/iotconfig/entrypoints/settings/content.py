"""Configs, assets and pictures: their limits and directories."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from iotconfig.adapters.http.transfer_limits import DEFAULT_MAX_IMPORT_BYTES, Transfers
from iotconfig.adapters.networks import Network
from iotconfig.domain.assets.upload_rules import SignatureForm, UploadRules
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES

from . import parsers
from .fields import Variable, default_of, section, setting

_whole_seconds = parsers.number(int, 1, 86_400)


def _duration(text: str) -> timedelta:
    return timedelta(seconds=_whole_seconds(text))


@frozen
class PictureSettings:
    """Pictures that the service fetches and converts."""

    networks: tuple[Network, ...] = setting(
        "IOTCONFIG_PICTURE_NETWORKS",
        parsers.networks,
        (),
        "Networks that are not public, and from which pictures may be fetched all the same, such as 192.168.1.0/24, "
        "separated by commas",
    )
    timeout: float = setting(
        "IOTCONFIG_PICTURE_TIMEOUT",
        parsers.seconds,
        10.0,
        "Seconds for fetching a picture, and again for decoding it",
    )
    max_bytes: int = setting(
        "IOTCONFIG_MAX_PICTURE_BYTES",
        parsers.number(int, 1024, 256 * 1024 * 1024),
        10 * 1024 * 1024,
        "Size limit of a picture's file, in bytes",
    )
    max_pixels: int = setting(
        "IOTCONFIG_MAX_PICTURE_PIXELS",
        parsers.number(int, 1024, 80_000_000),
        25_000_000,
        "Pixels of a picture before it is shrunk, at most; of a WebP picture a quarter of that",
    )


@frozen
class ContentSettings:
    """Configs, assets and pictures: their limits and directories."""

    require_if_match: bool = setting(
        "IOTCONFIG_REQUIRE_IF_MATCH",
        parsers.flag,
        False,
        "Refuse changes by id that do not name the revision that they replace (If-Match)",
    )
    max_bytes: int = setting(
        "IOTCONFIG_MAX_CONTENT_BYTES",
        parsers.number(int, 1024, 16 * 1024 * 1024),
        DEFAULT_MAX_BYTES,
        "Size limit of a config's content, in bytes of UTF-8",
    )
    max_import_bytes: int = setting(
        "IOTCONFIG_MAX_IMPORT_BYTES",
        parsers.number(int, 1024, 4 * 1024 * 1024 * 1024),
        DEFAULT_MAX_IMPORT_BYTES,
        "Size limit of the body of an import over HTTP, in bytes",
    )
    transfers_at_once: int = setting(
        "IOTCONFIG_TRANSFERS_AT_ONCE",
        parsers.number(int, 1, 1000),
        default_of(Transfers, "most"),
        "Exports at the same time on one machine; as many imports and patches, and as many uploads. "
        "One caller may have three quarters of each",
    )
    max_temporary_bytes: int = setting(
        "IOTCONFIG_MAX_TEMPORARY_BYTES",
        parsers.number(int, 1024 * 1024, 1024**5),
        default_of(Transfers, "max_bytes"),
        "Size limit of all temporary files of imports and exports on one machine, in bytes",
    )
    assets_dir: str = setting(
        "ASSETS_DIR",
        parsers.directory,
        "assets",
        "The directory of assets; the first upload creates it",
    )
    signing_key_path: str = setting(
        "SIGNING_KEY_PATH",
        str,
        "",
        "The RSA key (PEM, private or public) that signs uploads. Unset, uploads are refused",
    )
    uploads: UploadRules = section(
        UploadRules,
        tolerance=Variable(
            "TIMESTAMP_TOLERANCE_SECONDS",
            _duration,
            "Seconds by which the timestamp of an upload may differ from the service's clock",
        ),
        form=Variable(
            "IOTCONFIG_ASSET_SIGNATURE",
            parsers.choice(SignatureForm),
            "`strong` accepts only signatures over timestamp, file name and SHA-256; `any` also those over the timestamp alone",
        ),
        max_bytes=Variable(
            "IOTCONFIG_MAX_ASSET_BYTES",
            parsers.number(int, 1024, 4 * 1024 * 1024 * 1024),
            "Size limit of an asset, in bytes",
        ),
    )
    pictures: PictureSettings = section(PictureSettings)
