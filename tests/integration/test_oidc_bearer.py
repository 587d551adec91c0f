"""Tokens that hold: whose they are, and every way in which a provider may have signed them."""

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


def test_who_it_is(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A token as Keycloak makes them says who calls, how they are called, and what they may do."""
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


def test_names_that_cannot_be_shown_are_left_out(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A name is there for people to read; a token is not refused for want of one."""
    token = provider.token(name="Ada\x00", preferred_username="ada.l", email=["ada@example.org"])

    assert Principal("ada", frozenset(), "ada.l", None) == identity.principal_of(token)


def test_roles_by_other_names(provider: Provider, clock: StandingClock) -> None:
    """An operator says what the roles are called, and which claim lists them."""
    names = RoleNames(admin="iot-admins", viewer="everyone", claim="groups")
    identity = registered(provider, clock, roles=names)

    roles = identity.principal_of(provider.token(groups=["everyone", "iot-admins", "admin"])).roles
    assert {Role.ADMIN, Role.VIEWER} == roles


@pytest.mark.parametrize("audience", [["iotconfig"], ["account", "iotconfig", "x"], "iotconfig"], ids=str)
def test_several_audiences(identity: OidcIdentityProvider, provider: Provider, audience: object) -> None:
    """We are one of those that a token is for."""
    assert "ada" == identity.principal_of(provider.token(aud=audience)).subject


@pytest.mark.parametrize(
    ("claim", "seconds"), [("exp", -LEEWAY + 15), ("nbf", LEEWAY - 15), ("iat", LEEWAY - 15)]
)
def test_clocks_a_little_apart(
    identity: OidcIdentityProvider, provider: Provider, claim: str, seconds: int
) -> None:
    """A minute's difference between two clocks locks nobody out."""
    claims = {**provider.claims(), claim: int(time()) + seconds}

    assert "ada" == identity.principal_of(provider.sign(claims)).subject


@pytest.mark.parametrize("minutes", [-10, 10])
def test_our_clock_far_off(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock, minutes: int
) -> None:
    """Ten minutes' difference does: a token is then of another time."""
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
    """Asymmetric signatures of all kinds hold, whether the token names its key or not."""
    provider.published = [ECKey.generate_key("P-256"), key, OKPKey.generate_key("X25519")]
    header: dict[str, Any] = {"alg": algorithm} if kid else {"alg": algorithm, "kid": None}

    assert "ada" == identity.principal_of(provider.sign(provider.claims(), key=key, **header)).subject


@pytest.mark.parametrize("kind", [None, "JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_types_in_the_header(identity: OidcIdentityProvider, provider: Provider, kind: str | None) -> None:
    """A token may call itself a JWT, an access token (RFC 9068), or nothing."""
    assert "ada" == identity.principal_of(provider.sign(provider.claims(), typ=kind)).subject


def test_headers_nobody_knows(identity: OidcIdentityProvider, provider: Provider) -> None:
    """What is not critical is ignored (RFC 7515, section 4)."""
    token = provider.sign(provider.claims(), x5t="abc", nonce="x", kid=provider.kid, x5c=["M" * 2000])

    assert "ada" == identity.principal_of(token).subject


@pytest.mark.parametrize(
    "more",
    [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["encrypt"]}],
    ids=["for-encryption", "for-another-algorithm", "for-another-operation"],
)
def test_keys_that_are_for_something_else(
    identity: OidcIdentityProvider, provider: Provider, more: dict[str, Any]
) -> None:
    """A key signs nothing that it was not published for."""
    other = provider.key.as_dict() | {"kid": provider.kid} | more
    provider.answer_with(JWKS, {"keys": [other, ECKey.generate_key().as_dict()]})

    with pytest.raises(AuthenticationRequired, match="sign"):
        identity.principal_of(provider.token())


def test_keys_that_cannot_be_used_are_left_out(identity: OidcIdentityProvider, provider: Provider) -> None:
    """One key that we do not understand does not keep the others from their work (RFC 7517, section 5)."""
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


def test_a_short_rsa_key_signs_nothing(identity: OidcIdentityProvider, provider: Provider) -> None:
    """RFC 7518 asks for 2048 bits; fewer can be broken."""
    short = _key_of_1024_bits()
    provider.published = [short]

    with pytest.raises(AuthenticationRequired, match="published keys signed it"):
        identity.principal_of(provider.sign(provider.claims(), key=short))


def _key_of_1024_bits() -> RSAKey:
    with pytest.warns(match="2048"):
        return RSAKey.generate_key(1024)
