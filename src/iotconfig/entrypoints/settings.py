"""Settings: the environment is read here and nowhere else, into one frozen object."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen

from iotconfig.domain.content import DEFAULT_MAX_BYTES
from iotconfig.domain.errors import IotConfigError

from . import values
from .values import Parser, T


class InvalidSetting(IotConfigError):
    """An environment variable has a value that cannot be used; the message names it."""

    code = "VALIDATION_FAILED"


def _setting(variable: str, parse: Parser[T], default: T, about: str, *, secret: bool = False) -> T:
    """One field of `Settings`, and the environment variable it is read from."""
    metadata = {"variable": variable, "parse": parse, "about": about}
    result: T = field(default=default, metadata=metadata, repr=not secret)
    return result


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
        "IOTCONFIG_MQTT_CA_FILE",
        values.readable_file,
        "",
        "Certificates (PEM) to trust instead of the system's",
    )
    mqtt_prefix: str = _setting(
        "IOTCONFIG_MQTT_PREFIX", values.topic_prefix, "iotsupport", "What all topics begin with"
    )
    mqtt_window: int = _setting(
        "IOTCONFIG_MQTT_WINDOW",
        values.number(int, 1, 10_000),
        100,
        "Messages that may wait for the broker's answer",
    )
    mqtt_timeout: float = _setting(
        "IOTCONFIG_MQTT_TIMEOUT",
        values.seconds,
        10.0,
        "Seconds without an answer after which the broker counts as away",
    )
    base_url: str = _setting(
        "BASEURL",
        values.base_url,
        "",
        "The address under which browsers reach the service, such as https://iot.example.org",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS",
        values.origins,
        (),
        "Origins whose pages may call the API: a JSON array, or separated by commas",
    )
    allow_anonymous: bool = _setting(
        "IOTCONFIG_ALLOW_ANONYMOUS", values.flag, False, "Serve beyond this machine without authentication"
    )
    require_if_match: bool = _setting(
        "IOTCONFIG_REQUIRE_IF_MATCH",
        values.flag,
        False,
        "Refuse changes by id that do not say which revision they replace",
    )
    max_content_bytes: int = _setting(
        "IOTCONFIG_MAX_CONTENT_BYTES",
        values.number(int, 1024, 16 * 1024 * 1024),
        DEFAULT_MAX_BYTES,
        "Size limit of a config's content, in bytes of UTF-8",
    )
    max_import_bytes: int = _setting(
        "IOTCONFIG_MAX_IMPORT_BYTES",
        values.number(int, 1024, 4 * 1024 * 1024 * 1024),
        64 * 1024 * 1024,
        "Size limit of the body of an import over HTTP, in bytes",
    )
    db_pool_size: int = _setting(
        "IOTCONFIG_DB_POOL_SIZE", values.number(int, 1, 100), 8, "PostgreSQL connections per worker"
    )
    db_pool_timeout: float = _setting(
        "IOTCONFIG_DB_POOL_TIMEOUT", values.seconds, 3.0, "Seconds to wait for a free connection"
    )
    db_connect_timeout: int = _setting(
        "IOTCONFIG_DB_CONNECT_TIMEOUT", values.number(int, 2, 60), 3, "Seconds to open a connection"
    )
    db_statement_timeout: float = _setting(
        "IOTCONFIG_DB_STATEMENT_TIMEOUT", values.seconds, 8.0, "Seconds that one statement may take"
    )
    db_lock_timeout: float = _setting(
        "IOTCONFIG_DB_LOCK_TIMEOUT", values.seconds, 5.0, "Seconds to wait for another writer"
    )
    db_idle_transaction_timeout: float = _setting(
        "IOTCONFIG_DB_IDLE_TRANSACTION_TIMEOUT",
        values.seconds,
        15.0,
        "Seconds after which the server ends an idle transaction",
    )
    db_watchdog_timeout: float = _setting(
        "IOTCONFIG_DB_WATCHDOG_TIMEOUT",
        values.seconds,
        10.0,
        "Seconds after which a call that does not come back is cut",
    )
    db_bulk_timeout: float = _setting(
        "IOTCONFIG_DB_BULK_TIMEOUT",
        values.seconds,
        600.0,
        "Seconds that one statement of an import, an export, or a patch to many configs may take",
    )
    idle_timeout: float = _setting(
        "IOTCONFIG_IDLE_TIMEOUT", values.seconds, 5.0, "Seconds to keep a connection without a next request"
    )
    header_timeout: float = _setting(
        "IOTCONFIG_HEADER_TIMEOUT", values.seconds, 10.0, "Seconds a client has to send its request's headers"
    )
    body_timeout: float = _setting(
        "IOTCONFIG_BODY_TIMEOUT", values.seconds, 30.0, "Seconds a client has to send a body of up to 2 MiB"
    )
    stall_timeout: float = _setting(
        "IOTCONFIG_STALL_TIMEOUT",
        values.seconds,
        20.0,
        "Seconds within which 16 KiB of a transfer must move, else it is cut",
    )
    graceful_timeout: int = _setting(
        "IOTCONFIG_GRACEFUL_TIMEOUT",
        values.number(int, 1, 600),
        30,
        "Seconds that requests in flight have to finish at a stop",
    )
    log_format: values.LogFormat = _setting(  # noqa: RUF009 - an enumeration never changes
        "IOTCONFIG_LOG_FORMAT",
        values.choice(values.LogFormat),
        values.LogFormat.AUTO,
        "How serve and relay log: text, json (an object a line), or auto: text on a terminal, else json",
    )
    log_level: values.LogLevel = _setting(  # noqa: RUF009
        "IOTCONFIG_LOG_LEVEL",
        values.choice(values.LogLevel),
        values.LogLevel.INFO,
        "What they log at least: debug, info (a line for each answer), warning or error",
    )
    no_color: bool = _setting("NO_COLOR", values.given, False, "Set to anything, it keeps colours away")
    metrics_bind: str = _setting(
        "IOTCONFIG_METRICS_BIND",
        values.address,
        "",
        "An address of its own for Prometheus, such as 127.0.0.1:9100",
    )
    metrics_token: str = _setting(
        "IOTCONFIG_METRICS_TOKEN",
        values.token,
        "",
        "The bearer token that Prometheus sends. Without an address of their own, metrics are at /metrics of the API",
        secret=True,
    )
    metrics_directory: str = _setting(
        "PROMETHEUS_MULTIPROC_DIR",
        str,
        "",
        "Where several processes count together. Serve sets it; set it for other servers with several workers",
    )

    @property
    def has_metrics(self) -> bool:
        """Whether anybody may read metrics; if nobody may, nothing is counted."""
        return bool(self.metrics_bind or self.metrics_token)

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
        settings = cls(**given)
        if settings.db_watchdog_timeout < settings.db_statement_timeout:
            raise InvalidSetting(
                "IOTCONFIG_DB_WATCHDOG_TIMEOUT: it must not be below IOTCONFIG_DB_STATEMENT_TIMEOUT "
                f"({settings.db_statement_timeout:g}), whose error says more"
            )
        return settings

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
        text.encode()
    except UnicodeEncodeError:
        raise InvalidSetting(f"{attribute.metadata['variable']}: the value is not UTF-8") from None
    try:
        return attribute.metadata["parse"](text)
    except IotConfigError as error:
        raise InvalidSetting(f"{attribute.metadata['variable']}: {error}") from None
