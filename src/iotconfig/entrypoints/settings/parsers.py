"""Parsers of the values of environment variables; each raises `ValidationFailed` with the rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from iotconfig.adapters.networks import Network
from iotconfig.adapters.regular_files import read_regular
from iotconfig.domain.devices.silence import ExpectedIntervals
from iotconfig.domain.errors import ValidationFailed, excerpt

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Parser = Callable[[str], T]

_ORIGIN: Final = re.compile(r"https?://[^\s/?#@,]+/?", re.IGNORECASE)
_ISSUER: Final = re.compile(r"https?://[\x21\x22\x24-\x3e\x41-\x5b\x5d-\x7e]+")
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_VISIBLE: Final = re.compile(r"[\x20-\x7e]+")
_PREFIX: Final = re.compile(r"[^/#+$\s\x00][^/#+\s\x00]*(/[^/#+\s\x00]+)*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_PORTS: Final = {"http": 80, "https": 443}
_SHORTEST_SECRET: Final = 32
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):([0-9]{1,5})")
_MAX_FILE: Final = 16 * 1024 * 1024
_MAX_PORT: Final = 65535
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
_ENCRYPTION_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=")
_INTERVAL: Final = re.compile(r"([0-9]{1,8})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


def number(kind: Callable[[str], Any], low: float, high: float) -> Parser[Any]:
    """A parser of numbers from `low` to `high`."""

    def parse(text: str) -> Any:
        # int() and float() also take underscores, and digits of other scripts.
        value = kind(text) if _NUMBER.fullmatch(text) and (kind is float or "." not in text) else None
        if value is None or not low <= value <= high:
            noun = "whole number" if kind is int else "number"
            raise ValidationFailed(f"expected a {noun} from {low} to {high}")
        return value

    return parse


def choice(kind: type[E]) -> Parser[E]:
    """A parser of one of a few words."""

    def parse(text: str) -> E:
        try:
            return kind(text.lower())
        except ValueError:
            words = [member.value for member in kind]
            raise ValidationFailed(f"expected {', '.join(words[:-1])} or {words[-1]}") from None

    return parse


def given(_text: str) -> bool:
    """True for any value."""
    return True


def address(text: str) -> str:
    """A host, or an IP address, and a port."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not int(match[2]) <= _MAX_PORT:
        raise ValidationFailed("expected a host and a port, such as 127.0.0.1:9100 or [::1]:9100")
    return text


def token(text: str) -> str:
    """A bearer token that a header can have (RFC 6750), of at least 16 characters."""
    if _TOKEN.fullmatch(text) is None:
        raise ValidationFailed("expected 16 or more letters, digits and -._~+/, with = at the end only")
    return text


def flag(text: str) -> bool:
    """`true` or `false`, and their usual synonyms."""
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValidationFailed("expected true or false, on or off")


def networks(text: str) -> tuple[Network, ...]:
    """IP addresses and networks, separated by commas."""
    try:
        return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError:
        raise ValidationFailed(
            "expected networks such as 192.168.1.0/24, whose address ends in zeros, or single addresses, "
            "separated by commas"
        ) from None


def secret_key(text: str) -> str:
    """A secret of at least 32 characters."""
    if len(text) < _SHORTEST_SECRET:
        raise ValidationFailed(f"expected at least {_SHORTEST_SECRET} random characters")
    return text


def encryption_keys(text: str) -> tuple[str, ...]:
    """Keys of Fernet, separated by commas: each 32 bytes in URL-safe base64."""
    found = tuple(key.strip() for key in text.split(",") if key.strip())
    if not found or not all(map(_ENCRYPTION_KEY.fullmatch, found)):
        raise ValidationFailed(
            "expected keys such as 'iotconfig secret new-key' prints: 43 characters of URL-safe base64 and =, separated by commas"
        )
    return found


def origins(text: str) -> tuple[str, ...]:
    """Origins as a JSON array, or separated by commas."""
    found = _json_strings(text) if text.lstrip().startswith("[") else text.split(",")
    stripped = tuple(origin.strip() for origin in found if origin.strip())
    return tuple(origin if origin == "*" else _listed_origin(origin) for origin in stripped)


def _listed_origin(text: str) -> str:
    """One origin, as browsers spell it."""
    try:
        if _ORIGIN.fullmatch(text) is not None:
            return base_url(text)
    except ValidationFailed:
        pass
    raise ValidationFailed("expected origins such as https://panel.example.org, without a path, or *")


def _json_strings(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValidationFailed("expected a JSON array of strings, or origins separated by commas")
    return found


def base_url(text: str) -> str:
    """An http or https origin, as browsers spell it: in small letters, without the usual port."""
    parts = _http_url(text, "https://iot.example.org, without user, path, query or fragment")
    if parts.path.strip("/"):
        raise ValidationFailed("expected a URL without a path: the service is at the root of its address")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_usual = parts.port in (None, _PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{parts.port}")


def _http_url(text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any((parts.username, parts.password, parts.query, parts.fragment)):
        raise ValidationFailed(f"expected a URL such as {example}")
    return parts


def issuer_url(text: str) -> str:
    """The http or https URL of an OpenID Connect issuer, without a slash at its end."""
    example = "https://sso.example.org/realms/home, without user, query or fragment"
    if _ISSUER.fullmatch(text) is None:
        raise ValidationFailed(f"expected a URL such as {example}")
    _http_url(text, example)
    return text.rstrip("/")


def scopes(text: str) -> str:
    """Scopes separated by spaces, `openid` among them."""
    found = " ".join(text.split())
    if _SCOPE.fullmatch(found) is None or "openid" not in found.split(" "):
        raise ValidationFailed("expected scopes separated by spaces, with openid among them")
    return found


def visible(text: str) -> str:
    """Printable ASCII, as in client ids and secrets (RFC 6749, appendix A)."""
    if _VISIBLE.fullmatch(text) is None:
        raise ValidationFailed("expected printable ASCII characters, without a line break")
    return text


def shown_path(text: str) -> str:
    """A path for messages: absolute, since the reader may not know the working directory."""
    return excerpt(str(Path(text).absolute()))


def file_identity(text: str) -> tuple[int, int]:
    """The identity of a file, `device:inode`."""
    device, _, inode = text.partition(":")
    if not (_DIGITS.fullmatch(device) and _DIGITS.fullmatch(inode)):
        raise ValidationFailed("expected device:inode")
    return int(device), int(inode)


def readable_file(text: str) -> str:
    """The path of a file that can be read."""
    try:
        read_regular(Path(text), _MAX_FILE)
    except OSError as error:
        raise ValidationFailed(f"{shown_path(text)} cannot be read: {error.strerror}") from None
    return text


def directory(text: str) -> str:
    """The path of a directory, which need not exist."""
    try:
        is_usable = Path(text).is_dir() or not Path(text).exists()
    except OSError as error:
        raise ValidationFailed(f"{shown_path(text)} cannot be used: {error.strerror}") from None
    if not is_usable:
        raise ValidationFailed(f"{shown_path(text)} exists and is not a directory")
    return text


def topic_prefix(text: str) -> str:
    """Levels of an MQTT topic, without wildcards."""
    if _PREFIX.fullmatch(text) is None:
        raise ValidationFailed("expected topic levels such as home/iot, without wildcards")
    return text


def intervals(text: str) -> ExpectedIntervals:
    """Tags with durations, separated by commas: `mains=10m,battery=25h`."""
    found: dict[str, timedelta] = {}
    for item in text.split(","):
        tag, _, duration = (part.strip() for part in item.partition("="))
        match = _INTERVAL.fullmatch(duration)
        if match is None:
            raise ValidationFailed(
                "expected tags with durations, such as mains=10m,battery=25h; a duration is a whole number of s, m, h or d"
            )
        if tag in found:
            raise ValidationFailed(f"expected each tag once, and {excerpt(tag)} is there twice")
        found[tag] = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return ExpectedIntervals(found)


seconds = number(float, 0.1, 3600)
"""A parser of durations."""
