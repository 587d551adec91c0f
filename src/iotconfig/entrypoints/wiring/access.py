"""Who is let in: tokens, and the identity provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import TYPE_CHECKING

from iotconfig.domain.access.api_tokens import ApiTokenService
from iotconfig.domain.access.identity import IdentityProvider
from iotconfig.domain.access.sign_in import SignInService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.tokens import DeviceAuth, DeviceTokenService
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now

if TYPE_CHECKING:
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.sql.engine.database import Database


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


def api_tokens(database: Database) -> ApiTokenService:
    """The API tokens in a database. Uses of tokens are written by a thread."""
    from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore

    return ApiTokenService(SqlApiTokenStore(database), utc_now, _in_background)


def device_tokens(database: Database) -> DeviceTokenService:
    """The device tokens in a database."""
    from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore

    return DeviceTokenService(SqlDeviceTokenStore(database), utc_now)


def access_control(
    settings: Settings, api_tokens: ApiTokenService, device_tokens: DeviceTokenService, store: Store
) -> AccessControl:
    """The access rules of the HTTP API. Raises `InvalidSetting`.

    `store`: where sign-ins that have ended are remembered.
    """
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.throttle import MemoryThrottle

    sign_in = None
    if settings.is_auth_on and (provider := identity_provider(settings)) is not None:
        sign_in = SignInService(provider, store, utc_now)
    return AccessControl(
        MemoryThrottle(settings.sign_in_failures),
        api_tokens if settings.is_auth_on else None,
        sign_in,
        device_tokens if settings.device_auth is not DeviceAuth.OFF else None,
        settings.device_auth is DeviceAuth.REQUIRED,
        settings.trusted_proxies,
        settings.secret_key or token_hex(),
    )


def _in_background(work: Callable[[], None]) -> None:
    Thread(target=work, name="in-background", daemon=True).start()
