"""The sign-in of browsers: the authorization code flow, and attacks on it."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from time import time
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from joserfc.jwk import RSAKey

from iotconfig.adapters.oidc.cached_fetch import COOL_DOWN
from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.domain.access.identity import IdentityProvider
from iotconfig.domain.access.principal import Principal, Role
from iotconfig.domain.errors import AuthenticationRequired, ExternalServiceError
from tests.support.identities import CALLBACK, come_back, parameters_of, registered, signed_in
from tests.support.identity_provider import AUTHORIZE, TOKEN, Provider, claims_of
from tests.support.standing_clock import StandingClock

AWAY = "The identity provider is not available"
ADA = Principal("ada", frozenset({Role.ADMIN}), "Ada Lovelace", "ada@example.org")


@pytest.fixture(autouse=True)
def _ada(provider: Provider) -> None:
    """Add a user to sign in."""
    provider.set_user("ada", name=ADA.name, email=ADA.email, realm_access={"roles": ["admin"]})


def change_id_token(provider: Provider, **more: Any) -> None:
    """Add these claims to the next ID token before it is signed; None removes one."""

    def reshape(answer: dict[str, Any]) -> None:
        claims = {**claims_of(answer["id_token"]), **more}
        answer["id_token"] = provider.sign(
            {name: value for name, value in claims.items() if value is not None}
        )

    provider.reshape = reshape


def test_it_is_an_identity_provider(identity: OidcIdentityProvider) -> None:
    """The adapter implements its port."""
    port: IdentityProvider = identity

    assert port is identity


def test_opaque_access_token(identity: OidcIdentityProvider, provider: Provider) -> None:
    """If the access token is opaque, the ID token is the session."""
    session = signed_in(identity, provider)

    assert "ada" == claims_of(session.token)["sub"]
    assert 3590 < session.seconds < 3630
    assert ADA == session.principal == identity.principal_of_session(session.token)
    with pytest.raises(AuthenticationRequired, match="an access token is expected"):
        identity.principal_of(session.token)


def test_jwt_access_token(identity: OidcIdentityProvider, provider: Provider) -> None:
    """If the access token is for the service, it is the session, and a bearer token as well."""
    provider.jwt_access_tokens(
        aud=["account", provider.client_id], azp=provider.client_id, exp=int(time()) + 60
    )
    session = signed_in(identity, provider)

    assert "Bearer" == claims_of(session.token)["typ"]
    assert 50 < session.seconds < 90
    assert ADA == session.principal == identity.principal_of_session(session.token)
    assert ADA == identity.principal_of(session.token)


def test_jwt_access_token_for_a_configured_audience(provider: Provider, clock: StandingClock) -> None:
    """OIDC_AUDIENCE is the audience of access tokens; a session may have either one."""
    identity = registered(provider, clock, audience="iot-api")
    provider.jwt_access_tokens(aud=["iot-api"])

    assert ["iot-api"] == claims_of(signed_in(identity, provider).token)["aud"]
    provider.reshape = None
    assert ADA == identity.principal_of_session(signed_in(identity, provider).token)


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["account"]}, {"sub": "eve"}, {"typ": "Refresh"}, {"iss": "https://other.example"}, {"exp": 1}],
    ids=str,
)
def test_jwt_access_token_that_is_not_for_us(
    identity: OidcIdentityProvider, provider: Provider, claims: dict[str, Any]
) -> None:
    """An access token for other audiences is ignored: the ID token has the identity."""
    provider.jwt_access_tokens(**claims)
    session = signed_in(identity, provider)

    assert "at_hash" in claims_of(session.token)
    assert ADA == session.principal


def test_a_session_ends_with_its_token(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """The cookie is valid as long as the token in it."""
    session = signed_in(identity, provider)

    clock.shift(seconds=session.seconds + 61)
    with pytest.raises(AuthenticationRequired, match="it has expired"):
        identity.principal_of_session(session.token)


def test_a_session_cookie_expires(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A token without an end gives a cookie for 400 days."""
    change_id_token(provider, exp=10**30)

    assert 400 * 24 * 3600 == signed_in(identity, provider).seconds


@pytest.mark.parametrize("kind", ["Refresh", "Offline", "Logout"])
def test_no_session_from_tokens_for_other_uses(
    identity: OidcIdentityProvider, provider: Provider, kind: str
) -> None:
    """A cookie can be forged, so its token is verified as a bearer token is."""
    with pytest.raises(AuthenticationRequired, match="not accepted here"):
        identity.principal_of_session(provider.token(typ=kind))
    with pytest.raises(AuthenticationRequired, match="another audience"):
        identity.principal_of_session(provider.token(aud="another"))


def test_the_parameters_of_the_authorization_url(identity: OidcIdentityProvider, provider: Provider) -> None:
    """They are complete, and do not contain the redirect."""
    sign_in, url = identity.begin(CALLBACK, "/devices?tab=1")
    sent = parameters_of(url)

    assert f"{provider.issuer}{AUTHORIZE}" == url.partition("?")[0]
    assert {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": sign_in.state,
        "nonce": sign_in.nonce,
        "code_challenge": s256(sign_in.verifier),
        "code_challenge_method": "S256",
    } == sent
    assert "/devices?tab=1" == sign_in.redirect


def s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_configured_scopes(provider: Provider, clock: StandingClock) -> None:
    """Some providers have a scope for roles."""
    _, url = registered(provider, clock, scopes="openid groups").begin(CALLBACK, "/")

    assert "openid groups" == parameters_of(url)["scope"]


def test_an_authorization_endpoint_with_a_query(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The query is kept (RFC 6749, section 3.1)."""
    provider.discovery = {"authorization_endpoint": f"{provider.issuer}{AUTHORIZE}?tenant=a%20b"}
    _, url = identity.begin(CALLBACK, "/")

    assert "a b" == parameters_of(url)["tenant"]
    assert "code" == parameters_of(url)["response_type"]


def test_every_sign_in_has_new_secrets(identity: OidcIdentityProvider) -> None:
    """Each has 43 characters of base64, which are 256 bits."""
    secrets = [
        secret
        for sign_in, _ in (identity.begin(CALLBACK, "/") for _ in range(50))
        for secret in (sign_in.state, sign_in.nonce, sign_in.verifier)
    ]

    assert 150 == len(set(secrets))
    assert {43} == {len(secret) for secret in secrets}


def test_secrets_do_not_show(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The remembered sign-in can be logged without its secrets."""
    sign_in, code = come_back(identity, provider)
    session = identity.finish(CALLBACK, sign_in, code, None)

    assert sign_in.verifier not in repr(sign_in)
    assert sign_in.nonce not in repr(sign_in)
    assert session.token not in repr(session)


def test_pkce_verifier_is_sent_and_matches_the_challenge(
    identity: OidcIdentityProvider, provider: Provider
) -> None:
    """The verifier proves that the same service began the sign-in (RFC 7636)."""
    sign_in, code = come_back(identity, provider)
    identity.finish(CALLBACK, sign_in, code, None)

    (began,), (ended,) = provider.authorizations, provider.exchanges
    assert began["code_challenge"] == s256(ended["code_verifier"])
    assert {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": sign_in.verifier,
    } == ended


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (None, "basic"),
        (["client_secret_basic", "client_secret_post"], "basic"),
        (["client_secret_post", "private_key_jwt"], "post"),
        (["private_key_jwt"], "basic"),
        ("client_secret_post", "basic"),
    ],
    ids=str,
)
def test_how_the_client_authenticates_itself(
    identity: OidcIdentityProvider, provider: Provider, methods: object, expected: str
) -> None:
    """The secret is in the header, or in the form if the provider supports only that."""
    provider.discovery = {"token_endpoint_auth_methods_supported": methods}
    assert ADA == signed_in(identity, provider).principal

    (form,), (header,) = provider.exchanges, provider.credentials
    if expected == "basic":
        name, _, secret = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        # Both are encoded before they are joined (RFC 6749, section 2.3.1).
        assert (provider.client_id, provider.client_secret) == (unquote(name), unquote(secret))
        assert {"client_id", "client_secret"}.isdisjoint(form)
    else:
        assert "" == header
        assert (provider.client_id, provider.client_secret) == (form["client_id"], form["client_secret"])


def test_a_public_client(provider: Provider, clock: StandingClock) -> None:
    """Without a secret it sends only its id; PKCE protects the code."""
    assert ADA == signed_in(registered(provider, clock, client_secret=None), provider).principal

    (form,), (header,) = provider.exchanges, provider.credentials
    assert provider.client_id == form["client_id"]
    assert "client_secret" not in form
    assert "" == header


def test_a_code_used_twice(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A replayed callback is refused by the provider and by the service."""
    sign_in, code = come_back(identity, provider)
    identity.finish(CALLBACK, sign_in, code, None)

    with pytest.raises(AuthenticationRequired, match="refused its code"):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize("code", ["made-up", "", "\x00", "ä", "\u202e", "a" * 5000, "a&client_id=evil", "%"])
def test_a_forged_code(identity: OidcIdentityProvider, provider: Provider, code: str) -> None:
    """An unknown code is refused, whatever its characters are."""
    sign_in, _ = identity.begin(CALLBACK, "/")

    with pytest.raises(AuthenticationRequired, match="refused its code"):
        identity.finish(CALLBACK, sign_in, code, None)
    assert 1 == provider.requests(TOKEN)


def test_a_code_of_another_sign_in(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A code that an attacker inserted has the attacker's nonce."""
    _, planted = come_back(identity, provider, "eve")
    sign_in, _ = identity.begin(CALLBACK, "/")

    with pytest.raises(AuthenticationRequired, match="another sign-in"):
        identity.finish(CALLBACK, sign_in, planted, None)


@pytest.mark.parametrize("nonce", [None, "", "another", 5])
def test_nonce_mismatch(identity: OidcIdentityProvider, provider: Provider, nonce: object) -> None:
    """An ID token with another nonce is refused."""
    sign_in, code = come_back(identity, provider)
    change_id_token(provider, nonce=nonce)

    with pytest.raises(AuthenticationRequired, match="another sign-in"):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"aud": "another"}, "another audience"),
        ({"aud": ["another"]}, "another audience"),
        ({"aud": ["iotconfig", "another"]}, "another client"),
        ({"aud": ["iotconfig", "another"], "azp": "another"}, "another client"),
        ({"azp": "another"}, "another client"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "lacks the claim exp"),
        ({"iat": 4_000_000_000}, "not valid yet"),
        ({"sub": None}, "lacks the claim sub"),
        ({"sub": "a\nb"}, "subject"),
        ({"at_hash": "AAAA"}, "another access token"),
        ({"at_hash": 5}, "another access token"),
        ({"typ": "Refresh"}, "not accepted here"),
    ],
    ids=str,
)
def test_invalid_id_tokens(
    identity: OidcIdentityProvider, provider: Provider, claims: dict[str, Any], why: str
) -> None:
    """An ID token is verified although it came from the provider directly."""
    sign_in, code = come_back(identity, provider)
    change_id_token(provider, **claims)

    with pytest.raises(AuthenticationRequired, match=why):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["iotconfig", "x"], "azp": "iotconfig"}, {"azp": "iotconfig"}, {"at_hash": None}],
    ids=str,
)
def test_valid_id_tokens(identity: OidcIdentityProvider, provider: Provider, claims: dict[str, Any]) -> None:
    """Several audiences are accepted if the client is the authorized party; the hash of the access token is optional."""
    change_id_token(provider, **claims)

    assert ADA == signed_in(identity, provider).principal


def test_an_id_token_by_another_key(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The provider's own connection does not replace the signature."""
    sign_in, code = come_back(identity, provider)
    provider.reshape = lambda answer: answer.update(
        id_token=provider.sign(claims_of(answer["id_token"]), key=RSAKey.generate_key(), kid=provider.kid)
    )

    with pytest.raises(AuthenticationRequired, match="its signature is wrong"):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize("value", [None, 5, "", "opaque"], ids=str)
def test_no_id_token(identity: OidcIdentityProvider, provider: Provider, value: object) -> None:
    """Without it the identity is unknown; an access token does not replace it."""
    sign_in, code = come_back(identity, provider)
    provider.reshape = lambda answer: answer.update(id_token=value)

    with pytest.raises(AuthenticationRequired):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize("value", [None, 5, ["x"], ""], ids=str)
def test_strange_access_tokens(identity: OidcIdentityProvider, provider: Provider, value: object) -> None:
    """The ID token suffices; its hash is verified only for an access token."""
    sign_in, code = come_back(identity, provider)

    def reshape(answer: dict[str, Any]) -> None:
        claims = {name: value for name, value in claims_of(answer["id_token"]).items() if name != "at_hash"}
        answer.update(id_token=provider.sign(claims), access_token=value, expires_in="soon")

    provider.reshape = reshape
    assert ADA == identity.finish(CALLBACK, sign_in, code, None).principal


def test_issuer_in_the_callback(identity: OidcIdentityProvider, provider: Provider) -> None:
    """An issuer in the callback must be the provider (RFC 9207)."""
    sign_in, code = come_back(identity, provider)
    for issuer in ("https://evil.example", f"{provider.issuer}/", ""):
        with pytest.raises(AuthenticationRequired, match="another identity provider"):
            identity.finish(CALLBACK, sign_in, code, issuer)
    assert 0 == provider.requests(TOKEN)

    assert ADA == identity.finish(CALLBACK, sign_in, code, provider.issuer).principal


def test_no_issuer_in_the_callback_of_a_provider_that_sends_it(
    identity: OidcIdentityProvider, provider: Provider
) -> None:
    """The parameter is then required."""
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    sign_in, code = come_back(identity, provider)

    with pytest.raises(AuthenticationRequired, match="another identity provider"):
        identity.finish(CALLBACK, sign_in, code, None)
    assert ADA == identity.finish(CALLBACK, sign_in, code, provider.issuer).principal


def test_keys_rotated_during_a_sign_in(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The new key of the ID token is fetched."""
    sign_in, code = come_back(identity, provider)
    provider.rotate()

    assert ADA == identity.finish(CALLBACK, sign_in, code, None).principal


def test_provider_away(identity: OidcIdentityProvider, provider: Provider, clock: StandingClock) -> None:
    """Sign-ins fail while it is unavailable, and work afterwards."""
    provider.stop()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.begin(CALLBACK, "/")
    assert identity.end_url("http://127.0.0.1:8080/") is None

    provider.start()
    clock.shift(seconds=COOL_DOWN.total_seconds() + 1)
    sign_in, code = come_back(identity, provider)
    provider.stop()
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.finish(CALLBACK, sign_in, code, None)

    provider.start()
    assert ADA == identity.finish(CALLBACK, sign_in, code, None).principal


def test_provider_hangs_at_the_exchange(provider: Provider, clock: StandingClock) -> None:
    """The wait of the browser is limited."""
    identity = registered(provider, clock, seconds=0.2)
    sign_in, code = come_back(identity, provider)
    provider.hang()

    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200), (b"<html>", 502), (b"[" * 100_000, 200), ([], 200), (b"\xff", 200), (b" " * 300_000, 200), ({}, 500),
        ({"error": "invalid_client"}, 401), ({"error": "unauthorized_client"}, 400), ({"error": ["x"]}, 400),
        ({"error": "temporarily_unavailable", "error_description": 'sp"äter\n'}, 503),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_malformed_answers_and_refusals_at_the_exchange(
    identity: OidcIdentityProvider,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    body: object,
    status: int,
) -> None:
    """The error is attributed to the provider or the service, not the browser; the log has the reason."""
    sign_in, code = come_back(identity, provider)
    provider.answer_with(TOKEN, body, status)

    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.finish(CALLBACK, sign_in, code, None)
    (record,) = [r for r in caplog.records if r.name.startswith("iotconfig")]
    assert f"{provider.issuer}{TOKEN}" in record.getMessage()
    assert 1 == len(record.getMessage().splitlines())
    assert code not in caplog.text


def test_invalid_grant_with_a_description(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The error code decides, not the description, which may be in any language."""
    sign_in, code = come_back(identity, provider)
    provider.answer_with(TOKEN, {"error": "invalid_grant", "error_description": 'Ungültiger "Code"\\'}, 400)

    with pytest.raises(AuthenticationRequired, match="refused its code"):
        identity.finish(CALLBACK, sign_in, code, None)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
def test_a_provider_for_tokens_only(identity: OidcIdentityProvider, provider: Provider, name: str) -> None:
    """Its bearer tokens are accepted, and there is no sign-in."""
    provider.discovery = {name: None}

    assert "ada" == identity.principal_of(provider.token()).subject
    with pytest.raises(ExternalServiceError, match=AWAY):
        identity.begin(CALLBACK, "/")


def test_a_token_endpoint_that_is_gone(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """A sign-in that began before cannot be completed."""
    sign_in, code = come_back(identity, provider)
    provider.discovery = {"token_endpoint": None}

    with pytest.raises(ExternalServiceError, match=AWAY):
        registered(provider, clock).finish(CALLBACK, sign_in, code, None)


def test_end_url(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A sign-out continues at the provider, and returns."""
    url = identity.end_url("http://127.0.0.1:8080/?a=b c", "an.id.token")
    assert url is not None

    assert f"{provider.issuer}/oauth2/end_session" == url.partition("?")[0]
    assert {
        "id_token_hint": "an.id.token",
        "client_id": provider.client_id,
        "post_logout_redirect_uri": "http://127.0.0.1:8080/?a=b c",
    } == parameters_of(url)


def test_no_end_url(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The endpoint is optional."""
    provider.discovery = {"end_session_endpoint": None}

    assert identity.end_url("http://127.0.0.1:8080/") is None


def test_denied(identity: OidcIdentityProvider, provider: Provider) -> None:
    """A refusal by the person returns without a code."""
    _, url = identity.begin(CALLBACK, "/")
    back = provider.sign_in(url, deny=True)

    assert CALLBACK == urlsplit(back)._replace(query="").geturl()
    assert "access_denied" == parameters_of(back)["error"]
    assert "code" not in parameters_of(back)
