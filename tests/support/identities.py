"""The service's side of an identity provider."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.adapters.oidc.registration import Registration
from iotconfig.domain.access.identity import Session, SignIn
from iotconfig.domain.clock import Clock

from .identity_provider import Provider
from .waiting import wait_until

CALLBACK = "http://127.0.0.1:8080/api/auth/callback"


def registered(
    provider: Provider, clock: Clock, *, seconds: float = 60.0, **more: Any
) -> OidcIdentityProvider:
    """Return the adapter for `provider`; `more` are fields of its `Registration`."""
    fields = {"issuer": provider.issuer, "client_id": provider.client_id, **more}
    return OidcIdentityProvider(
        Registration(**{"client_secret": provider.client_secret, **fields}), clock, seconds
    )


def parameters_of(url: str) -> dict[str, str]:
    """Return the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


def come_back(identity: OidcIdentityProvider, provider: Provider, sub: str = "ada") -> tuple[SignIn, str]:
    """Begin a sign-in, act as the browser at the provider, and return the sign-in with its code."""
    sign_in, url = identity.begin(CALLBACK, "/devices")
    return sign_in, parameters_of(provider.sign_in(url, sub))["code"]


def signed_in(identity: OidcIdentityProvider, provider: Provider, sub: str = "ada") -> Session:
    """Complete a sign-in."""
    sign_in, code = come_back(identity, provider, sub)
    return identity.finish(CALLBACK, sign_in, code, None)


def wait_for_fetches() -> None:
    """Wait until no fetch is running."""
    wait_until(
        lambda: not any(thread.name == "oidc-fetch" for thread in threading.enumerate()),
        "no keys are being fetched",
    )
