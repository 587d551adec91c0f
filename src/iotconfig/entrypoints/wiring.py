"""The composition root: the one place that knows which adapters are joined."""

from __future__ import annotations

import atexit
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from threading import Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from iotconfig.domain.api_tokens import ApiTokenService
from iotconfig.domain.asset_service import AssetService
from iotconfig.domain.assets import SignatureVerifier
from iotconfig.domain.device_tokens import DeviceAuth, DeviceTokenService
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.fleet_service import FleetService
from iotconfig.domain.history_service import HistoryService
from iotconfig.domain.identity import IdentityProvider
from iotconfig.domain.notification_service import NotificationService
from iotconfig.domain.pictures import PictureService
from iotconfig.domain.ports import Lease, Publisher, Store
from iotconfig.domain.relay import Relay
from iotconfig.domain.service import ConfigService
from iotconfig.domain.sign_in import SignInService
from iotconfig.domain.uploads import UploadRules

from .observed import Observed, new_registry
from .settings import InvalidSetting, Settings

if TYPE_CHECKING:
    import falcon
    from prometheus_client import CollectorRegistry

    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.metrics import Exposition
    from iotconfig.adapters.mqtt import Broker
    from iotconfig.adapters.sql.database import Database
    from iotconfig.adapters.sql.migrations import Migrations
    from iotconfig.adapters.sql.timeouts import Timeouts
    from iotconfig.adapters.sql.url import DatabaseUrl


def database_url(settings: Settings) -> DatabaseUrl:
    """Which database. Raises `InvalidSetting`."""
    from iotconfig.adapters.sql.url import DatabaseUrl

    try:
        return DatabaseUrl.parse(settings.database_url)
    except IotConfigError as error:
        raise InvalidSetting(f"DATABASE_URL: {error}") from None


def migrations(settings: Settings) -> Migrations:
    """The schema of the database."""
    from iotconfig.adapters.sql.migrations import Migrations

    return Migrations(database_url(settings), _timeouts(settings))


@contextmanager
def open_service(settings: Settings) -> Iterator[ConfigService]:
    """The use cases on the database; its connections are closed at the end of the block."""
    with _open_store(settings) as store:
        yield ConfigService(store, utc_now)


@contextmanager
def open_history(settings: Settings) -> Iterator[HistoryService]:
    """The histories of configs in the database; its connections are closed at the end of the block."""
    with _open_store(settings) as store:
        yield HistoryService(store, utc_now)


@contextmanager
def open_fleet(settings: Settings) -> Iterator[FleetService]:
    """The use cases for many configs at once; the connections are closed at the end of the block."""
    with _open_store(settings) as store:
        yield FleetService(store, utc_now)


def broker(settings: Settings) -> Broker | None:
    """Which broker to announce to; None where none is configured. Raises `InvalidSetting`."""
    if not settings.mqtt_url:
        return None
    from iotconfig.adapters.mqtt import Broker

    try:
        return Broker.parse(
            settings.mqtt_url,
            username=settings.mqtt_username or None,
            password=settings.mqtt_password or None,
            ca_file=Path(settings.mqtt_ca_file) if settings.mqtt_ca_file else None,
        )
    except IotConfigError as error:
        raise InvalidSetting(f"MQTT_URL: {error}") from None


@contextmanager
def open_notifications(settings: Settings) -> Iterator[NotificationService]:
    """The pending notifications of the database; its connections are closed at the end of the block."""
    with _opened(settings) as database:
        yield _notifications(settings, database)


@contextmanager
def open_relay(
    settings: Settings, address: Broker, registry: CollectorRegistry | None = None
) -> Iterator[tuple[Relay, Lease]]:
    """A relay from the database to the broker, and the lease on which it waits for announcements.

    `registry`: where it counts what it tells, if anywhere.
    """
    from iotconfig.adapters.mqtt import MqttPublisher
    from iotconfig.adapters.sql.notifications import SqlNotificationQueue

    publisher: Publisher = MqttPublisher(
        address,
        prefix=settings.mqtt_prefix,
        client_id=f"{settings.mqtt_prefix}-relay",
        window=settings.mqtt_window,
        timeout=settings.mqtt_timeout,
    )
    if registry is not None:
        from . import metering

        publisher = metering.counted(registry, publisher)
    lease = _lease(settings)
    database = _open_database(settings)
    relay = Relay(SqlNotificationQueue(database), publisher, lease, utc_now, random.random)
    try:
        yield relay, lease
    finally:
        relay.close()
        database.close()


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """Who knows people; None where that is off. Asks the provider nothing yet. Raises `InvalidSetting`."""
    if not settings.oidc_enabled:
        return None
    from iotconfig.adapters.oidc import OidcIdentityProvider, Registration, RoleNames

    registration = Registration(
        issuer=settings.oidc_issuer_url,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        audience=settings.oidc_audience or settings.oidc_client_id,
        scopes=settings.oidc_scopes,
        roles=RoleNames(
            admin=settings.oidc_admin_role,
            asset_uploader=settings.oidc_asset_role,
            viewer=settings.oidc_viewer_role,
            claim=settings.oidc_roles_claim or None,
        ),
        ca_file=Path(settings.oidc_ca_file) if settings.oidc_ca_file else None,
    )
    try:
        return OidcIdentityProvider(registration, utc_now)
    except OSError:
        raise InvalidSetting("IOTCONFIG_OIDC_CA_FILE: the file holds no certificates") from None


@contextmanager
def open_exposition(settings: Settings, registry: CollectorRegistry) -> Iterator[Exposition]:
    """What a scrape reads; its own connections to the database are closed at the end of the block."""
    from . import metering

    database = _open_database(settings)
    try:
        service = ConfigService(_store(database), utc_now)
        yield metering.exposition(settings, registry, service, _notifications(settings, database))
    finally:
        database.close()


def create_app(settings: Settings, watched: Observed | None = None) -> falcon.App[Any, Any]:
    """The HTTP API on the database, whose connections live as long as the process."""
    from iotconfig.adapters.http.app import UseCases, create_app
    from iotconfig.adapters.sql.readiness import SqlReadiness

    watched = watched or Observed(registry=new_registry(settings))
    database = _open_database(settings)
    # Left to the interpreter's end, psycopg's pool would look for greenlets that are gone, and say so in the log.
    atexit.register(database.close)
    store = _store(database)
    service, notifications = ConfigService(store, utc_now), _notifications(settings, database)
    render = None
    if watched.registry is not None:
        from . import metering

        metering.watch_pool(settings, watched.registry, database)
        if not settings.metrics_bind:
            render = metering.exposition(settings, watched.registry, service, notifications).render
    use_cases = UseCases(
        configs=service,
        history=HistoryService(store, utc_now),
        fleet=FleetService(store, utc_now, pause=_pause),
        notifications=notifications,
        assets=_assets(settings, store),
        pictures=_pictures_when_asked(settings),
    )
    return create_app(
        use_cases,
        _access_control(settings, database),
        max_content_bytes=settings.max_content_bytes,
        max_import_bytes=settings.max_import_bytes,
        own_origin=settings.base_url,
        local_only=not (settings.allow_anonymous or settings.is_auth_on),
        cors_origins=settings.cors_origins,
        require_if_match=settings.require_if_match,
        is_ready=SqlReadiness(database),
        observers=watched.observers,
        render_metrics=render,
        metrics_token=settings.metrics_token,
    )


@contextmanager
def open_api_tokens(settings: Settings) -> Iterator[ApiTokenService]:
    """The API tokens in the database; its connections are closed at the end of the block."""
    from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore

    with _opened(settings) as database:
        yield ApiTokenService(SqlApiTokenStore(database), utc_now)


@contextmanager
def open_device_tokens(settings: Settings) -> Iterator[DeviceTokenService]:
    """The device tokens in the database; its connections are closed at the end of the block."""
    from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore

    with _opened(settings) as database:
        yield DeviceTokenService(SqlDeviceTokenStore(database), utc_now)


def signature_verifier(settings: Settings) -> SignatureVerifier | None:
    """The key of uploads; None where none is configured. Raises `InvalidSetting`."""
    if not settings.signing_key_path:
        return None
    from iotconfig.adapters.signatures import RsaSignatureVerifier

    try:
        return RsaSignatureVerifier.load(Path(settings.signing_key_path))
    except IotConfigError as error:
        raise InvalidSetting(f"SIGNING_KEY_PATH: {error}") from None


def utc_now() -> datetime:
    """`Clock` of the machine."""
    return datetime.now(UTC)


@contextmanager
def _open_store(settings: Settings) -> Iterator[Store]:
    with _opened(settings) as database:
        yield _store(database)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    database = _open_database(settings)
    try:
        yield database
    finally:
        database.close()


def _store(database: Database) -> Store:
    from iotconfig.adapters.sql.store import SqlStore

    return SqlStore(database)


def _access_control(settings: Settings, database: Database) -> AccessControl:
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore
    from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore
    from iotconfig.adapters.throttle import MemoryThrottle

    api_tokens = sign_in = device_tokens = None
    if settings.is_auth_on:
        api_tokens = ApiTokenService(SqlApiTokenStore(database), utc_now, _in_background)
        if (provider := identity_provider(settings)) is not None:
            sign_in = SignInService(provider, _store(database), utc_now)
    if settings.device_auth is not DeviceAuth.OFF:
        device_tokens = DeviceTokenService(SqlDeviceTokenStore(database), utc_now)
    return AccessControl(
        MemoryThrottle(settings.sign_in_failures),
        api_tokens,
        sign_in,
        device_tokens,
        settings.device_auth is DeviceAuth.REQUIRED,
        settings.trusted_proxies,
        settings.secret_key or token_hex(),
    )


def _in_background(work: Callable[[], None]) -> None:
    Thread(target=work, name="in-background", daemon=True).start()


def _notifications(settings: Settings, database: Database) -> NotificationService:
    from iotconfig.adapters.sql.notifications import SqlNotificationQueue

    return NotificationService(SqlNotificationQueue(database), utc_now, enabled=bool(settings.mqtt_url))


def _assets(settings: Settings, store: Store) -> AssetService:
    from iotconfig.adapters.asset_files import FileAssetStore

    rules = UploadRules(
        timedelta(seconds=settings.timestamp_tolerance), settings.asset_signature, settings.max_asset_bytes
    )
    files = FileAssetStore(Path(settings.assets_dir), _pause)
    return AssetService(store, files, utc_now, signature_verifier(settings), rules)


def pictures(settings: Settings) -> PictureService:
    """Pictures from elsewhere."""
    import ssl

    from iotconfig.adapters.pictures.addresses import AddressPolicy
    from iotconfig.adapters.pictures.fetcher import HttpPictureSource
    from iotconfig.adapters.pictures.lookup import system_resolve
    from iotconfig.adapters.pictures.shrink import PillowPictureConverter

    source = HttpPictureSource(
        AddressPolicy(settings.picture_networks),
        system_resolve,
        ssl.create_default_context(),
        settings.picture_timeout,
        settings.max_picture_bytes,
        _pause,
    )
    converter = PillowPictureConverter(settings.max_picture_pixels, settings.picture_timeout, _pause)
    return PictureService(source, converter, settings.picture_timeout)


def _pictures_when_asked(settings: Settings) -> Callable[[], PictureService]:
    """Workers that nobody asks for pictures do without Pillow and an HTTP client."""
    lock = Lock()
    made: list[PictureService] = []

    def pictures_once() -> PictureService:
        with lock:
            if not made:
                made.append(pictures(settings))
            return made[0]

    return pictures_once


def _pause() -> None:
    # No zero: gevent then goes on at once, up to fifty times, before it looks at its sockets, and
    # other requests waited for 700 ms beside an upload of 64 MB (measured).
    sleep(1e-6)


def _lease(settings: Settings) -> Lease:
    from iotconfig.adapters.sql.lease import PostgresqlLease, SqliteLease

    url = database_url(settings)
    return SqliteLease(url.path) if url.is_sqlite else PostgresqlLease(url.url, _timeouts(settings))


def _open_database(settings: Settings) -> Database:
    url = database_url(settings)
    if url.is_sqlite:
        from iotconfig.adapters.sql.sqlite import SqliteDatabase

        return SqliteDatabase(url.path, _timeouts(settings))
    from iotconfig.adapters.sql.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url.url, _timeouts(settings), settings.db_pool_size)


def _timeouts(settings: Settings) -> Timeouts:
    from iotconfig.adapters.sql.timeouts import Timeouts

    return Timeouts(
        connect=settings.db_connect_timeout,
        pool=settings.db_pool_timeout,
        statement=settings.db_statement_timeout,
        lock=settings.db_lock_timeout,
        idle_transaction=settings.db_idle_transaction_timeout,
        watchdog=settings.db_watchdog_timeout,
        bulk=settings.db_bulk_timeout,
    )
