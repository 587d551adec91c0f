"""One upload: its parts come in any order, and it is refused as soon as one of them is wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import (
    AuthorizationFailed,
    ContentTooLarge,
    SignatureUsed,
    StoreFull,
    ValidationFailed,
    excerpt,
)

from .asset import Asset, AssetName, AssetStore, Incoming, SignatureVerifier, announce_asset
from .ports import UploadStore
from .timestamps import parse_timestamp

DEFAULT_MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes that an asset may have, unless a setting says otherwise."""

_LONGEST: Final = timedelta(days=1)
"""How long an upload may take and still count as begun when it was."""


class SignatureForm(StrEnum):
    """What a signature has to be over."""

    ANY = "any"
    """The timestamp, or timestamp, file name and digest."""
    STRONG = "strong"
    """Timestamp, file name and digest."""


@frozen
class UploadRules:
    """What an upload must fulfil."""

    tolerance: timedelta = timedelta(seconds=300)
    """How far its timestamp may be from the time of the upload."""
    form: SignatureForm = SignatureForm.ANY
    max_bytes: int = DEFAULT_MAX_BYTES
    """Bytes that an asset may have."""


def strong_text(timestamp: bytes, name: AssetName, sha256: str) -> bytes:
    """What the stronger form signs: timestamp as sent, file name, digest in lowercase hexadecimal, a line each."""
    return b"\n".join((timestamp, str(name).encode(), sha256.encode()))


@define
class Upload:
    """An upload on its way in; used by one thread. `AssetService.upload` begins one.

    Give it timestamp, signature and file, each once, in any order; then `finish`.
    """

    _rules: UploadRules
    _store: UploadStore
    _files: AssetStore
    _verifier: SignatureVerifier
    _clock: Clock
    _cleanup: ExitStack
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
        """The timestamp, as it was sent.

        Raises `ValidationFailed` for anything else, and `AuthorizationFailed`
        where it is not from the time of the upload.
        """
        decoded = text.decode("ascii", "replace")
        moment = parse_timestamp(decoded)
        if moment is None:
            raise ValidationFailed(
                f'The timestamp "{excerpt(decoded)}" is none: write it like 2026-01-31T12:00:00Z, '
                "or as Unix seconds."
            )
        self._check_time(moment)
        self._timestamp, self._moment = text, moment

    def give_signature(self, text: bytes) -> None:
        """The signature in base64.

        Raises `ValidationFailed` where it is no base64, and
        `AuthorizationFailed` where the key did not make it.
        """
        self._signature = _decoded(text)
        self._signed = self._verifier.signed_digest(self._signature)
        if self._signed is None:
            raise AuthorizationFailed(
                "The signature was not made with the service's key: RSA PKCS#1 v1.5 with SHA-256 is expected."
            )

    def give_file(self, name: AssetName, blocks: Iterable[bytes]) -> None:
        """The file: its name, and its bytes as they arrive.

        Raises `ContentTooLarge`, `StoreFull`, and `AuthorizationFailed` where
        it is clear by now that the signature is of something else.
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
        """Store the asset and announce it; True in second place where there was none of this name.

        Raises `ValidationFailed` where something is missing,
        `AuthorizationFailed` where the signature is of something else, and
        `SignatureUsed`. After `StoreUnavailable` the asset may have been
        stored, or not: to repeat the upload is safe, and `SignatureUsed` then
        says that it was. After a `StoreFull` of the database the file may be
        under its name, which the message then says; to repeat is as safe.
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
        # Whoever sends it again by then is refused for its time; clocks may differ by the tolerance.
        until = self._moment + 2 * self._rules.tolerance + _LONGEST
        is_placed = False
        try:
            with self._store.writing() as work:
                now = self._clock()
                if not work.replay_guard.claim(self._claim(name), now, until):
                    raise SignatureUsed(name)
                work.notifications.enqueue(announce_asset(name), now)
                # Last, and before the commit: where this or the commit fails, the signature is as new,
                # and whoever uploads again announces what is in place already.
                asset, is_new = incoming.place(name)
                is_placed = True
                return asset, is_new
        except StoreFull as error:
            if not is_placed:
                raise
            raise StoreFull(f"{error} The file is in place, and nobody was told: send it again.") from None

    def _check_time(self, moment: datetime) -> None:
        """Compare with all of the time that the upload takes: a large file over a slow line is no replay."""
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
                "The signature is neither of this timestamp, nor of this timestamp, file name and file."
            )

    def _refuse_weak(self, signed: bytes, timestamp: bytes) -> None:
        is_weak = signed == hashlib.sha256(timestamp).digest()
        if is_weak and self._rules.form is SignatureForm.STRONG:
            raise AuthorizationFailed(
                "The signature is of the timestamp only: this service wants it of timestamp, file name and SHA-256."
            )

    def _claim(self, name: AssetName) -> str:
        # Of the signature's bytes: another spelling of their base64 is no other signature.
        return f"asset {hashlib.sha256(str(name).encode() + b'/' + self._signature).hexdigest()}"


def _decoded(text: bytes) -> bytes:
    # Line breaks, which tools put into base64, say nothing.
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
