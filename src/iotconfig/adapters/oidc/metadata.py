"""A provider's metadata (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

from attrs import frozen

from iotconfig.domain.errors import excerpt

from .faults import ProviderUnavailable

WELL_KNOWN: Final = "/.well-known/openid-configuration"

_ENDPOINTS: Final = (
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "device_authorization_endpoint",
    "end_session_endpoint",
)


@frozen
class Metadata:
    """The checked metadata of a provider. Absent endpoints are None."""

    issuer: str
    """In the provider's spelling, which its tokens must use."""
    jwks_uri: str
    authorization_endpoint: str | None
    token_endpoint: str | None
    device_authorization_endpoint: str | None
    """Where a sign-in at a terminal begins (RFC 8628)."""
    end_session_endpoint: str | None
    token_auth_methods: tuple[str, ...]
    """The methods of client authentication at the token endpoint."""
    names_itself: bool
    """Whether the callback has the parameter `iss` (RFC 9207)."""

    @classmethod
    def read(cls, document: Mapping[str, Any], issuer: str) -> Self:
        """Parse the document of `issuer`, the setting's value; a trailing slash makes no difference.

        Raises `ProviderUnavailable` where the document is of another issuer, names no
        keys, or has an http URL although the issuer is https.
        """
        named = document.get("issuer")
        if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
            raise ProviderUnavailable(
                f"{issuer} publishes the issuer {excerpt(str(named))}: they must be equal"
            )
        urls = {name: url_in(document, name, is_secure=issuer.startswith("https:")) for name in _ENDPOINTS}
        jwks_uri = urls.pop("jwks_uri")
        if jwks_uri is None:
            raise ProviderUnavailable(f"{issuer} publishes no jwks_uri")
        methods = document.get("token_endpoint_auth_methods_supported")
        return cls(
            issuer=named,
            jwks_uri=jwks_uri,
            **urls,
            # The default of OpenID Connect Discovery 1.0, section 3.
            token_auth_methods=tuple(methods) if isinstance(methods, list) else ("client_secret_basic",),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )


def url_in(document: Mapping[str, Any], name: str, *, is_secure: bool) -> str | None:
    """Return the URL that a member of a provider's answer has; None where it is absent.

    `is_secure`: whether it must be https. Raises `ProviderUnavailable` for another value.
    """
    url = document.get(name)
    if url is None:
        return None
    schemes = ("https",) if is_secure else ("https", "http")
    if not isinstance(url, str) or not _is_usable(url, schemes):
        raise ProviderUnavailable(f"the {name} {excerpt(str(url))} is not an {' or '.join(schemes)} URL")
    return url


def _is_usable(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and not set(" #") & set(url)
    return is_plain and has_address and parts.scheme in schemes and parts.username is None
