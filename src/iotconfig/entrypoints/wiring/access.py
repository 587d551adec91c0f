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
from iotconfig.domain.devices.tokens import DeviceAuth, DeviceTokenService
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now
from .databases import store_of

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


def access_control(settings: Settings, database: Database) -> AccessControl:
    """Who is let in, and how."""
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.sql.api_tokens import SqlApiTokenStore
    from iotconfig.adapters.sql.device_tokens import SqlDeviceTokenStore
    from iotconfig.adapters.throttle import MemoryThrottle

    api_tokens = sign_in = device_tokens = None
    if settings.is_auth_on:
        api_tokens = ApiTokenService(SqlApiTokenStore(database), utc_now, _in_background)
        if (provider := identity_provider(settings)) is not None:
            sign_in = SignInService(provider, store_of(database), utc_now)
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
