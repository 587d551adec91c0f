"""Sign-in at a terminal, with a real provider: the two routes, the token, and attacks on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iotconfig.adapters.http.access.signed_values import SignedValues
from tests.support.api import expect_problem
from tests.support.http import Answer, Caller
from tests.support.identity_provider import DEVICE_AUTHORIZATION, TOKEN, Provider, claims_of
from tests.support.in_process import Service, Starter
from tests.support.signing_in import settings_with
from tests.support.terminal_sign_ins import approve
from tests.support.tokens import bearer

KEY = "k" * 32


@pytest.fixture(scope="module")
def service(_provider: Provider, on_sqlite: Starter) -> Iterator[Service]:
    """The API with sign-in."""
    with on_sqlite(**settings_with(_provider, IOTCONFIG_SECRET_KEY=KEY)) as service:
        yield service


@pytest.fixture
def client(service: Service, provider: Provider) -> Caller:
    """A client of the API, whose provider is in its initial state."""
    return service.client


def begun(client: Caller) -> Any:
    """Begin a sign-in."""
    answer = client.request("POST", "/api/auth/terminal", headers={"Content-Length": "0"})
    assert (200, "no-store") == (answer.status, answer.headers["cache-control"]), answer.body
    return answer.json()


def polled(client: Caller, sign_in: object) -> Answer:
    """Ask for the token of a sign-in."""
    return client.send_json("POST", "/api/auth/terminal/token", {"sign_in": sign_in})


def token_of(client: Caller, sub: str) -> str:
    """Sign in; return the token."""
    found = begun(client)
    approve(found["verification_uri"], found["user_code"], sub)
    token: str = polled(client, found["sign_in"]).json()["token"]
    return token


def test_a_person_approves_the_sign_in(client: Caller, provider: Provider) -> None:
    """202 until then, and then the token, once."""
    found = begun(client)
    expected = {
        "user_code": "CODE-1",
        "verification_uri": f"{provider.issuer}/device",
        "verification_uri_complete": f"{provider.issuer}/device?user_code=CODE-1",
        "expires_in": 600,
        "interval": 1,
    }
    assert expected == {name: value for name, value in found.items() if name != "sign_in"}

    waiting = polled(client, found["sign_in"])
    assert (202, {"status": "authorization_pending"}) == (waiting.status, waiting.json())
    provider.terminals.answers = ["slow_down"]
    assert {"status": "slow_down"} == polled(client, found["sign_in"]).json()

    approve(found["verification_uri"], found["user_code"], "ada")
    signed_in = polled(client, found["sign_in"])
    assert (200, "no-store") == (signed_in.status, signed_in.headers["cache-control"])
    assert ["token", "expires_in"] == list(signed_in.json())
    assert 290 < signed_in.json()["expires_in"] < 330
    own = client.request("GET", "/api/auth/self", headers=bearer(signed_in.json()["token"])).json()
    assert {"subject": "ada", "email": "ada@example.org", "name": "Ada", "roles": ["admin"]} == own
    expect_problem(polled(client, found["sign_in"]), 401, "AUTHENTICATION_REQUIRED")


def test_roles_come_from_the_provider(client: Caller) -> None:
    """The subject is the author; a viewer may not change, a person without a role nothing."""
    token = token_of(client, "ada")
    config = client.send_json(
        "POST", "/api/configs", {"mac_address": "02:00:00:00:aa:01", "content": {}}, **bearer(token)
    )
    path = f"/api/configs/{config.json()['id']}/revisions"
    revisions = client.request("GET", path, headers=bearer(token)).json()["revisions"]
    assert ["ada"] == [revision["author"] for revision in revisions]

    viewer = bearer(token_of(client, "vic"))
    assert 200 == client.request("GET", "/api/configs", headers=viewer).status
    assert 403 == client.request("DELETE", path.removesuffix("/revisions"), headers=viewer).status
    assert 403 == client.request("GET", "/api/configs", headers=bearer(token_of(client, "nobody"))).status


def test_the_prefix_does_not_weaken_the_rules(client: Caller, provider: Provider) -> None:
    """A token with it is verified as the one in a session's cookie is; an ID token without it stays refused."""
    id_token = token_of(client, "ada").removeprefix("iots_")
    claims = claims_of(id_token)
    refused = [
        provider.sign({**claims, "at_hash": "AAAA"}),
        *(
            f"iots_{provider.sign({**claims, **more})}"
            for more in ({"aud": "another"}, {"exp": 1}, {"typ": "Refresh"}, {"iss": "https://evil.example"})
        ),
        f"iots_iots_{id_token}",
        "iots_",
        f"iots_{id_token}x",
    ]

    for token in refused:
        answer = client.request("GET", "/api/configs", headers=bearer(token))
        expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")


def test_a_person_refuses(client: Caller) -> None:
    """401 says so."""
    found = begun(client)
    approve(found["verification_uri"], found["user_code"], None)

    problem = expect_problem(polled(client, found["sign_in"]), 401, "AUTHENTICATION_REQUIRED")
    assert "The sign-in was refused at the identity provider." == problem["error"]


def _signed(secret: str, purpose: str, value: object) -> str:
    return SignedValues(secret, purpose).sign(value)


@pytest.mark.parametrize(
    "sign_in",
    [
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "device-1", id="a device code"),
        pytest.param(lambda: "a.b.c", id="dots"),
        pytest.param(lambda: "x" * 7000, id="long"),
        pytest.param(lambda: _signed("another key", "terminal", "device-1"), id="another key"),
        pytest.param(lambda: _signed(KEY, "sign-in", "device-1"), id="another purpose"),
        pytest.param(lambda: _signed(KEY, "terminal", ["device-1"]), id="another value"),
    ],
)
def test_a_forged_sign_in(client: Caller, provider: Provider, sign_in: Callable[[], str]) -> None:
    """What the service did not sign for this purpose is refused, and the provider is not asked."""
    begun(client)
    problem = expect_problem(polled(client, sign_in()), 401, "AUTHENTICATION_REQUIRED")

    assert "The sign-in is unknown, or began long ago: begin again." == problem["error"]
    assert 0 == provider.requests(TOKEN)


def test_malformed_requests(client: Caller, provider: Provider) -> None:
    """They are refused before the provider is asked."""
    bodies: list[object] = [{}, {"sign_in": 5}, {"sign_in": "a", "more": 1}, []]
    for body in bodies:
        expect_problem(client.send_json("POST", "/api/auth/terminal/token", body), 400, "VALIDATION_FAILED")
    large = client.send_json("POST", "/api/auth/terminal/token", {"sign_in": "x" * 9000})
    expect_problem(large, 413, "CONTENT_TOO_LARGE")

    assert 0 == provider.requests(TOKEN)


@pytest.mark.parametrize("path", ["/api/auth/terminal", "/api/auth/terminal/token"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_pages_of_other_sites(client: Caller, provider: Provider, path: str, headers: dict[str, str]) -> None:
    """They can neither begin a sign-in nor get its token through a browser."""
    expect_problem(client.send_json("POST", path, {"sign_in": "a"}, **headers), 403, "AUTHORIZATION_FAILED")

    assert 0 == provider.requests(DEVICE_AUTHORIZATION)


def test_one_sign_in_is_asked_for_once_a_second(client: Caller, provider: Provider) -> None:
    """More requests in a minute get `slow_down`, and do not reach the provider; another sign-in is not affected."""
    eager, other = begun(client), begun(client)
    states = [polled(client, eager["sign_in"]).json()["status"] for _ in range(70)]

    assert ["authorization_pending"] * 60 + ["slow_down"] * 10 == states
    assert 60 == provider.requests(TOKEN)
    assert {"status": "authorization_pending"} == polled(client, other["sign_in"]).json()


def test_sign_ins_are_counted(start_single: Callable[..., Service], provider: Provider) -> None:
    """Each that begins counts as a failed one, since it costs a request to the provider; above the limit, all wait."""
    client = start_single(**settings_with(provider, IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="2")).client
    found = begun(client)
    assert 401 == polled(client, "forged").status

    for answer in (
        client.request("POST", "/api/auth/terminal", headers={"Content-Length": "0"}),
        polled(client, found["sign_in"]),
    ):
        expect_problem(answer, 429, "TOO_MANY_REQUESTS")
        assert 0 < int(answer.headers["retry-after"]) <= 60
    assert (1, 0) == (provider.requests(DEVICE_AUTHORIZATION), provider.requests(TOKEN))


def test_a_provider_without_this_sign_in(client: Caller, provider: Provider) -> None:
    """422 names the grant; a provider that is away gets 502."""
    provider.answer_with(DEVICE_AUTHORIZATION, {"error": "unauthorized_client"}, 400)
    answer = client.request("POST", "/api/auth/terminal", headers={"Content-Length": "0"})
    assert "OAuth's device authorization grant" in expect_problem(answer, 422, "UNPROCESSABLE")["error"]

    provider.stop()
    answer = client.request("POST", "/api/auth/terminal", headers={"Content-Length": "0"})
    expect_problem(answer, 502, "EXTERNAL_SERVICE_ERROR")


def test_a_token_that_does_not_fit_into_a_header(client: Caller, provider: Provider) -> None:
    """Each request with it would be refused by the server; the answer names the remedy."""
    provider.jwt_access_tokens(aud=provider.client_id, groups=["g" * 50] * 120)
    found = begun(client)
    approve(found["verification_uri"], found["user_code"])

    answer = polled(client, found["sign_in"])
    assert "fewer roles" in expect_problem(answer, 502, "EXTERNAL_SERVICE_ERROR")["error"]


def test_without_a_provider_there_is_no_sign_in(single: Service) -> None:
    """404; a token of a session is refused."""
    for path in ("/api/auth/terminal", "/api/auth/terminal/token"):
        expect_problem(single.client.send_json("POST", path, {"sign_in": "a"}), 404, "ROUTE_NOT_FOUND")


def test_a_token_of_a_session_without_a_provider(start_single: Callable[..., Service]) -> None:
    """It is refused like any other token that is not an API token."""
    client = start_single(IOTCONFIG_AUTH="on").client
    answer = client.request("GET", "/api/configs", headers=bearer("iots_a.b.c"))

    assert (
        "no identity provider is configured"
        in expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")["error"]
    )
