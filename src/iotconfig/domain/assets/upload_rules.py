"""The rules for uploads, apart from them: the settings need no more of them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from attrs import frozen

DEFAULT_MAX_BYTES: Final = 64 * 1024 * 1024
"""The default size limit of an asset, in bytes."""


class SignatureForm(StrEnum):
    """The text that a signature must cover."""

    ANY = "any"
    """The timestamp, or timestamp, file name and digest."""
    STRONG = "strong"
    """Timestamp, file name and digest."""


@frozen
class UploadRules:
    """The rules for uploads."""

    tolerance: timedelta = timedelta(seconds=300)
    """The largest difference between the timestamp and the time of the upload."""
    form: SignatureForm = SignatureForm.ANY
    max_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of an asset."""
