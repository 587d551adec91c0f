"""Authentication: tokens, and the identity provider."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from iotconfig.domain.devices.tokens import DeviceAuth
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now

if TYPE_CHECKING:
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.domain.access.api_tokens import ApiTokenService, ApiTokenStore
    from iotconfig.domain.access.identity import IdentityProvider
    from iotconfig.domain.configs.store import Store
    from iotconfig.domain.devices.tokens import DeviceTokenService

_POLLS_PER_MINUTE: Final = 60
"""Requests to the provider for one sign-in at a terminal, in each worker: one for each second, the shortest interval."""


def identity_provider(settings: Settings) -> IdentityProvider | None:
    """The identity provider; None if sign-in is off. Sends no request yet. Raises `InvalidSetting`."""
    if not settings.access.oidc.enabled:
        return None
    from iotconfig.adapters.oidc.provider import OidcIdentityProvider
    from iotconfig.adapters.oidc.registration import Registration

    oidc = settings.access.oidc
    registration = Registration(
        issuer=oidc.issuer_url,
        client_id=oidc.client_id,
        client_secret=oidc.client_secret or None,
        audience=oidc.audience or oidc.client_id,
        scopes=oidc.scopes,
        roles=oidc.roles,
        ca_file=Path(oidc.ca_file) if oidc.ca_file else None,
    )
    try:
        return OidcIdentityProvider(registration, utc_now)
    except OSError:
        raise InvalidSetting("IOTCONFIG_OIDC_CA_FILE: the file holds no certificates") from None


def api_tokens(store: ApiTokenStore) -> ApiTokenService:
    """The API tokens in a database. A background thread stores the times of their use."""
    from iotconfig.domain.access.api_tokens import ApiTokenService

    from .background_uses import BackgroundUses

    return ApiTokenService(store, utc_now, BackgroundUses(store.record_use))


def access_control(
    settings: Settings, api_tokens: ApiTokenService, device_tokens: DeviceTokenService, store: Store
) -> AccessControl:
    """The access rules of the HTTP API. Raises `InvalidSetting`.

    `store`: where sign-ins that have ended are remembered.
    """
    from iotconfig.adapters.http.access_control import AccessControl
    from iotconfig.adapters.throttle import MemoryThrottle
    from iotconfig.domain.access.sign_in import SignInService

    sign_in = None
    if settings.access.is_auth_on and (provider := identity_provider(settings)) is not None:
        sign_in = SignInService(provider, store, utc_now)
    return AccessControl(
        MemoryThrottle(settings.access.sign_in_failures),
        MemoryThrottle(_POLLS_PER_MINUTE),
        api_tokens if settings.access.is_auth_on else None,
        sign_in,
        device_tokens if settings.access.device_auth is not DeviceAuth.OFF else None,
        settings.access.device_auth is DeviceAuth.REQUIRED,
        settings.access.trusted_proxies,
        settings.access.secret_key or token_hex(),
    )
