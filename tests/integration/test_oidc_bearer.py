"""Valid bearer tokens: identities, and every kind of signature of a provider."""

from __future__ import annotations

from time import time
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.adapters.oidc.roles import RoleNames
from iotconfig.adapters.oidc.tokens import LEEWAY
from iotconfig.domain.access.principal import Principal, Role
from iotconfig.domain.errors import AuthenticationRequired
from tests.support.identities import registered
from tests.support.identity_provider import JWKS, Provider
from tests.support.standing_clock import StandingClock


def test_the_identity_of_a_token(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A token in Keycloak's form has subject, name and roles."""
    token = provider.token(
        typ="Bearer",
        azp="another-client",
        name="Ada Lovelace",
        preferred_username="ada.l",
        email="ada@example.org",
        realm_access={"roles": ["offline_access", "admin"]},
        resource_access={"account": {"roles": ["viewer"]}, "iotconfig": {"roles": ["asset-uploader"]}},
    )

    ada = Principal("ada", frozenset({Role.ADMIN, Role.ASSET_UPLOADER}), "Ada Lovelace", "ada@example.org")
    assert ada == identity.principal_of(token)
    assert ada == identity.principal_of_session(token)


def test_invalid_names_are_left_out(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A name is only for display, so the token is accepted without it."""
    token = provider.token(name="Ada\x00", preferred_username="ada.l", email=["ada@example.org"])

    assert Principal("ada", frozenset(), "ada.l", None) == identity.principal_of(token)


def test_roles_by_other_names(provider: Provider, clock: StandingClock) -> None:
    """Settings have the names of roles, and the claim that lists them."""
    names = RoleNames(admin="iot-admins", viewer="everyone", claim="groups")
    identity = registered(provider, clock, roles=names)

    roles = identity.principal_of(provider.token(groups=["everyone", "iot-admins", "admin"])).roles
    assert {Role.ADMIN, Role.VIEWER} == roles


@pytest.mark.parametrize("audience", [["iotconfig"], ["account", "iotconfig", "x"], "iotconfig"], ids=str)
def test_several_audiences(identity: OidcIdentityProvider, provider: Provider, audience: object) -> None:
    """The client is one of them."""
    assert "ada" == identity.principal_of(provider.token(aud=audience)).subject


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -LEEWAY + 15), ("nbf", LEEWAY - 15), ("iat", LEEWAY - 15)]
)
def test_clocks_a_little_apart(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock, claim: str, seconds: int
) -> None:
    """A difference of a minute is tolerated."""
    claims = {**provider.claims(), claim: int(clock().timestamp()) + seconds}

    assert "ada" == identity.principal_of(provider.sign(claims)).subject


@pytest.mark.parametrize("minutes", [-10, 10])
def test_our_clock_far_off(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock, minutes: int
) -> None:
    """A difference of ten minutes is refused."""
    token = provider.token()
    assert "ada" == identity.principal_of(token).subject

    clock.shift(minutes=minutes)
    with pytest.raises(AuthenticationRequired, match="not valid yet" if minutes < 0 else "expired"):
        identity.principal_of(token)


def test_times_with_fractions(identity: OidcIdentityProvider, provider: Provider) -> None:
    """RFC 7519 allows them."""
    assert "ada" == identity.principal_of(provider.token(exp=time() + 0.5, iat=time() - 0.5)).subject


RSA = RSAKey.generate_key()
SIGNED: list[tuple[str, Key]] = [
    *[(f"{family}{bits}", RSA) for family in ("RS", "PS") for bits in (256, 384, 512)],
    ("ES256", ECKey.generate_key("P-256")),
    ("ES384", ECKey.generate_key("P-384")),
    ("ES512", ECKey.generate_key("P-521")),
    ("EdDSA", OKPKey.generate_key("Ed25519")),
    ("Ed25519", OKPKey.generate_key("Ed25519")),
]


@pytest.mark.parametrize(("algorithm", "key"), SIGNED, ids=[algorithm for algorithm, _ in SIGNED])
@pytest.mark.parametrize("kid", [True, False], ids=["kid", "no-kid"])
def test_every_algorithm(
    identity: OidcIdentityProvider, provider: Provider, algorithm: str, key: Key, kid: bool
) -> None:
    """All asymmetric signatures are accepted, with or without the id of the key."""
    provider.published = [ECKey.generate_key("P-256"), key, OKPKey.generate_key("X25519")]
    header: dict[str, Any] = {"alg": algorithm} if kid else {"alg": algorithm, "kid": None}

    assert "ada" == identity.principal_of(provider.sign(provider.claims(), key=key, **header)).subject


@pytest.mark.parametrize("kind", [None, "JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_types_in_the_header(identity: OidcIdentityProvider, provider: Provider, kind: str | None) -> None:
    """The type may be a JWT, an access token (RFC 9068), or missing."""
    assert "ada" == identity.principal_of(provider.sign(provider.claims(), typ=kind)).subject


def test_unknown_headers(identity: OidcIdentityProvider, provider: Provider) -> None:
    """Headers that are not critical are ignored (RFC 7515, section 4)."""
    token = provider.sign(provider.claims(), x5t="abc", nonce="x", kid=provider.kid, x5c=["M" * 2000])

    assert "ada" == identity.principal_of(token).subject


@pytest.mark.parametrize(
    "more",
    [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["encrypt"]}],
    ids=["for-encryption", "for-another-algorithm", "for-another-operation"],
)
def test_keys_for_other_uses(
    identity: OidcIdentityProvider, provider: Provider, more: dict[str, Any]
) -> None:
    """A key verifies only the signatures that it was published for."""
    other = provider.key.as_dict() | {"kid": provider.kid} | more
    provider.answer_with(JWKS, {"keys": [other, ECKey.generate_key().as_dict()]})

    with pytest.raises(AuthenticationRequired, match="sign"):
        identity.principal_of(provider.token())


def test_unusable_keys_are_ignored(identity: OidcIdentityProvider, provider: Provider) -> None:
    """One unknown kind of key does not affect the others (RFC 7517, section 5)."""
    good = {**provider.key.as_dict(), "kid": provider.kid, "x5c": 5, "ext": True}
    strange: list[object] = [
        5, None, [], {}, {"kty": "RSA"}, {"kty": ["RSA"]}, {"kty": "AKP", "alg": "ML-DSA-44"},
        {"kty": "RSA", "n": 5, "e": "AQAB"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "RSA", "n": "%", "e": "%"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": "oct", "k": "AAAA"}, {**good, "kid": 5}, {**good, "use": 5},
    ]  # fmt: skip
    provider.answer_with(JWKS, {"keys": [*strange, good]})

    assert "ada" == identity.principal_of(provider.token()).subject


def test_two_keys_with_one_id(identity: OidcIdentityProvider, provider: Provider) -> None:
    """Keys of different types may share an id (RFC 7517, section 4.5)."""
    curve = ECKey.generate_key()
    shared = [{**key.as_dict(), "kid": "1"} for key in (curve, provider.key)]
    provider.answer_with(JWKS, {"keys": shared})

    for token in (
        provider.sign(provider.claims(), kid="1"),
        provider.sign(provider.claims(), key=curve, alg="ES256", kid="1"),
    ):
        assert "ada" == identity.principal_of(token).subject


def test_a_short_rsa_key_is_ignored(identity: OidcIdentityProvider, provider: Provider) -> None:
    """RFC 7518 requires 2048 bits."""
    short = _key_of_1024_bits()
    provider.published = [short]

    with pytest.raises(AuthenticationRequired, match="published keys signed it"):
        identity.principal_of(provider.sign(provider.claims(), key=short))


def _key_of_1024_bits() -> RSAKey:
    with pytest.warns(match="2048"):
        return RSAKey.generate_key(1024)
