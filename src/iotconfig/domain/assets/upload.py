"""One upload. Its parts arrive in any order; it is refused at the first invalid one."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import (
    AuthorizationFailed,
    ContentTooLarge,
    SignatureUsed,
    StoreFull,
    StoreUnavailable,
    ValidationFailed,
    excerpt,
)

from .asset import Asset, AssetName, AssetStore, Incoming, SignatureVerifier, announce_asset
from .ports import UploadStore
from .timestamps import parse_timestamp
from .upload_rules import SignatureForm, UploadRules

_LONGEST: Final = timedelta(days=1)
"""The longest duration of an upload that is credited when its timestamp is checked."""
_UNSURE: Final = "The upload may have been stored, or not: send it again; if it was stored, its signature is refused as used."


def strong_text(timestamp: bytes, name: AssetName, sha256: str) -> bytes:
    """Return the text of the strong form: timestamp as sent, file name, digest in lower-case hexadecimal, one per line."""
    return b"\n".join((timestamp, str(name).encode(), sha256.encode()))


@define
class Upload:
    """An upload in progress, begun by `AssetService.upload`. Used by one thread.

    Give it timestamp, signature and file, each once, in any order; then `finish`.
    """

    _rules: UploadRules
    _store: UploadStore
    _files: AssetStore
    _verifier: SignatureVerifier
    _clock: Clock
    _cleanup: ExitStack
    _uploaded_by: str | None = None
    _began: datetime = field(init=False)
    _timestamp: bytes | None = None
    _moment: datetime | None = None
    _signature: bytes = b""
    _signed: bytes | None = None
    _name: AssetName | None = None
    _incoming: Incoming | None = None

    def __attrs_post_init__(self) -> None:
        self._began = self._clock()

    def give_timestamp(self, text: bytes) -> None:
        """Take the timestamp, as sent.

        Raises `ValidationFailed` where it is malformed, and `AuthorizationFailed`
        where it is too far from the time of the upload.
        """
        decoded = text.decode("ascii", "replace")
        moment = parse_timestamp(decoded)
        if moment is None:
            raise ValidationFailed(
                f'"{excerpt(decoded)}" is not a timestamp: use 2026-01-31T12:00:00Z, or Unix seconds.'
            )
        self._check_time(moment)
        self._timestamp, self._moment = text, moment

    def give_signature(self, text: bytes) -> None:
        """Take the signature, in base64.

        Raises `ValidationFailed` where it is not base64, and
        `AuthorizationFailed` where another key made it.
        """
        self._signature = _decoded(text)
        self._signed = self._verifier.signed_digest(self._signature)
        if self._signed is None:
            raise AuthorizationFailed(
                "The signature was not made with the service's key: RSA PKCS#1 v1.5 with SHA-256 is expected."
            )

    def give_file(self, name: AssetName, blocks: Iterable[bytes]) -> None:
        """Take the file: its name, and its bytes as they arrive.

        Raises `ContentTooLarge`, `StoreFull`, and `AuthorizationFailed` where the
        parts so far show that the signature does not match.
        """
        if self._signed is not None and self._timestamp is not None:
            self._refuse_weak(self._signed, self._timestamp)
        incoming = self._cleanup.enter_context(self._files.receive())
        size = 0
        for block in blocks:
            size += len(block)
            if size > self._rules.max_bytes:
                raise ContentTooLarge(
                    f"The file is larger than {self._rules.max_bytes} bytes.", max_bytes=self._rules.max_bytes
                )
            incoming.write(block)
        self._name, self._incoming = name, incoming

    def finish(self) -> tuple[Asset, bool]:
        """Store the asset and announce it. Returns the asset, and whether its name is new.

        Raises `ValidationFailed` where a part is missing, `AuthorizationFailed` where
        the signature does not match, and `SignatureUsed`. After `StoreUnavailable` the
        outcome is unknown: the upload can be repeated safely, and `SignatureUsed` then
        means that the first one was stored. After a `StoreFull` of the database the file
        may be in place without an announcement; the message says so, and repeating is safe.
        """
        incoming, name = self._incoming, self._name
        if incoming is None or name is None:
            raise _missing("file")
        if self._timestamp is None or self._moment is None:
            raise _missing("timestamp")
        if self._signed is None:
            raise _missing("signature")
        self._check_time(self._moment)
        strong = strong_text(self._timestamp, name, incoming.complete())
        self._check_signed(self._signed, self._timestamp, strong)
        # A replay after this time is refused for its timestamp; clocks may differ by the tolerance.
        until = self._moment + 2 * self._rules.tolerance + _LONGEST
        is_placed = False
        try:
            with self._store.writing() as work:
                now = self._clock()
                if not work.replay_guard.claim(self._claim(name), now, until):
                    raise SignatureUsed(name)
                work.notifications.enqueue(announce_asset(name), now)
                # Last before the commit: if this or the commit fails, the signature is unused,
                # and a repeated upload announces the file that is in place already.
                asset, is_new = incoming.save_as(name, self._uploaded_by)
                is_placed = True
                return asset, is_new
        except StoreUnavailable as error:
            raise error.advising(_UNSURE) from None
        except StoreFull as error:
            if not is_placed:
                raise
            raise StoreFull(f"{error} The file is stored, but not announced: send it again.") from None

    def _check_time(self, moment: datetime) -> None:
        """Compare with the whole duration of the upload: a large file over a slow link is not a replay."""
        now, tolerance = self._clock(), self._rules.tolerance
        began = max(self._began, now - _LONGEST)
        if not began - tolerance <= moment <= now + tolerance:
            seconds = int(tolerance.total_seconds())
            service_time = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            raise AuthorizationFailed(
                f"The timestamp is more than {seconds} s from the service's time, which is {service_time}.",
                service_time=service_time,
                tolerance_seconds=seconds,
            )

    def _check_signed(self, signed: bytes, timestamp: bytes, strong: bytes) -> None:
        self._refuse_weak(signed, timestamp)
        if signed not in (hashlib.sha256(strong).digest(), hashlib.sha256(timestamp).digest()):
            raise AuthorizationFailed(
                "The signature matches neither this timestamp, nor this timestamp with the file's name and digest."
            )

    def _refuse_weak(self, signed: bytes, timestamp: bytes) -> None:
        is_weak = signed == hashlib.sha256(timestamp).digest()
        if is_weak and self._rules.form is SignatureForm.STRONG:
            raise AuthorizationFailed(
                "The signature covers the timestamp only: this service requires timestamp, file name and SHA-256."
            )

    def _claim(self, name: AssetName) -> str:
        # Of the decoded signature: another base64 spelling is the same signature.
        return f"asset {hashlib.sha256(str(name).encode() + b'/' + self._signature).hexdigest()}"


def _decoded(text: bytes) -> bytes:
    # Tools wrap base64 into lines.
    text = text.translate(None, b" \t\r\n")
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        decoded = b""
    if base64.b64encode(decoded) != text:
        raise ValidationFailed("The signature is not base64.")
    return decoded


def _missing(part: str) -> ValidationFailed:
    return ValidationFailed(f"The upload has no {part}: it needs file, timestamp and signature.")
