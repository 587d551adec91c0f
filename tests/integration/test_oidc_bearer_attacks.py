"""Tokens that somebody made up, stole or kept: sent as bearer, all of them are refused."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from time import time
from typing import Any

import pytest
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import ECKey, RSAKey

from iotconfig.adapters.oidc.keys import REGISTRY
from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.adapters.oidc.tokens import LEEWAY, MAX_LENGTH
from iotconfig.domain.errors import AuthenticationRequired
from tests.support.identities import registered
from tests.support.identity_provider import JWKS, Provider
from tests.support.standing_clock import StandingClock


@pytest.fixture(scope="module")
def why(_provider: Provider) -> Callable[[str], str]:
    """Send a token, and return the sentence of its refusal."""
    provider, identity = _provider, registered(_provider, StandingClock())

    def send(token: str) -> str:
        # A valid token first, so that the keys are known.
        assert "ada" == identity.principal_of(provider.token()).subject
        with pytest.raises(AuthenticationRequired) as refusal:
            identity.principal_of(token)
        return str(refusal.value)

    return send


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_alg_none(provider: Provider, why: Callable[[str], str], name: str, signature: str) -> None:
    """A token that says it needs no signature gets nowhere, however that is spelt."""
    token = f"{encoded({'alg': name})}.{encoded(provider.claims())}.{signature}"

    assert "its algorithm is not accepted" in why(token)


@pytest.mark.parametrize("bits", [256, 384, 512])
@pytest.mark.parametrize("encoding", ["PEM", "DER", "JWK"])
def test_hs256_signed_with_the_public_key(
    provider: Provider, why: Callable[[str], str], bits: int, encoding: str
) -> None:
    """The public key is no secret, so a signature made with it as one proves nothing."""
    public = {
        "PEM": provider.key.as_pem(private=False),
        "DER": provider.key.as_der(private=False),
        "JWK": json.dumps(provider.key.as_dict()).encode(),
    }[encoding]
    signed = f"{encoded({'alg': f'HS{bits}', 'kid': provider.kid})}.{encoded(provider.claims())}"
    signature = urlsafe_b64encode(hmac.digest(public, signed.encode(), f"sha{bits}")).rstrip(b"=").decode()

    assert "its algorithm is not accepted" in why(f"{signed}.{signature}")


@pytest.mark.parametrize("name", ["none", "HS256", "ES256K", "dir", "", "rs256"])
def test_algorithms_that_are_not_accepted_are_not_there(name: str) -> None:
    """Behind the look at the header, what verifies signatures has no other algorithms either."""
    with pytest.raises(UnsupportedAlgorithmError):
        REGISTRY.get_alg(name)


@pytest.mark.parametrize("kid", ["the provider's", None])
def test_another_key(provider: Provider, why: Callable[[str], str], kid: str | None) -> None:
    """A signature by a key that is not the provider's does not count, whatever key the token names."""
    forged = provider.sign(provider.claims(), key=RSAKey.generate_key(), kid=kid and provider.kid)

    assert "sign" in why(forged)


def test_another_algorithm_of_the_same_key(provider: Provider, why: Callable[[str], str]) -> None:
    """A signature counts by the algorithm that it was made with."""
    head, claims, signature = provider.token().split(".")
    header = encoded({"alg": "RS512", "kid": provider.kid})

    assert head != header
    assert "its signature is wrong" in why(f"{header}.{claims}.{signature}")


def test_an_algorithm_of_another_type_of_key(provider: Provider, why: Callable[[str], str]) -> None:
    """The id of an RSA key on a signature of an EC key leads nowhere."""
    token = provider.sign(provider.claims(), key=ECKey.generate_key(), alg="ES256", kid=provider.kid)

    assert "its signature is wrong" in why(token)


@pytest.mark.parametrize("member", ["sub", "aud", "exp"])
def test_claims_changed_after_signing(provider: Provider, why: Callable[[str], str], member: str) -> None:
    """A signature is of these claims and no others."""
    head, _, signature = provider.token().split(".")
    changed = {
        **provider.claims(),
        member: {"sub": "eve", "aud": [provider.client_id], "exp": 9999999999}[member],
    }

    assert "its signature is wrong" in why(f"{head}.{encoded(changed)}.{signature}")


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", "the provider's, and a slash", "", None, 5, ["x"]]
)
def test_another_issuer(provider: Provider, why: Callable[[str], str], issuer: object) -> None:
    """The issuer is the provider's to the letter."""
    given = f"{provider.issuer}/" if issuer == "the provider's, and a slash" else issuer

    sentence = why(provider.token(iss=given))
    assert "another issuer" in sentence or "lacks the claim iss" in sentence


@pytest.mark.parametrize(
    "audience",
    ["another", ["another", "account"], [], "", None, "iotconfig2", "IOTCONFIG", 5, [5], {"iotconfig": 1}],
    ids=str,
)
def test_another_audience(provider: Provider, why: Callable[[str], str], audience: object) -> None:
    """A token for somebody else is not for us, however genuine it is."""
    sentence = why(provider.token(aud=audience))
    assert "another audience" in sentence or "lacks the claim aud" in sentence


def test_a_configured_audience_takes_the_client_ids_place(provider: Provider, clock: StandingClock) -> None:
    """With OIDC_AUDIENCE, a token for the client alone is an ID token's likeness, and no bearer."""
    identity = registered(provider, clock, audience="iot-api")

    assert "ada" == identity.principal_of(provider.token(aud=["account", "iot-api"])).subject
    with pytest.raises(AuthenticationRequired, match="another audience"):
        identity.principal_of(provider.token())


def test_expired(provider: Provider, why: Callable[[str], str]) -> None:
    """A token ends when it says so, and a minute later."""
    assert "it has expired" in why(provider.token(exp=int(time()) - LEEWAY - 1))


def test_not_yet_valid(provider: Provider, why: Callable[[str], str]) -> None:
    """A token does not begin before it says so, less a minute."""
    assert "it is not valid yet" in why(provider.token(nbf=int(time()) + LEEWAY + 30))


def test_issued_in_the_future(provider: Provider, why: Callable[[str], str]) -> None:
    """Nobody has a token that was not made yet."""
    assert "it is not valid yet" in why(provider.token(iat=int(time()) + LEEWAY + 30))


@pytest.mark.parametrize(
    "expiry", [None, "never", "9999999999", True, [], float("nan"), float("inf")], ids=str
)
def test_no_expiry_that_is_a_time(provider: Provider, why: Callable[[str], str], expiry: object) -> None:
    """A token that would hold for ever does not hold at all."""
    assert "exp" in why(provider.token(exp=expiry))


@pytest.mark.parametrize("name", ["nbf", "iat"])
@pytest.mark.parametrize("value", ["soon", float("-inf"), False, []], ids=str)
def test_times_that_are_none(provider: Provider, why: Callable[[str], str], name: str, value: object) -> None:
    """What cannot be compared with the time is no time."""
    more: dict[str, Any] = {name: value}

    assert "it is not valid yet" in why(provider.token(**more))


@pytest.mark.parametrize(
    "subject",
    [None, "", 5, ["ada"], "a" * 256, "ada\n", "ada\x00", "ada\ud800", "ada\u202e", True],
    ids=ascii,
)
def test_no_subject_to_sign_with(provider: Provider, why: Callable[[str], str], subject: Any) -> None:
    """Whoever changes something is named in its history: by text that can be stored and shown."""
    assert "sub" in why(provider.token(subject))


@pytest.mark.parametrize("kind", ["ID", "id", "Refresh", "Offline", "Logout"])
def test_keycloaks_tokens_for_other_uses(provider: Provider, why: Callable[[str], str], kind: str) -> None:
    """An ID token, a refresh token and a logout token are genuine, and give access to nothing."""
    assert "its type is not accepted here" in why(provider.token(typ=kind))


@pytest.mark.parametrize("name", ["at_hash", "c_hash"])
def test_an_id_token_is_no_access_token(provider: Provider, why: Callable[[str], str], name: str) -> None:
    """An ID token tells a client who signed in; it is for nobody else."""
    more: dict[str, Any] = {name: "x"}

    assert "an access token is expected" in why(provider.token(**more))


def test_a_token_bound_to_a_key(provider: Provider, why: Callable[[str], str]) -> None:
    """A token that counts with its owner's key only (RFC 7800: DPoP, mutual TLS) does not count without."""
    assert "it is bound to a key" in why(provider.token(cnf={"jkt": "x"}))


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "x"])
def test_types_in_the_header_for_other_uses(provider: Provider, why: Callable[[str], str], kind: str) -> None:
    """What the header calls something else is something else."""
    assert "its type is not accepted here" in why(provider.sign(provider.claims(), typ=kind))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"crit": "x"},
        {"b64": False},
    ],
    ids=str,
)
def test_critical_headers(provider: Provider, why: Callable[[str], str], header: dict[str, Any]) -> None:
    """An extension that must be understood is not, so the token does not hold (RFC 7515, section 4.1.11)."""
    _, claims, signature = provider.token().split(".")
    token = f"{encoded({'alg': 'RS256', 'kid': provider.kid, **header})}.{claims}.{signature}"

    assert "unsupported extension" in why(token)


def test_keys_that_a_token_brings_along(provider: Provider, why: Callable[[str], str]) -> None:
    """A key inside the token, or at an address that it names, proves nothing; nobody goes and fetches it."""
    own = RSAKey.generate_key()
    with Provider() as attacker:
        attacker.published = [own]
        brought = {
            "jwk": own.as_dict(),
            "jku": f"{attacker.issuer}{JWKS}",
            "x5u": f"{attacker.issuer}/x5u",
            "x5c": ["MIIB"],
        }
        for kid in (own.thumbprint(), provider.kid, None):
            assert "sign" in why(provider.sign(provider.claims(), key=own, kid=kid, **brought))

        assert 0 == attacker.requests(JWKS)
        assert 0 == attacker.requests("/x5u")


def test_too_long(provider: Provider, why: Callable[[str], str]) -> None:
    """A token that is longer than any real one is not even looked at."""
    fitting = provider.token(pad="x" * (MAX_LENGTH * 3 // 4 - 600))

    assert len(fitting) < MAX_LENGTH
    assert "longer than 16384 characters" in why(provider.token(pad="x" * MAX_LENGTH))
    assert "longer than" in why("x" * 10_000_000)


def test_long_but_not_too_long(provider: Provider, clock: StandingClock) -> None:
    """A member of many groups gets in."""
    token = provider.token(groups=[f"group {number:04}" for number in range(600)])

    assert 8000 < len(token) < MAX_LENGTH
    assert "ada" == registered(provider, clock).principal_of(token).subject


NONSENSE = [
    "", ".", "..", "...", "a.b.c", "a.b.c.d.e", "Bearer", "\x00", "ä.ö.ü", "\ud800.a.b", " . . ", "e30.e30.",
    f"{encoded([])}.e30.AA", f"{encoded(['alg'])}.e30.AA", f"{encoded('alg b64')}.e30.AA", f"{encoded(5)}.e30.AA",
    f"{encoded({'alg': None})}.e30.AA", f"{encoded({'alg': ['RS256']})}.e30.AA", f"{encoded({'alg': {}})}.e30.AA",
    f"{encoded({'alg': 'RS256', 'kid': 5})}.e30.AA", f"{encoded({'alg': 'RS256', 'kid': ['x']})}.e30.AA",
    f"{encoded({'alg': 'RS256', 'typ': 5})}.e30.AA", f"{encoded({'alg': 'RS256', 'jwk': 5})}.e30.AA",
    f"{encoded({'alg': 'RS256'})}.e30.AA", f"{encoded({'alg': 'RS256'})}.e30.", f"{encoded({'alg': 'RS256'})}.%%.AA",
    f"{urlsafe_b64encode(b'[' * 6000).decode().rstrip('=')}.e30.AA",
    f"{encoded({'alg': 'RS256'})}.{urlsafe_b64encode(b'[' * 6000).decode().rstrip('=')}.AA",
    f"{urlsafe_b64encode(b'1' * 6000).decode().rstrip('=')}.e30.AA",
]  # fmt: skip


@pytest.mark.parametrize("token", NONSENSE, ids=lambda token: ascii(token)[:32])
def test_nonsense(why: Callable[[str], str], token: str) -> None:
    """What is no token at all is refused as one, and never breaks anything."""
    assert why(token).startswith("The token is not valid: ")


@pytest.mark.parametrize(
    "claims", [b"[]", b"5", b"null", b"", b"{", b"\xff", b"[" * 6000, b'{"sub":' + b"9" * 5000 + b"}"]
)
def test_signed_nonsense(identity: OidcIdentityProvider, provider: Provider, claims: bytes) -> None:
    """The provider's signature under what are no claims makes none of it."""
    with pytest.raises(AuthenticationRequired, match="it has no claims"):
        identity.principal_of(provider.sign_bytes(claims))
