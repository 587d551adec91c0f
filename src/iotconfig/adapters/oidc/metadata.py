"""What a provider says of itself (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

from attrs import frozen

from iotconfig.domain.errors import excerpt

from .faults import ProviderUnavailable

WELL_KNOWN: Final = "/.well-known/openid-configuration"


@frozen
class Metadata:
    """What a provider says of itself, checked. An endpoint that it does not have is None."""

    issuer: str
    """As the provider spells it, and as its tokens must."""
    jwks_uri: str
    authorization_endpoint: str | None
    token_endpoint: str | None
    end_session_endpoint: str | None
    token_auth_methods: tuple[str, ...]
    """How clients may authenticate themselves at the token endpoint."""
    names_itself: bool
    """Whether it sends `iss` to the callback (RFC 9207)."""

    @classmethod
    def read(cls, document: Mapping[str, Any], issuer: str) -> Self:
        """Read the document of `issuer`, spelt as in the setting, a slash at its end aside.

        Raises `ProviderUnavailable` where the document speaks for another issuer,
        names no keys, or leads from https to anything less.
        """
        named = document.get("issuer")
        if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
            raise ProviderUnavailable(
                f"{issuer} publishes the issuer {excerpt(str(named))}: they must be equal"
            )
        urls = {
            name: _endpoint(document, name, is_secure=issuer.startswith("https:"))
            for name in ("jwks_uri", "authorization_endpoint", "token_endpoint", "end_session_endpoint")
        }
        jwks_uri = urls.pop("jwks_uri")
        if jwks_uri is None:
            raise ProviderUnavailable(f"{issuer} publishes no jwks_uri")
        methods = document.get("token_endpoint_auth_methods_supported")
        return cls(
            issuer=named,
            jwks_uri=jwks_uri,
            **urls,
            # What counts where nothing is said (OpenID Connect Discovery 1.0, section 3).
            token_auth_methods=tuple(methods) if isinstance(methods, list) else ("client_secret_basic",),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )


def _endpoint(document: Mapping[str, Any], name: str, *, is_secure: bool) -> str | None:
    url = document.get(name)
    if url is None:
        return None
    schemes = ("https",) if is_secure else ("https", "http")
    if not isinstance(url, str) or not _is_usable(url, schemes):
        raise ProviderUnavailable(f"the {name} {excerpt(str(url))} is no {' or '.join(schemes)} URL")
    return url


def _is_usable(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and not set(" #") & set(url)
    return is_plain and has_place and parts.scheme in schemes and parts.username is None
