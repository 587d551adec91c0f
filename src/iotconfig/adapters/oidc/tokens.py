"""Verification of the provider's tokens: signed JWTs (RFC 7519), following RFC 8725 and RFC 9068."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from attrs import frozen
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jws import CompactSignature, extract_compact
from joserfc.jwt import JWTClaimsRegistry

from iotconfig.domain.clock import Clock

from .cached_fetch import CachedFetch
from .faults import refused
from .keys import ALGORITHMS, REGISTRY
from .provider_documents import ProviderDocuments

MAX_LENGTH: Final = 16 * 1024
"""The most characters of a token; longer ones are refused unread."""
LEEWAY: Final = 60
"""The tolerated difference between the provider's clock and ours, in seconds."""

_CHECKED: Final = ("iss", "sub", "aud", "exp", "nbf", "iat")
_TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""Accepted values of the header `typ`. Others are for other purposes (RFC 8725, section 3.11)."""

NOT_FOR_US: Final = frozenset({"refresh", "offline", "logout"})
"""Values of Keycloak's claim `typ` for tokens that only Keycloak accepts."""
NOT_AS_BEARER: Final = NOT_FOR_US | {"id"}

_WHY: Final = {
    "iss": "another issuer made it",
    "aud": "it was made for another audience",
    "nbf": "it is not valid yet",
    "iat": "it is not valid yet",
}


@frozen
class Verified:
    """A verified token."""

    claims: Mapping[str, Any]
    algorithm: str


class Tokens:
    """Verifies tokens with the provider's published keys."""

    def __init__(self, published: CachedFetch[ProviderDocuments], clock: Clock) -> None:
        self._published = published
        self._clock = clock

    def verify(self, token: str, audiences: Collection[str], not_of_type: Collection[str]) -> Verified:
        """Verify a token for one of `audiences` that has none of Keycloak's types `not_of_type`.

        Raises `AuthenticationRequired` where it is not valid, and
        `ProviderUnavailable` where no keys are available.
        """
        signature = _read(token)
        issuer = self._check_signature(signature)
        claims = _claims(signature.payload)
        self._check_claims(claims, issuer, audiences)
        if str(claims.get("typ", "")).lower() in not_of_type:
            raise refused("its type is not accepted here")
        if "cnf" in claims:
            raise refused("it is bound to a key (cnf), which is not supported")
        return Verified(claims, signature.headers()["alg"])

    def _check_signature(self, signature: CompactSignature) -> str:
        """Return the issuer whose keys made the signature."""
        known = self._published.known
        published = self._published.current()
        outcome = published.keys.signed(signature)
        # Keys that were fetched just now are not fetched again.
        if outcome is None and published is known:
            newer = self._published.refreshed_after(published)
            if newer is not None:
                published = newer
                outcome = published.keys.signed(signature)
        if outcome is None:
            raise refused("none of the identity provider's published keys signed it")
        if not outcome:
            raise refused("its signature is wrong")
        return published.metadata.issuer

    def _check_claims(self, claims: Mapping[str, Any], issuer: str, audiences: Collection[str]) -> None:
        rules = JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            aud={"essential": True, "values": list(audiences)},
            exp={"essential": True},
        )
        try:
            rules.validate({name: claims[name] for name in _CHECKED if name in claims})
        except ExpiredTokenError:
            raise refused("it has expired") from None
        except MissingClaimError as error:
            raise refused(f"it lacks the claim {error.claim}") from None
        except ClaimError as error:
            raise refused(_WHY.get(error.claim, f"its claim {error.claim} is malformed")) from None


def _read(token: str) -> CompactSignature:
    """Parse a token and check its header. Its content is not verified yet."""
    if len(token) > MAX_LENGTH:
        raise refused(f"it is longer than {MAX_LENGTH} characters")
    try:
        signature = extract_compact(token.encode("ascii"), registry=REGISTRY)
        header = signature.headers()
        if not isinstance(header, dict):
            raise refused("it is not a signed JWT")
        if header["alg"] not in ALGORITHMS:
            raise refused("its algorithm is not accepted")
        REGISTRY.check_header(header)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise refused("it is not a signed JWT, or requires an unsupported extension") from None
    if str(header.get("typ", "")).lower() not in _TYPES:
        raise refused("its type is not accepted here")
    return signature


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise refused("it has no claims")
    return claims
