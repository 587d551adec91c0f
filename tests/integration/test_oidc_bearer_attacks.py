"""Forged, stolen and expired bearer tokens, which are all refused."""

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
from iotconfig.entrypoints.wiring.clock import utc_now
from tests.support.identities import registered
from tests.support.identity_provider import JWKS, Provider
from tests.support.standing_clock import StandingClock


@pytest.fixture(scope="module")
def refusal_of(_provider: Provider) -> Callable[[str], str]:
    """Sends a token, and returns the sentence of its refusal."""
    # Its clock runs, because the tests take the times of their tokens from the real one.
    provider, identity = _provider, registered(_provider, utc_now)

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
def test_alg_none(provider: Provider, refusal_of: Callable[[str], str], name: str, signature: str) -> None:
    """A token without a signature is refused in any spelling of `none`."""
    token = f"{encoded({'alg': name})}.{encoded(provider.claims())}.{signature}"

    assert "its algorithm is not accepted" in refusal_of(token)


@pytest.mark.parametrize("bits", [256, 384, 512])
@pytest.mark.parametrize("encoding", ["PEM", "DER", "JWK"])
def test_hs256_signed_with_the_public_key(
    provider: Provider, refusal_of: Callable[[str], str], bits: int, encoding: str
) -> None:
    """The public key is not accepted as a shared secret."""
    public = {
        "PEM": provider.key.as_pem(private=False),
        "DER": provider.key.as_der(private=False),
        "JWK": json.dumps(provider.key.as_dict()).encode(),
    }[encoding]
    signed = f"{encoded({'alg': f'HS{bits}', 'kid': provider.kid})}.{encoded(provider.claims())}"
    signature = urlsafe_b64encode(hmac.digest(public, signed.encode(), f"sha{bits}")).rstrip(b"=").decode()

    assert "its algorithm is not accepted" in refusal_of(f"{signed}.{signature}")


@pytest.mark.parametrize("name", ["none", "HS256", "ES256K", "dir", "", "rs256"])
def test_other_algorithms_are_not_registered(name: str) -> None:
    """The library that verifies signatures has no other algorithms either."""
    with pytest.raises(UnsupportedAlgorithmError):
        REGISTRY.get_alg(name)


@pytest.mark.parametrize("kid", ["the provider's", None])
def test_another_key(provider: Provider, refusal_of: Callable[[str], str], kid: str | None) -> None:
    """A signature by a key that is not the provider's is refused, whatever id it names."""
    forged = provider.sign(provider.claims(), key=RSAKey.generate_key(), kid=kid and provider.kid)

    assert "sign" in refusal_of(forged)


def test_another_algorithm_of_the_same_key(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A signature is verified with the algorithm that the header names."""
    head, claims, signature = provider.token().split(".")
    header = encoded({"alg": "RS512", "kid": provider.kid})

    assert head != header
    assert "its signature is wrong" in refusal_of(f"{header}.{claims}.{signature}")


def test_an_algorithm_of_another_type_of_key(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """The id of an RSA key with a signature of an EC key is refused."""
    token = provider.sign(provider.claims(), key=ECKey.generate_key(), alg="ES256", kid=provider.kid)

    assert "its signature is wrong" in refusal_of(token)


@pytest.mark.parametrize("member", ["sub", "aud", "exp"])
def test_claims_changed_after_signing(
    provider: Provider, refusal_of: Callable[[str], str], member: str
) -> None:
    """The signature does not match the changed claims."""
    head, _, signature = provider.token().split(".")
    changed = {
        **provider.claims(),
        member: {"sub": "eve", "aud": [provider.client_id], "exp": 9999999999}[member],
    }

    assert "its signature is wrong" in refusal_of(f"{head}.{encoded(changed)}.{signature}")


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", "the provider's, and a slash", "", None, 5, ["x"]]
)
def test_another_issuer(provider: Provider, refusal_of: Callable[[str], str], issuer: object) -> None:
    """The issuer is compared exactly."""
    given = f"{provider.issuer}/" if issuer == "the provider's, and a slash" else issuer

    sentence = refusal_of(provider.token(iss=given))
    assert "another issuer" in sentence or "lacks the claim iss" in sentence


@pytest.mark.parametrize(
    "audience",
    ["another", ["another", "account"], [], "", None, "iotconfig2", "IOTCONFIG", 5, [5], {"iotconfig": 1}],
    ids=str,
)
def test_another_audience(provider: Provider, refusal_of: Callable[[str], str], audience: object) -> None:
    """A valid token for another audience is refused."""
    sentence = refusal_of(provider.token(aud=audience))
    assert "another audience" in sentence or "lacks the claim aud" in sentence


def test_a_configured_audience_takes_the_client_ids_place(provider: Provider, clock: StandingClock) -> None:
    """With OIDC_AUDIENCE, a token for the client id alone may be an ID token, and is refused."""
    identity = registered(provider, clock, audience="iot-api")

    assert "ada" == identity.principal_of(provider.token(aud=["account", "iot-api"])).subject
    with pytest.raises(AuthenticationRequired, match="another audience"):
        identity.principal_of(provider.token())


def test_expired(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A token is refused a minute after its expiry."""
    assert "it has expired" in refusal_of(provider.token(exp=int(time()) - LEEWAY - 1))


def test_not_yet_valid(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A token is refused until a minute before its begin."""
    assert "it is not valid yet" in refusal_of(provider.token(nbf=int(time()) + LEEWAY + 30))


def test_issued_in_the_future(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A token with a time of issue in the future is refused."""
    assert "it is not valid yet" in refusal_of(provider.token(iat=int(time()) + LEEWAY + 30))


@pytest.mark.parametrize(
    "expiry", [None, "never", "9999999999", True, [], float("nan"), float("inf")], ids=str
)
def test_no_valid_expiry(provider: Provider, refusal_of: Callable[[str], str], expiry: object) -> None:
    """A token without an expiry is refused."""
    assert "exp" in refusal_of(provider.token(exp=expiry))


@pytest.mark.parametrize("name", ["nbf", "iat"])
@pytest.mark.parametrize("value", ["soon", float("-inf"), False, []], ids=str)
def test_invalid_times(
    provider: Provider, refusal_of: Callable[[str], str], name: str, value: object
) -> None:
    """A value that cannot be compared with the time is refused."""
    more: dict[str, Any] = {name: value}

    assert "it is not valid yet" in refusal_of(provider.token(**more))


@pytest.mark.parametrize(
    "subject",
    [None, "", 5, ["ada"], "a" * 256, "ada\n", "ada\x00", "ada\ud800", "ada\u202e", True],
    ids=ascii,
)
def test_no_valid_subject(provider: Provider, refusal_of: Callable[[str], str], subject: Any) -> None:
    """The subject is the author of changes, so it must be text that can be stored."""
    assert "sub" in refusal_of(provider.token(subject))


@pytest.mark.parametrize("kind", ["ID", "id", "Refresh", "Offline", "Logout"])
def test_keycloaks_tokens_for_other_uses(
    provider: Provider, refusal_of: Callable[[str], str], kind: str
) -> None:
    """ID tokens, refresh tokens and logout tokens are genuine, and are refused."""
    assert "its type is not accepted here" in refusal_of(provider.token(typ=kind))


@pytest.mark.parametrize("name", ["at_hash", "c_hash"])
def test_an_id_token_is_not_an_access_token(
    provider: Provider, refusal_of: Callable[[str], str], name: str
) -> None:
    """An ID token is for the client only."""
    more: dict[str, Any] = {name: "x"}

    assert "an access token is expected" in refusal_of(provider.token(**more))


def test_a_token_bound_to_a_key(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A token that requires proof of its owner's key (RFC 7800: DPoP, mutual TLS) is refused."""
    assert "it is bound to a key" in refusal_of(provider.token(cnf={"jkt": "x"}))


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "x"])
def test_types_in_the_header_for_other_uses(
    provider: Provider, refusal_of: Callable[[str], str], kind: str
) -> None:
    """Other types of tokens are refused."""
    assert "its type is not accepted here" in refusal_of(provider.sign(provider.claims(), typ=kind))


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
def test_critical_headers(
    provider: Provider, refusal_of: Callable[[str], str], header: dict[str, Any]
) -> None:
    """An unknown critical extension invalidates the token (RFC 7515, section 4.1.11)."""
    _, claims, signature = provider.token().split(".")
    token = f"{encoded({'alg': 'RS256', 'kid': provider.kid, **header})}.{claims}.{signature}"

    assert "unsupported extension" in refusal_of(token)


def test_keys_in_a_token(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A key inside the token, or at a URL in it, is ignored, and nothing is fetched."""
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
            assert "sign" in refusal_of(provider.sign(provider.claims(), key=own, kid=kid, **brought))

        assert 0 == attacker.requests(JWKS)
        assert 0 == attacker.requests("/x5u")


def test_too_long(provider: Provider, refusal_of: Callable[[str], str]) -> None:
    """A token above the maximum length is not parsed."""
    fitting = provider.token(pad="x" * (MAX_LENGTH * 3 // 4 - 600))

    assert len(fitting) < MAX_LENGTH
    assert "longer than 16384 characters" in refusal_of(provider.token(pad="x" * MAX_LENGTH))
    assert "longer than" in refusal_of("x" * 10_000_000)


def test_long_but_not_too_long(provider: Provider, clock: StandingClock) -> None:
    """A token with many groups is accepted."""
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
def test_malformed_tokens(refusal_of: Callable[[str], str], token: str) -> None:
    """They are refused without an unexpected error."""
    assert refusal_of(token).startswith("The token is not valid: ")


@pytest.mark.parametrize(
    "claims", [b"[]", b"5", b"null", b"", b"{", b"\xff", b"[" * 6000, b'{"sub":' + b"9" * 5000 + b"}"]
)
def test_malformed_claims_with_a_valid_signature(
    identity: OidcIdentityProvider, provider: Provider, claims: bytes
) -> None:
    """They are refused without an unexpected error."""
    with pytest.raises(AuthenticationRequired, match="it has no claims"):
        identity.principal_of(provider.sign_bytes(claims))
