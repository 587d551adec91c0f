"""Sign-in with a browser: users of a provider, and settings of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .browser import Browser
from .http import Answer

if TYPE_CHECKING:
    from .identity_provider import Provider

ORIGIN = "http://iot.example.org:8080"
"""What browsers take the service to be: whatever a proxy makes of `Host`."""


def with_people(provider: Provider) -> Provider:
    """A provider with an administrator, a viewer, and a user without a role."""
    provider.reset()
    for sub, roles in (("ada", ["admin"]), ("vic", ["viewer"]), ("nobody", ["other"])):
        provider.set_user(sub, name=sub.title(), email=f"{sub}@example.org", realm_access={"roles": roles})
    return provider


def settings_with(provider: Provider, **more: str) -> dict[str, str]:
    """The settings of a service with sign-in."""
    return {
        "BASEURL": ORIGIN,
        "OIDC_ENABLED": "true",
        "OIDC_ISSUER_URL": provider.issuer,
        "OIDC_CLIENT_ID": provider.client_id,
        "OIDC_CLIENT_SECRET": provider.client_secret,
        "IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE": "10000",
        **more,
    }


def began(browser: Browser, redirect: str = "/api/configs") -> str:
    """Begin a sign-in; return the URL at the provider."""
    answer = browser.get(f"/api/auth/login?redirect={quote(redirect, safe='')}")
    assert 302 == answer.status, answer.body
    return answer.headers["location"]


def signed_in(browser: Browser, provider: Provider, sub: str = "ada") -> Answer:
    """Sign in; return the answer of the callback."""
    back = provider.sign_in(began(browser), sub)
    return browser.get(browser.local(back))


def self_of(browser: Browser) -> Any:
    """Return the identity of the caller."""
    return browser.get("/api/auth/self").json()
