"""Sign-in of a browser with an API token: the cookie, its end, and attacks on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from typing import Final

import pytest

from iotconfig.adapters.http.access.signed_values import SignedValues
from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.browser import Browser
from tests.support.http import Answer, Caller
from tests.support.identity_provider import Provider
from tests.support.in_process import Service, Starter
from tests.support.signing_in import ORIGIN, self_of, settings_with, signed_in
from tests.support.tokens import api_token, bearer

OWN: Final = {"Sec-Fetch-Site": "same-origin"}
KEY: Final = "k" * 40
SESSION: Final = "token_session"
PATH: Final = "/api/auth/session"


@pytest.fixture(scope="module")
def service(on_sqlite: Starter) -> Iterator[Service]:
    """The API with authentication, and without an identity provider."""
    with on_sqlite(
        IOTCONFIG_AUTH="on",
        IOTCONFIG_SECRET_KEY=KEY,
        IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="10000",
        CORS_ORIGINS="https://panel.example.org",
    ) as service:
        yield service


@pytest.fixture
def browser(service: Service) -> Browser:
    """A new browser."""
    return Browser(service.client)


def _signing_in(browser: Browser, token: str, headers: Mapping[str, str] = OWN) -> Answer:
    return browser.send_json("POST", PATH, {"token": token}, headers)


def _signed_in(browser: Browser, service: Service, role: Role, name: str | None = None) -> str:
    """Sign the browser in; return the token."""
    token = api_token(service.database_url, role, name)
    assert 200 == _signing_in(browser, token).status
    return token


def _revoke(service: Service, name: str) -> None:
    admin = bearer(api_token(service.database_url, Role.ADMIN))
    assert 204 == service.client.request("DELETE", f"/api/tokens/{name}", headers=admin).status


def _name() -> str:
    return f"t-{new_mac().replace(':', '')}"


def test_a_browser_signs_in_with_a_token(browser: Browser, service: Service) -> None:
    """The answer says who it is; its changes have the name of the token as author."""
    token = api_token(service.database_url, Role.ADMIN, name := _name())

    answer = _signing_in(browser, token)

    assert (200, "no-store") == (answer.status, answer.headers["cache-control"])
    expected = {"subject": name, "email": None, "name": name, "roles": ["admin"]}
    assert expected == answer.json() == self_of(browser)
    config = browser.send_json("POST", "/api/configs", {"mac_address": new_mac(), "content": {}}, OWN).json()
    revisions = browser.get(f"/api/configs/{config['id']}/revisions").json()["revisions"]
    assert [name] == [revision["author"] for revision in revisions]


def test_the_cookie_has_neither_the_token_nor_an_expiry(browser: Browser, service: Service) -> None:
    """It dies with the browser, scripts cannot read it, and it goes with requests of the site only."""
    token = _signed_in(browser, service, Role.VIEWER)

    cookie = browser.received[SESSION]
    assert (True, "Strict", "/", "") == (
        cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"],
    )  # fmt: skip
    assert ("", "", "") == (cookie["domain"], cookie["expires"], cookie["max-age"])
    _, key, secret = token.split("_")
    assert key == SignedValues(KEY, "token-session").read(cookie.value, None)
    assert secret not in cookie.value


def _secure_cookie(service: Service, headers: Mapping[str, str]) -> tuple[str, Morsel[str]]:
    browser = Browser(service.client)
    assert 200 == _signing_in(browser, api_token(service.database_url, Role.VIEWER), headers).status
    assert 200 == browser.get("/api/configs").status
    assert 204 == browser.request("DELETE", PATH, None, headers).status
    assert {} == browser.cookies
    ((name, cookie),) = browser.received.items()
    return name, cookie


def test_behind_https_the_cookie_is_secure(start_single: Callable[..., Service]) -> None:
    """`BASEURL` binds it to the host; a cookie that another host of the domain plants is ignored."""
    service = start_single(IOTCONFIG_AUTH="on", BASEURL="https://iot.example.org")
    name, cookie = _secure_cookie(service, {"Origin": "https://iot.example.org"})

    assert ("__Host-token_session", True, "/") == (name, cookie["secure"], cookie["path"])
    browser = Browser(service.client)
    _signing_in(browser, api_token(service.database_url, Role.VIEWER), {"Origin": "https://iot.example.org"})
    planted = Browser(service.client, {SESSION: browser.cookies["__Host-token_session"]})
    assert 401 == planted.get("/api/configs").status


def test_a_proxy_with_https_makes_the_cookie_secure(service: Service) -> None:
    """Without `BASEURL`, the page's origin shows it."""
    host = service.client.base_url.removeprefix("http://")
    name, cookie = _secure_cookie(service, {"Origin": f"https://{host}"})

    assert (SESSION, True) == (name, cookie["secure"])


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [(Role.VIEWER, 200, 403), (Role.ASSET_UPLOADER, 403, 403)]
)
def test_the_session_has_the_role_of_its_token(
    browser: Browser, service: Service, role: Role, reads: int, writes: int
) -> None:
    """It is looked up at each request."""
    _signed_in(browser, service, role)

    assert reads == browser.get("/api/configs").status
    body = {"mac_address": new_mac(), "content": {}}
    assert writes == browser.send_json("POST", "/api/configs", body, OWN).status


def test_a_revoked_token_ends_its_sessions(browser: Browser, service: Service) -> None:
    """At the next request, and so for a cookie that was stolen; the session of another token goes on."""
    _signed_in(browser, service, Role.ADMIN, name := _name())
    _signed_in(other := Browser(service.client), service, Role.ADMIN)
    thief = Browser(service.client, dict(browser.cookies))
    assert 200 == thief.get("/api/configs").status

    _revoke(service, name)

    for ended in (browser, thief):
        problem = expect_problem(ended.get("/api/configs"), 401, "AUTHENTICATION_REQUIRED")
        assert "revoked" in problem["error"]
    assert 200 == other.get("/api/configs").status


def test_an_expired_token_begins_no_session(browser: Browser, service: Service) -> None:
    """Nor does one that was revoked, changed, or is for something else."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    token = api_token(service.database_url, Role.ADMIN, name := _name(), soon)
    _revoke(service, name)

    for refused in (token, f"{token}0", f"{token[:-1]}ä", "iotd_aabbccddeeff_" + "0" * 64, "", "x.y.z"):
        expect_problem(_signing_in(browser, refused), 401, "AUTHENTICATION_REQUIRED")
    assert {} == browser.cookies


def test_a_failed_sign_in_leaves_the_session(browser: Browser, service: Service) -> None:
    """Who mistypes a second token is still signed in with the first."""
    _signed_in(browser, service, Role.VIEWER)

    assert 401 == _signing_in(browser, "iotc_wrong").status

    assert 200 == browser.get("/api/configs").status


def _signed(value: object, purpose: str = "token-session", key: str = KEY) -> str:
    return SignedValues(key, purpose).sign(value)


def test_a_changed_cookie_is_refused(browser: Browser, service: Service) -> None:
    """So is one that another key signed, or that was signed for another use, and the key or the token alone."""
    token = _signed_in(browser, service, Role.ADMIN)
    key = token.split("_")[1]
    good = browser.cookies[SESSION]
    payload, rest = good.split(".", 1)
    changed = [
        f"{payload[:-1]}{'A' if payload[-1] != 'A' else 'B'}.{rest}",
        good[:-4],
        f"{good}.",
        key,
        token,
        "x" * 4000,
        _signed(key, key="another key " * 4),
        _signed(key, key=""),
        _signed(key, "terminal"),
        _signed(key, "sign-in"),
        _signed([key]),
        _signed({"key": key}),
        _signed(7),
        _signed("unknown"),
    ]

    for cookie in changed:
        thief = Browser(service.client, {SESSION: cookie})
        expect_problem(thief.get("/api/configs"), 401, "AUTHENTICATION_REQUIRED")
    assert 200 == Browser(service.client, {SESSION: _signed(key)}).get("/api/configs").status
    as_bearer = service.client.request("GET", "/api/configs", headers=bearer(good))
    expect_problem(as_bearer, 401, "AUTHENTICATION_REQUIRED")


ELSEWHERE: Final[list[dict[str, str]]] = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_another_site_neither_signs_in_nor_out(
    browser: Browser, service: Service, headers: dict[str, str]
) -> None:
    """A visitor could otherwise work under the name of an attacker's token without noticing."""
    token = api_token(service.database_url, Role.ADMIN)
    expect_problem(_signing_in(browser, token, headers), 403, "AUTHORIZATION_FAILED")
    assert {} == browser.cookies
    _signed_in(browser, service, Role.VIEWER)

    expect_problem(browser.request("DELETE", PATH, None, headers), 403, "AUTHORIZATION_FAILED")

    assert 200 == browser.get("/api/configs").status


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_from_another_site(
    browser: Browser, service: Service, method: str, headers: dict[str, str]
) -> None:
    """The cookie is not sufficient: the browser must report a page of the service."""
    _signed_in(browser, service, Role.ADMIN)
    path = "/api/configs" if method == "POST" else "/api/configs/1"
    body = {"mac_address": new_mac(), "content": {}}

    expect_problem(browser.send_json(method, path, body, headers), 403, "AUTHORIZATION_FAILED")


def test_pages_of_every_origin_do_not_get_a_session(start_single: Callable[..., Service]) -> None:
    """`CORS_ORIGINS=*` lets them read and change without a cookie only."""
    service = start_single(IOTCONFIG_AUTH="on", CORS_ORIGINS="*")
    browser = Browser(service.client)
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = _signing_in(browser, api_token(service.database_url, Role.ADMIN), elsewhere)

    expect_problem(answer, 403, "AUTHORIZATION_FAILED")
    assert "access-control-allow-credentials" not in browser.get("/api/health", elsewhere).headers


def test_a_listed_origin_may_use_the_cookie(browser: Browser, service: Service) -> None:
    """Its pages may read, and change, with the cookie."""
    panel = {"Origin": "https://panel.example.org"}
    assert 200 == _signing_in(browser, api_token(service.database_url, Role.ADMIN), panel).status

    body = {"mac_address": new_mac(), "content": {}}
    assert 201 == browser.send_json("POST", "/api/configs", body, panel).status
    assert "true" == browser.get("/api/health", panel).headers["access-control-allow-credentials"]


def test_head_neither_begins_nor_ends_a_session(browser: Browser, service: Service) -> None:
    """Nor does GET; HEAD of a route needs the same access as its GET."""
    token = api_token(service.database_url, Role.ADMIN)
    for method in ("HEAD", "GET"):
        assert 200 == browser.request(method, PATH, None, OWN).status
        assert 400 == browser.request(method, f"{PATH}?token={token}", None, OWN).status
    assert {} == browser.cookies
    assert 401 == browser.request("HEAD", "/api/configs", None, {}).status
    _signed_in(browser, service, Role.VIEWER)

    for method in ("HEAD", "GET"):
        assert 200 == browser.request(method, PATH, None, OWN).status

    assert 200 == browser.request("HEAD", "/api/configs", None, {}).status


def test_failures_are_throttled(start_single: Callable[..., Service]) -> None:
    """Refused tokens and refused cookies count together; a valid token is accepted all the same."""
    service = start_single(IOTCONFIG_AUTH="on", IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="3")
    browser, thief = Browser(service.client), Browser(service.client, {SESSION: "changed"})

    statuses = [_signing_in(browser, "iotc_wrong").status for _ in range(2)]
    statuses += [thief.get("/api/configs").status, thief.get("/api/configs").status]

    assert [401, 401, 401, 429] == statuses
    limited = _signing_in(browser, "iotc_wrong")
    expect_problem(limited, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    _signed_in(browser, service, Role.VIEWER)


def test_a_browser_signs_out(browser: Browser, service: Service) -> None:
    """Also one that was not signed in; the route that signs out at the provider ends this session, too."""
    for path, method in ((PATH, "DELETE"), ("/api/auth/logout?redirect=/", "GET")):
        _signed_in(browser, service, Role.VIEWER)
        for _ in range(2):
            assert browser.request(method, path, None, OWN).status in (204, 302)
            assert {} == browser.cookies
        assert 401 == browser.get("/api/configs").status


def _ways(caller: Browser | Caller) -> object:
    answer = caller.get(PATH)
    assert (200, "no-store") == (answer.status, answer.headers["cache-control"])
    return answer.json()


def test_the_ways_to_sign_in(browser: Browser, service: Service, single: Service) -> None:
    """They are public: the page asks for them before anybody has signed in."""
    nobody = {"is_required": True, "has_provider": False, "session": None}
    assert nobody == _ways(browser)
    assert {**nobody, "is_required": False} == _ways(single.client)
    _signed_in(browser, service, Role.VIEWER)

    assert {**nobody, "session": "token"} == _ways(browser)


def test_without_authentication_there_is_no_session(single: Service) -> None:
    """404 names the setting; a sign-out is harmless."""
    browser = Browser(single.client)

    problem = expect_problem(_signing_in(browser, "iotc_x"), 404, "ROUTE_NOT_FOUND")

    assert "IOTCONFIG_AUTH" in problem["error"]
    assert 204 == browser.request("DELETE", PATH, None, OWN).status


def test_a_browser_has_one_session(start_single: Callable[..., Service], provider: Provider) -> None:
    """A sign-in with a token ends that of the provider, and the other way round; the provider is not told."""
    service = start_single(**settings_with(provider))
    browser, own = Browser(service.client, origin=ORIGIN), {"Origin": ORIGIN}
    signed_in(browser, provider)
    assert {"is_required": True, "has_provider": True, "session": "provider"} == _ways(browser)

    token = api_token(service.database_url, Role.VIEWER, name := _name())
    assert 200 == _signing_in(browser, token, own).status
    assert (name, [SESSION]) == (self_of(browser)["subject"], list(browser.cookies))

    signed_in(browser, provider)
    assert ("ada", ["access_token", "id_token"]) == (self_of(browser)["subject"], list(browser.cookies))

    assert 200 == _signing_in(browser, token, own).status
    assert "/" == browser.get("/api/auth/logout?redirect=/").headers["location"]
    assert {} == browser.cookies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"token": 7}',
        b'{"token": "iotc_secret',
        b'{"token": "iotc_secret", "x": 1}',
        b'"iotc_secret"',
    ],
)
def test_a_bad_body_is_refused(browser: Browser, body: bytes) -> None:
    """Its text is not repeated."""
    answer = browser.request("POST", PATH, body, {"Content-Type": "application/json", **OWN})

    expect_problem(answer, 400, "VALIDATION_FAILED")
    assert b"secret" not in answer.body


def test_a_large_body_is_not_read(browser: Browser) -> None:
    """No token has more than a kilobyte."""
    expect_problem(_signing_in(browser, "x" * 1024), 413, "CONTENT_TOO_LARGE")
