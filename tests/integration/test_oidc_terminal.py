"""The sign-in at a terminal (RFC 8628): its requests to the provider, and hostile answers."""

from __future__ import annotations

from time import time
from typing import Any

import pytest

from iotconfig.adapters.oidc.provider import OidcIdentityProvider
from iotconfig.domain.access.identity import Session, TerminalSignIn, Waiting
from iotconfig.domain.access.principal import Principal, Role
from iotconfig.domain.errors import AuthenticationRequired, ExternalServiceError, Unprocessable
from tests.support.identities import registered
from tests.support.identity_provider import DEVICE_AUTHORIZATION, TOKEN, Provider, claims_of
from tests.support.standing_clock import StandingClock
from tests.support.terminal_sign_ins import DEVICE_CODE, approve

ADA = Principal("ada", frozenset({Role.ADMIN}), "Ada Lovelace", "ada@example.org")


@pytest.fixture(autouse=True)
def _ada(provider: Provider) -> None:
    """Add a user to sign in."""
    provider.set_user("ada", name=ADA.name, email=ADA.email, realm_access={"roles": ["admin"]})


def signed_in(identity: OidcIdentityProvider) -> Session:
    """Begin a sign-in, approve it, and return its session."""
    sign_in = identity.begin_at_terminal()
    approve(sign_in.verification_uri, sign_in.user_code)
    session = identity.finish_at_terminal(sign_in.device_code)
    assert isinstance(session, Session)
    return session


def test_a_person_approves_with_a_browser(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The session is that of a browser's sign-in: the ID token where access tokens are opaque, else the access token."""
    sign_in = identity.begin_at_terminal()
    where = f"{provider.issuer}/device"
    expected = TerminalSignIn(sign_in.device_code, "CODE-1", where, f"{where}?user_code=CODE-1", 600, 1)

    assert expected == sign_in
    assert sign_in.device_code not in repr(sign_in)
    assert Waiting.PENDING is identity.finish_at_terminal(sign_in.device_code)
    approve(sign_in.verification_uri, sign_in.user_code)
    session = identity.finish_at_terminal(sign_in.device_code)
    assert isinstance(session, Session)
    assert 290 < session.seconds < 330
    assert ADA == session.principal == identity.principal_of_session(session.token)

    provider.jwt_access_tokens(aud=provider.client_id)
    assert "Bearer" == claims_of(signed_in(identity).token)["typ"]


@pytest.mark.parametrize("secret", [None, "a: secret"], ids=["public", "confidential"])
def test_the_requests(provider: Provider, clock: StandingClock, secret: str | None) -> None:
    """They have the client's credentials; the first has the scopes, and the client id even if the header has it."""
    signed_in(registered(provider, clock, client_secret=secret, scopes="openid groups"))

    (began,), (asked,) = provider.terminals.begun, provider.exchanges
    assert {"client_id": provider.client_id, "scope": "openid groups"} == began
    identified = {"client_id": provider.client_id} if secret is None else {}
    assert {"grant_type": DEVICE_CODE, "device_code": asked["device_code"], **identified} == asked
    assert {secret is None} == {not header for header in provider.credentials}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("access_denied", "was refused at the identity provider"),
        ("expired_token", "was not approved in time: begin again"),
        ("invalid_grant", "refused its code"),
    ],
)
def test_refusals(identity: OidcIdentityProvider, provider: Provider, answer: str, why: str) -> None:
    """They end the sign-in."""
    provider.terminals.answers = [answer]

    with pytest.raises(AuthenticationRequired, match=why):
        identity.finish_at_terminal("device-1")


def test_a_session_is_given_once(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The person refuses; a code is used twice, or made up; requests come too often."""
    refused = identity.begin_at_terminal()
    approve(refused.verification_uri, refused.user_code, None)
    with pytest.raises(AuthenticationRequired, match="was refused"):
        identity.finish_at_terminal(refused.device_code)

    signed_in(identity)
    used = provider.exchanges[-1]["device_code"]
    for device_code in (used, "made up & ä"):
        with pytest.raises(AuthenticationRequired, match="refused its code"):
            identity.finish_at_terminal(device_code)

    provider.terminals.answers = ["slow_down"]
    assert Waiting.SLOW_DOWN is identity.finish_at_terminal(used)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another"}, "another audience"),
        ({"aud": ["iotconfig", "another"]}, "another client"),
        ({"azp": "another"}, "another client"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"exp": 1}, "expired"),
        ({"at_hash": "AAAA"}, "another access token"),
        ({"typ": "Refresh"}, "not accepted here"),
        ({"sub": "anonymous"}, "reserved"),
    ],
    ids=str,
)
def test_invalid_id_tokens(
    identity: OidcIdentityProvider, provider: Provider, claims: dict[str, Any], why: str
) -> None:
    """The rules of a browser's sign-in hold, apart from the nonce."""
    provider.reshape = lambda answer: answer.update(
        id_token=provider.sign({**claims_of(answer["id_token"]), **claims})
    )

    with pytest.raises(AuthenticationRequired, match=why):
        signed_in(identity)


def test_no_id_token(identity: OidcIdentityProvider, provider: Provider) -> None:
    """An access token does not replace it."""
    provider.reshape = lambda answer: answer.update(id_token=None, access_token=provider.token())

    with pytest.raises(AuthenticationRequired, match="sent no ID token"):
        signed_in(identity)


def test_a_provider_without_this_sign_in(identity: OidcIdentityProvider, provider: Provider) -> None:
    """It has no endpoint, or does not allow it to this client; the two are not told apart."""
    for error in ("unauthorized_client", "unsupported_grant_type"):
        provider.answer_with(DEVICE_AUTHORIZATION, {"error": error}, 400)
        with pytest.raises(Unprocessable, match="does not offer this service"):
            identity.begin_at_terminal()
    provider.answer_as_it_should()


def test_a_provider_without_the_endpoint(provider: Provider, clock: StandingClock) -> None:
    """No request is sent."""
    provider.discovery = {"device_authorization_endpoint": None}

    with pytest.raises(Unprocessable, match="does not offer this service"):
        registered(provider, clock).begin_at_terminal()
    assert 0 == provider.requests(DEVICE_AUTHORIZATION)


@pytest.mark.parametrize("path", [DEVICE_AUTHORIZATION, TOKEN])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{" + b" " * 300_000 + b"}", 200),
        ([], 200),
        ({"error": "server_error"}, 500),
        ({"error": ["x"]}, 400),
        ({"error": "invalid_client", "error_description": "s3cr3t"}, 401),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_answer_that_is_not_usable(
    identity: OidcIdentityProvider, provider: Provider, path: str, body: object, status: int
) -> None:
    """Empty, too large, no object, or an error about something else than the sign-in."""
    provider.answer_with(path, body, status)

    with pytest.raises(ExternalServiceError, match="The identity provider is not available") as caught:
        identity.finish_at_terminal("device-1") if path == TOKEN else identity.begin_at_terminal()
    assert "s3cr3t" not in str(caught.value)


def test_a_provider_that_is_away(identity: OidcIdentityProvider, provider: Provider) -> None:
    """The sign-in can be finished when it is back."""
    sign_in = identity.begin_at_terminal()
    approve(sign_in.verification_uri, sign_in.user_code)
    provider.stop()
    for ask in (identity.begin_at_terminal, lambda: identity.finish_at_terminal(sign_in.device_code)):
        with pytest.raises(ExternalServiceError):
            ask()
    provider.start()

    assert isinstance(identity.finish_at_terminal(sign_in.device_code), Session)


def test_a_session_ends_with_its_token(
    identity: OidcIdentityProvider, provider: Provider, clock: StandingClock
) -> None:
    """There is no refresh, as for browsers."""
    provider.jwt_access_tokens(aud=provider.client_id, exp=int(time()) + 60)
    session = signed_in(identity)
    assert 50 < session.seconds < 90

    clock.shift(seconds=session.seconds + 61)
    with pytest.raises(AuthenticationRequired, match="it has expired"):
        identity.principal_of_session(session.token)
