"""Settings: the environment is read here and nowhere else, into one frozen object."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen

from iotconfig.domain.content import DEFAULT_MAX_BYTES
from iotconfig.domain.errors import IotConfigError, ValidationFailed

T = TypeVar("T")
Parser = Callable[[str], T]

_ORIGIN: Final = re.compile(r"https?://[^\s/?#@,]+")
_PREFIX: Final = re.compile(r"[^/#+$\s\x00][^/#+\s\x00]*(/[^/#+\s\x00]+)*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})


class InvalidSetting(IotConfigError):
    """An environment variable has a value that cannot be used; the message names it."""

    code = "VALIDATION_FAILED"


def _setting(variable: str, parse: Parser[T], default: T, about: str, *, secret: bool = False) -> T:
    """One field of `Settings`, and the environment variable it is read from."""
    metadata = {"variable": variable, "parse": parse, "about": about}
    result: T = field(default=default, metadata=metadata, repr=not secret)
    return result


def _number(kind: Callable[[str], Any], low: float, high: float) -> Parser[Any]:
    def parse(text: str) -> Any:
        # int() and float() also take underscores, and digits of other scripts.
        number = kind(text) if _NUMBER.fullmatch(text) and (kind is float or "." not in text) else None
        if number is None or not low <= number <= high:
            noun = "whole number" if kind is int else "number"
            raise ValidationFailed(f"expected a {noun} from {low} to {high}")
        return number

    return parse


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValidationFailed("expected true or false")


def _origins(text: str) -> tuple[str, ...]:
    """Origins as a JSON array, or separated by commas."""
    if text.lstrip().startswith("["):
        try:
            origins = json.loads(text)
        except (ValueError, RecursionError):
            origins = None
        if not isinstance(origins, list) or not all(isinstance(origin, str) for origin in origins):
            raise ValidationFailed("expected a JSON array of strings, or origins separated by commas")
    else:
        origins = [part.strip() for part in text.split(",") if part.strip()]
    for origin in origins:
        if origin != "*" and _ORIGIN.fullmatch(origin) is None:
            raise ValidationFailed("expected origins such as https://panel.example.org, without a path, or *")
    return tuple(origins)


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any((parts.username, parts.password, parts.query, parts.fragment)):
        raise ValidationFailed(
            "expected a URL such as https://iot.example.org, without user, query or fragment"
        )
    return text.rstrip("/")


def _readable_file(text: str) -> str:
    try:
        Path(text).open("rb").close()
    except OSError as error:
        raise ValidationFailed(f"the file cannot be read: {error.strerror}") from None
    return text


def _topic_prefix(text: str) -> str:
    if _PREFIX.fullmatch(text) is None:
        raise ValidationFailed("expected topic levels such as home/iot, without wildcards")
    return text


_seconds = _number(float, 0.1, 3600)


@frozen
class Settings:
    """Everything that the environment decides, checked."""

    database_url: str = _setting(
        "DATABASE_URL",
        str,
        "sqlite:///iotconfig.db",
        "Where configs are stored: postgresql://user:password@host:5432/name or sqlite:///file.db",
        secret=True,
    )
    mqtt_url: str = _setting(
        "MQTT_URL",
        str,
        "",
        "The broker that devices listen to: mqtt://host:1883 or mqtts://host:8883. Unset, nothing is announced",
        secret=True,
    )
    mqtt_username: str = _setting("MQTT_USERNAME", str, "", "User name at the broker")
    mqtt_password: str = _setting("MQTT_PASSWORD", str, "", "Password at the broker", secret=True)
    mqtt_ca_file: str = _setting(
        "IOTCONFIG_MQTT_CA_FILE", _readable_file, "", "Certificates (PEM) to trust instead of the system's"
    )
    mqtt_prefix: str = _setting(
        "IOTCONFIG_MQTT_PREFIX", _topic_prefix, "iotsupport", "What all topics begin with"
    )
    mqtt_window: int = _setting(
        "IOTCONFIG_MQTT_WINDOW",
        _number(int, 1, 10_000),
        100,
        "Messages that may wait for the broker's answer",
    )
    mqtt_timeout: float = _setting(
        "IOTCONFIG_MQTT_TIMEOUT",
        _seconds,
        10.0,
        "Seconds without an answer after which the broker counts as away",
    )
    base_url: str = _setting(
        "BASEURL",
        _base_url,
        "",
        "The address under which browsers reach the service, such as https://iot.example.org",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS",
        _origins,
        (),
        "Origins whose pages may call the API: a JSON array, or separated by commas",
    )
    allow_anonymous: bool = _setting(
        "IOTCONFIG_ALLOW_ANONYMOUS", _flag, False, "Serve beyond this machine without authentication"
    )
    require_if_match: bool = _setting(
        "IOTCONFIG_REQUIRE_IF_MATCH",
        _flag,
        False,
        "Refuse changes by id that do not say which revision they replace",
    )
    max_content_bytes: int = _setting(
        "IOTCONFIG_MAX_CONTENT_BYTES",
        _number(int, 1024, 16 * 1024 * 1024),
        DEFAULT_MAX_BYTES,
        "Size limit of a config's content, in bytes of UTF-8",
    )
    db_pool_size: int = _setting(
        "IOTCONFIG_DB_POOL_SIZE", _number(int, 1, 100), 8, "PostgreSQL connections per worker"
    )
    db_pool_timeout: float = _setting(
        "IOTCONFIG_DB_POOL_TIMEOUT", _seconds, 3.0, "Seconds to wait for a free connection"
    )
    db_connect_timeout: int = _setting(
        "IOTCONFIG_DB_CONNECT_TIMEOUT", _number(int, 2, 60), 3, "Seconds to open a connection"
    )
    db_statement_timeout: float = _setting(
        "IOTCONFIG_DB_STATEMENT_TIMEOUT", _seconds, 8.0, "Seconds that one statement may take"
    )
    db_lock_timeout: float = _setting(
        "IOTCONFIG_DB_LOCK_TIMEOUT", _seconds, 5.0, "Seconds to wait for another writer"
    )
    db_idle_transaction_timeout: float = _setting(
        "IOTCONFIG_DB_IDLE_TRANSACTION_TIMEOUT",
        _seconds,
        15.0,
        "Seconds after which the server ends an idle transaction",
    )
    db_watchdog_timeout: float = _setting(
        "IOTCONFIG_DB_WATCHDOG_TIMEOUT",
        _seconds,
        10.0,
        "Seconds after which a call that does not come back is cut",
    )
    idle_timeout: float = _setting(
        "IOTCONFIG_IDLE_TIMEOUT", _seconds, 5.0, "Seconds to keep a connection without a next request"
    )
    header_timeout: float = _setting(
        "IOTCONFIG_HEADER_TIMEOUT", _seconds, 10.0, "Seconds a client has to send its request's headers"
    )
    body_timeout: float = _setting(
        "IOTCONFIG_BODY_TIMEOUT", _seconds, 30.0, "Seconds a client has to send a body of up to 2 MiB"
    )
    stall_timeout: float = _setting(
        "IOTCONFIG_STALL_TIMEOUT", _seconds, 20.0, "Seconds without progress after which a transfer is cut"
    )
    graceful_timeout: int = _setting(
        "IOTCONFIG_GRACEFUL_TIMEOUT",
        _number(int, 1, 600),
        30,
        "Seconds that requests in flight have to finish at a stop",
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables that are set; an empty one counts as unset.

        Raises `InvalidSetting`, whose message names the variable and the rule,
        and never the value of a secret.
        """
        given: dict[str, Any] = {}
        for attribute in fields(cls):
            if text := environ.get(attribute.metadata["variable"]):
                given[attribute.name] = _read(attribute, text)
        return cls(**given)

    def require_safe_bind(self, host: str) -> None:
        """Raise `InvalidSetting` where others could reach a service that asks nobody who they are."""
        if self.allow_anonymous:
            return
        for address, origin in ((host, "--host"), (urlsplit(self.base_url).hostname, "BASEURL")):
            if address and not is_loopback(address):
                raise InvalidSetting(
                    f"{origin}: {address} is reachable from other machines, and no authentication is configured. "
                    "Keep to 127.0.0.1, or set IOTCONFIG_ALLOW_ANONYMOUS=true if everyone there may change everything."
                )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read(attribute: Attribute[Any], text: str) -> object:
    try:
        return attribute.metadata["parse"](text)
    except IotConfigError as error:
        raise InvalidSetting(f"{attribute.metadata['variable']}: {error}") from None
