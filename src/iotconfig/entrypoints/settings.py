"""Settings: the environment is read here and nowhere else, into one frozen object."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from attrs import Attribute, field, fields, frozen

from iotconfig.adapters.networks import Network
from iotconfig.adapters.regular_files import read_regular
from iotconfig.domain.assets.upload import DEFAULT_MAX_BYTES as DEFAULT_MAX_ASSET_BYTES
from iotconfig.domain.assets.upload import SignatureForm
from iotconfig.domain.devices.tokens import DeviceAuth
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.domain.errors import IotConfigError

from . import values
from .values import Parser, T

_MAX_SECRET_FILE: Final = 64 * 1024


class InvalidSetting(IotConfigError):
    """An environment variable has a value that cannot be used; the message names it."""

    code = "VALIDATION_FAILED"


def _setting(variable: str, parse: Parser[T], default: T, about: str, *, secret: bool = False) -> T:
    """One field of `Settings`, and the environment variable it is read from."""
    metadata = {"variable": variable, "parse": parse, "about": about, "secret": secret}
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
        "The address under which browsers reach the service, such as https://iot.example.org. Needed with OIDC_ENABLED, "
        "and behind a proxy that rewrites Host",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS",
        values.origins,
        (),
        "Origins whose pages may call the API: a JSON array, or separated by commas",
    )
    auth: bool | None = _setting(
        "IOTCONFIG_AUTH",
        values.flag,
        None,
        "on asks everybody who they are: for an API token, or a sign-in with the identity provider. "
        "Unset, it is on where OIDC_ENABLED is true",
    )
    device_auth: DeviceAuth = _setting(
        "IOTCONFIG_DEVICE_AUTH",
        values.choice(DeviceAuth),
        DeviceAuth.OFF,
        "Device tokens: off; optional, where one that is shown must hold; or required",
    )
    sign_in_failures: int = _setting(
        "IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE",
        values.number(int, 1, 10_000),
        10,
        "Failed sign-ins from one address, in each worker, before the answer is 429",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        "IOTCONFIG_TRUSTED_PROXIES",
        values.networks,
        (),
        "Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas",
    )
    connections_per_address: int = _setting(
        "IOTCONFIG_CONNECTIONS_PER_ADDRESS",
        values.number(int, 1, 100_000),
        250,
        "Open connections of one address (IPv6: of one /64) in each worker; above this, slow ones are closed",
    )
    secret_key: str = _setting(
        "IOTCONFIG_SECRET_KEY",
        values.secret_key,
        "",
        "What sign-ins on their way are signed with: at least 32 random characters, the same on all machines "
        "that serve. Unset, it is a new one at each start",
        secret=True,
    )
    allow_anonymous: bool = _setting(
        "IOTCONFIG_ALLOW_ANONYMOUS", values.flag, False, "Serve beyond this machine without authentication"
    )
    oidc_enabled: bool = _setting(
        "OIDC_ENABLED",
        values.flag,
        False,
        "Sign people in at an OpenID Connect provider, and take its tokens",
    )
    oidc_issuer_url: str = _setting(
        "OIDC_ISSUER_URL",
        values.issuer_url,
        "",
        "The provider, such as https://sso.example.org/realms/home; its issuer",
    )
    oidc_client_id: str = _setting("OIDC_CLIENT_ID", values.visible, "", "The service's client id there")
    oidc_client_secret: str = _setting(
        "OIDC_CLIENT_SECRET",
        values.visible,
        "",
        "The client's secret. Unset, the client is a public one",
        secret=True,
    )
    oidc_audience: str = _setting(
        "OIDC_AUDIENCE",
        values.visible,
        "",
        "What the audience of bearer tokens must contain. Unset, the client id",
    )
    oidc_scopes: str = _setting(
        "OIDC_SCOPES", values.scopes, "openid profile email", "What to ask for when people sign in"
    )
    oidc_admin_role: str = _setting(
        "OIDC_ADMIN_ROLE", str, "admin", "The provider's role of those who may do everything"
    )
    oidc_asset_role: str = _setting(
        "OIDC_ASSET_ROLE", str, "asset-uploader", "The provider's role of those who may upload assets only"
    )
    oidc_viewer_role: str = _setting(
        "OIDC_VIEWER_ROLE", str, "viewer", "The provider's role of those who may read only"
    )
    oidc_roles_claim: str = _setting(
        "OIDC_ROLES_CLAIM",
        str,
        "",
        "A claim that lists roles, beside Keycloak's: a name such as groups, or a path such as app.roles",
    )
    oidc_ca_file: str = _setting(
        "IOTCONFIG_OIDC_CA_FILE",
        values.readable_file,
        "",
        "Certificates (PEM) to trust at the provider instead of the system's",
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
    transfers_at_once: int = _setting(
        "IOTCONFIG_TRANSFERS_AT_ONCE",
        values.number(int, 1, 1000),
        12,
        "Exports at the same time on one machine; as many imports and patches, and as many uploads. "
        "One caller may have three quarters of each",
    )
    max_temporary_bytes: int = _setting(
        "IOTCONFIG_MAX_TEMPORARY_BYTES",
        values.number(int, 1024 * 1024, 1024**5),
        2 * 1024 * 1024 * 1024,
        "Size limit of all temporary files of imports and exports on one machine, in bytes",
    )
    assets_dir: str = _setting(
        "ASSETS_DIR",
        values.directory,
        "assets",
        "The directory of assets; the first upload makes it",
    )
    signing_key_path: str = _setting(
        "SIGNING_KEY_PATH",
        str,
        "",
        "The RSA key (PEM, private or public) that uploads are signed with. Unset, uploads are closed",
    )
    timestamp_tolerance: int = _setting(
        "TIMESTAMP_TOLERANCE_SECONDS",
        values.number(int, 1, 86_400),
        300,
        "Seconds that the timestamp of an upload may be off",
    )
    asset_signature: SignatureForm = _setting(
        "IOTCONFIG_ASSET_SIGNATURE",
        values.choice(SignatureForm),
        SignatureForm.ANY,
        "`strong` takes signatures over timestamp, file name and SHA-256 only; `any` also those over the timestamp",
    )
    max_asset_bytes: int = _setting(
        "IOTCONFIG_MAX_ASSET_BYTES",
        values.number(int, 1024, 4 * 1024 * 1024 * 1024),
        DEFAULT_MAX_ASSET_BYTES,
        "Size limit of an asset, in bytes",
    )
    picture_networks: tuple[Network, ...] = _setting(
        "IOTCONFIG_PICTURE_NETWORKS",
        values.networks,
        (),
        "Networks that pictures may be fetched from although they are not public, such as 192.168.1.0/24, "
        "separated by commas",
    )
    picture_timeout: float = _setting(
        "IOTCONFIG_PICTURE_TIMEOUT",
        values.seconds,
        10.0,
        "Seconds that fetching a picture may take as a whole, and reading it as much again",
    )
    max_picture_bytes: int = _setting(
        "IOTCONFIG_MAX_PICTURE_BYTES",
        values.number(int, 1024, 256 * 1024 * 1024),
        10 * 1024 * 1024,
        "Size limit of a picture's file, in bytes",
    )
    max_picture_pixels: int = _setting(
        "IOTCONFIG_MAX_PICTURE_PIXELS",
        values.number(int, 1024, 80_000_000),
        25_000_000,
        "Pixels that a picture may have before it is shrunk; a WebP picture a quarter of them",
    )
    database_file: tuple[int, int] | None = _setting(
        "IOTCONFIG_DATABASE_FILE",
        values.file_identity,
        None,
        "The device and the inode of the SQLite file that the service has open. Serve sets it for its processes",
    )
    db_pool_size: int = _setting(
        "IOTCONFIG_DB_POOL_SIZE",
        values.number(int, 1, 100),
        8,
        "PostgreSQL connections per worker. A quarter, and of two or three one, is kept for devices' fetches",
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
    log_format: values.LogFormat = _setting(
        "IOTCONFIG_LOG_FORMAT",
        values.choice(values.LogFormat),
        values.LogFormat.AUTO,
        "How serve and relay log: text, json (an object a line), or auto: text on a terminal, else json",
    )
    log_level: values.LogLevel = _setting(
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

        A secret may stand in a file instead, which a variable with `_FILE` behind its name names.

        Raises `InvalidSetting`, whose message names the variable and the rule,
        and never the value of a secret.
        """
        given: dict[str, Any] = {}
        for attribute in fields(cls):
            if text := _text_of(attribute, environ):
                given[attribute.name] = _read(attribute, text)
        settings = cls(**given)
        if settings.db_watchdog_timeout < settings.db_statement_timeout:
            raise InvalidSetting(
                "IOTCONFIG_DB_WATCHDOG_TIMEOUT: it must not be below IOTCONFIG_DB_STATEMENT_TIMEOUT "
                f"({settings.db_statement_timeout:g}), whose error says more"
            )
        needed = {"OIDC_ISSUER_URL": settings.oidc_issuer_url, "OIDC_CLIENT_ID": settings.oidc_client_id}
        for variable, value in needed.items():
            if settings.oidc_enabled and not value:
                raise InvalidSetting(f"{variable}: it is needed with OIDC_ENABLED=true")
        return settings

    @property
    def is_auth_on(self) -> bool:
        """Whether people and programs are asked who they are."""
        return self.oidc_enabled if self.auth is None else self.auth

    def require_safe_bind(self, host: str) -> None:
        """Raise `InvalidSetting` where others could reach a service that asks nobody who they are."""
        if self.allow_anonymous or self.is_auth_on:
            return
        for address, origin in ((host, "--host"), (urlsplit(self.base_url).hostname, "BASEURL")):
            if address and not is_loopback(address):
                raise InvalidSetting(
                    f"{origin}: {address} is reachable from other machines, and no authentication is configured. "
                    "Keep to 127.0.0.1, set IOTCONFIG_AUTH=on, "
                    "or IOTCONFIG_ALLOW_ANONYMOUS=true if everyone there may change everything."
                )

    def require_base_url(self) -> None:
        """Raise `InvalidSetting` where people are to sign in at a provider that cannot send them back."""
        if self.oidc_enabled and self.is_auth_on and not self.base_url:
            raise InvalidSetting(
                "BASEURL: it is needed with OIDC_ENABLED=true: the address under which browsers reach the service, "
                "such as https://iot.example.org, or http://127.0.0.1:8080 on this machine"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _text_of(attribute: Attribute[Any], environ: Mapping[str, str]) -> str:
    """The variable's value, or the content of the file that holds it, less a line break at its end."""
    variable = attribute.metadata["variable"]
    text, path = environ.get(variable, ""), environ.get(f"{variable}_FILE", "")
    if not path or not attribute.metadata["secret"]:
        return text
    if text:
        raise InvalidSetting(f"{variable} and {variable}_FILE are both set: keep one of them")
    try:
        return read_regular(Path(path), _MAX_SECRET_FILE).decode().removesuffix("\n").removesuffix("\r")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidSetting(f"{variable}_FILE: the file cannot be read: {reason}") from None


def secret_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that hold values of secrets."""
    names = (
        f"{attribute.metadata['variable']}_FILE"
        for attribute in fields(Settings)
        if attribute.metadata["secret"]
    )
    return [Path(environ[name]) for name in names if environ.get(name)]


def _read(attribute: Attribute[Any], text: str) -> object:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidSetting(f"{attribute.metadata['variable']}: the value is not UTF-8") from None
    try:
        return attribute.metadata["parse"](text)
    except IotConfigError as error:
        raise InvalidSetting(f"{attribute.metadata['variable']}: {error}") from None
