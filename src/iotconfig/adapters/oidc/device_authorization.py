"""The provider's answer to the begin of a sign-in at a terminal (RFC 8628, section 3.2), with bounds for each member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from iotconfig.domain.access.identity import TerminalSignIn

from .faults import ProviderUnavailable
from .metadata import url_in

_LONGEST_SECONDS: Final = 1800
_INTERVAL: Final = 5
"""Seconds between two requests where the provider names none (RFC 8628, section 3.2)."""
_LONGEST_INTERVAL: Final = 60
_DEVICE_CODE: Final = re.compile(r"[!-~]{1,4096}")
_USER_CODE: Final = re.compile(r"[ -~]{1,64}")
_LONGEST_URL: Final = 2000


def sign_in_of(document: Mapping[str, Any], *, is_secure: bool) -> TerminalSignIn:
    """Return the sign-in that a provider's answer describes.

    `is_secure`: whether its pages must be https. Raises `ProviderUnavailable` for a malformed answer.
    """
    where = _url(document, "verification_uri", is_secure=is_secure)
    if where is None:
        raise _malformed("verification_uri")
    return TerminalSignIn(
        device_code=_text(document, "device_code", _DEVICE_CODE),
        user_code=_text(document, "user_code", _USER_CODE),
        verification_uri=where,
        verification_uri_complete=_url(document, "verification_uri_complete", is_secure=is_secure),
        seconds=_seconds(document, "expires_in", None, _LONGEST_SECONDS),
        interval=_seconds(document, "interval", _INTERVAL, _LONGEST_INTERVAL),
    )


def _text(document: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = document.get(name)
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise _malformed(name)
    return value


def _url(document: Mapping[str, Any], name: str, *, is_secure: bool) -> str | None:
    url = url_in(document, name, is_secure=is_secure)
    if url is not None and len(url) > _LONGEST_URL:
        raise _malformed(name)
    return url


def _seconds(document: Mapping[str, Any], name: str, default: int | None, most: int) -> int:
    """Return a whole number of seconds from 1 to `most`. Larger numbers count as `most`, smaller ones as 1."""
    value = document.get(name, default)
    if type(value) is not int:
        raise _malformed(name)
    return min(max(value, 1), most)


def _malformed(name: str) -> ProviderUnavailable:
    return ProviderUnavailable(f"its answer to the begin of a sign-in at a terminal has no usable {name}")
