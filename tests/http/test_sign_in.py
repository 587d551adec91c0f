"""Sign-in with a browser and a real provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.browser import Browser
from tests.support.http import Caller
from tests.support.identity_provider import TOKEN, Provider
from tests.support.in_process import Service, Starter
from tests.support.signing_in import ORIGIN, began, self_of, settings_with, signed_in
from tests.support.tokens import api_token, bearer


@pytest.fixture(scope="module")
def service(_provider: Provider, on_sqlite: Starter) -> Iterator[Service]:
    """The API with sign-in."""
    with on_sqlite(**settings_with(_provider, CORS_ORIGINS="https://panel.example.org")) as service:
        yield service


def test_the_subject_is_the_author(browser: Browser, provider: Provider) -> None:
    """Changes of a signed-in person have the subject as author."""
    signed_in(browser, provider)
    own = {"Origin": ORIGIN}

    config = browser.send_json("POST", "/api/configs", {"mac_address": new_mac(), "content": {}}, own).json()

    revisions = browser.get(f"/api/configs/{config['id']}/revisions").json()["revisions"]
    assert ["ada"] == [revision["author"] for revision in revisions]


@pytest.mark.parametrize(
    ("sub", "reads", "writes"), [("ada", 200, 201), ("vic", 200, 403), ("nobody", 403, 403)]
)
def test_roles_come_from_the_provider(
    browser: Browser, provider: Provider, sub: str, reads: int, writes: int
) -> None:
    """A person without a role is signed in, and has no access."""
    signed_in(browser, provider, sub)

    assert sub == self_of(browser)["subject"]
    assert reads == browser.get("/api/configs").status
    body = {"mac_address": new_mac(), "content": {}}
    own = {"Origin": ORIGIN}
    assert writes == browser.send_json("POST", "/api/configs", body, own).status


def test_an_access_token_is_a_bearer_token(service: Service, provider: Provider) -> None:
    """Programs can get one from the provider."""
    token = provider.token("robot", realm_access={"roles": ["viewer"]})

    assert "robot" == service.client.request("GET", "/api/auth/self", headers=bearer(token)).json()["subject"]
    assert 200 == service.client.request("GET", "/api/configs", headers=bearer(token)).status


def test_the_cookie_takes_precedence_over_the_header(
    browser: Browser, provider: Provider, service: Service
) -> None:
    """The Authorization header is not evaluated."""
    signed_in(browser, provider, "vic")

    for token in (api_token(service.database_url, Role.ADMIN), "nonsense"):
        assert "vic" == browser.get("/api/auth/self", bearer(token)).json()["subject"]


def test_api_tokens_work_beside_the_provider(service: Service, provider: Provider) -> None:
    """They work while the provider is unavailable."""
    provider.stop()

    answer = service.client.request(
        "GET", "/api/configs", headers=bearer(api_token(service.database_url, Role.VIEWER))
    )

    assert 200 == answer.status


@pytest.mark.parametrize(
    "redirect",
    [
        None,
        "",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "http://127.0.0.1:1/",
    ],
)
@pytest.mark.parametrize("route", ["login", "logout"])
def test_open_redirects(browser: Browser, route: str, redirect: str | None) -> None:
    """Both routes that redirect a browser answer 400; for the sign-out, the parameter is optional."""
    query = "" if redirect is None else "?" + urlencode({"redirect": redirect})
    answer = browser.get(f"/api/auth/{route}{query}")

    if route == "logout" and redirect is None:
        assert 302 == answer.status
    else:
        problem = expect_problem(answer, 400, "VALIDATION_FAILED")
        assert {"parameter": "redirect"} == problem["details"]
        assert "set-cookie" not in answer.headers


def test_an_absolute_url_of_the_service_is_a_redirect(browser: Browser, provider: Provider) -> None:
    """Browsers send absolute URLs."""
    back = provider.sign_in(began(browser, f"{ORIGIN}/api/health"))

    answer = browser.get(browser.local(back))

    assert "/api/health" == answer.headers["location"]


def test_a_replayed_callback(browser: Browser, provider: Provider) -> None:
    """A second use of state, code and cookie is refused without a request to the provider."""
    back = browser.local(provider.sign_in(began(browser)))
    kept = dict(browser.cookies)
    assert 302 == browser.get(back).status
    exchanges = provider.requests(TOKEN)

    thief = Browser(browser.client, kept)
    problem = expect_problem(thief.get(back), 400, "VALIDATION_FAILED")

    assert "finished before" in problem["error"]
    assert browser.cookies["access_token"]
    assert exchanges == provider.requests(TOKEN)
    assert "access_token" not in thief.cookies


def test_a_callback_in_another_browser(browser: Browser, provider: Provider) -> None:
    """Without the cookie of the sign-in it is refused (login CSRF)."""
    back = browser.local(provider.sign_in(began(browser)))
    victim = Browser(browser.client, origin=ORIGIN)

    expect_problem(victim.get(back), 400, "VALIDATION_FAILED")
    began(victim)
    expect_problem(victim.get(back), 400, "VALIDATION_FAILED")

    assert "access_token" not in victim.cookies


def test_two_tabs_sign_in(browser: Browser, provider: Provider) -> None:
    """Each is completed by itself, in any order; a refusal in one does not affect the other."""
    first, second = began(browser, "/first"), began(browser, "/second")
    assert 401 == browser.get("/api/auth/callback?error=access_denied").status

    for at_provider, redirect in ((second, "/second"), (first, "/first")):
        answer = browser.get(browser.local(provider.sign_in(at_provider)))
        assert 302 == answer.status, answer.body
        assert answer.headers["location"].endswith(redirect)
    assert ["access_token", "id_token"] == list(browser.cookies)


def test_unfinished_sign_ins_are_limited(browser: Browser, provider: Provider) -> None:
    """A request has room for a few cookies, and the latest are kept."""
    begun = [began(browser, f"/{number}") for number in range(8)]

    assert 5 == len(browser.cookies)
    assert 302 == browser.get(browser.local(provider.sign_in(begun[-1]))).status
    assert 400 == browser.get(browser.local(provider.sign_in(begun[0]))).status


@pytest.mark.parametrize("route", ["login", "callback", "logout"])
def test_head_does_not_start_or_end_a_sign_in(browser: Browser, route: str) -> None:
    """Some programs send HEAD to every link."""
    answer = browser.request("HEAD", f"/api/auth/{route}?redirect=/", None, {})

    assert 405 == answer.status
    assert {} == browser.cookies


@pytest.mark.parametrize("parameter", ["state", "code"])
@pytest.mark.parametrize("value", ["forged", "", None, "ä", "twice"])
def test_forged_parameters(browser: Browser, provider: Provider, parameter: str, value: str | None) -> None:
    """They get 400 or 401, and no session."""
    parts = urlsplit(provider.sign_in(began(browser)))
    query = [(name, values[0]) for name, values in parse_qs(parts.query).items()]
    if value == "twice":
        query += [pair for pair in query if pair[0] == parameter]
    else:
        query = [pair for pair in query if pair[0] != parameter]
        query += [] if value is None else [(parameter, value)]

    answer = browser.get(f"{parts.path}?{urlencode(query)}")

    assert answer.status in (400, 401), answer.body
    assert "access_token" not in browser.cookies


def _cookie_of(state: str) -> str:
    """The name of the cookie for the sign-in with this state."""
    return f"sign_in_{sha256(state.encode()).hexdigest()[:16]}"


def _forged(secret: str) -> str:
    forged = {"state": "s", "nonce": "n", "verifier": "v" * 43, "redirect": "/"}
    return str(URLSafeTimedSerializer(secret, salt="iotconfig.sign-in").dumps(forged))


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "nonsense",
        "a.b.c",
        _forged("another secret"),
        _forged(""),
        _forged(Provider.client_secret),
        "\x7f",
        "x" * 4000,
    ],
)
def test_a_forged_state_cookie(service: Service, provider: Provider, cookie: str) -> None:
    """A cookie that the service did not sign is refused; the client secret is not the key."""
    browser = Browser(service.client, {_cookie_of("s"): cookie})

    expect_problem(browser.get("/api/auth/callback?state=s&code=c"), 400, "VALIDATION_FAILED")

    assert 0 == provider.requests(TOKEN)


def test_a_changed_state_cookie(browser: Browser, provider: Provider) -> None:
    """The redirect is part of the signed data."""
    back = browser.local(provider.sign_in(began(browser, "/api/health")))
    (name,) = browser.cookies
    payload, signature = browser.cookies[name].split(".", 1)
    browser.cookies[name] = f"{payload[:-2]}AA.{signature}"

    expect_problem(browser.get(back), 400, "VALIDATION_FAILED")


def test_the_provider_refuses(browser: Browser, provider: Provider) -> None:
    """401 has the provider's error code, and no text from the URL."""
    back = browser.local(provider.sign_in(began(browser), deny=True))
    assert "access_denied" in expect_problem(browser.get(back), 401, "AUTHENTICATION_REQUIRED")["error"]

    began(browser)
    odd = browser.get("/api/auth/callback?error=%3Cscript%3E&state=x")
    assert 2 == len(browser.cookies), "a page that sends the browser there ends no sign-in"
    assert "script" not in expect_problem(odd, 401, "AUTHENTICATION_REQUIRED")["error"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("state=s", "has no code"),
        ("code=c", "has no state"),
        ("code=c&state=", "has no state"),
        ("code=c&state=s&state=t", "state was given more than once"),
        ("code=c&state=s&code=d", "code was given more than once"),
        ("code=c&state=%ff", "not UTF-8"),
    ],
)
def test_a_malformed_callback_is_refused(
    browser: Browser, provider: Provider, query: str, sentence: str
) -> None:
    """The provider is not asked, and the sign-in in progress goes on."""
    began(browser)
    requests, cookies = provider.requests(TOKEN), dict(browser.cookies)

    answer = browser.get(f"/api/auth/callback?{query}&session_state=ignored")

    assert sentence in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]
    assert (requests, cookies) == (provider.requests(TOKEN), browser.cookies)


_ELSEWHERE: Sequence[dict[str, str]] = (
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Referer": "http://127.0.0.1/"},
)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_from_another_site(browser: Browser, provider: Provider, method: str) -> None:
    """The cookie is not sufficient: the browser must report a page of the service."""
    signed_in(browser, provider)
    path = "/api/configs" if method == "POST" else "/api/configs/1"
    for headers in _ELSEWHERE:
        answer = browser.send_json(method, path, {"mac_address": new_mac(), "content": {}}, headers)
        assert 403 == answer.status, headers
        expect_problem(answer, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://panel.example.org"}, {"Origin": ""}]
)
def test_a_change_from_an_own_page(browser: Browser, provider: Provider, headers: dict[str, str]) -> None:
    """Listed origins may change as well."""
    signed_in(browser, provider)
    given = {"Origin": ORIGIN} if headers == {"Origin": ""} else headers

    answer = browser.send_json("POST", "/api/configs", {"mac_address": new_mac(), "content": {}}, given)

    assert 201 == answer.status, answer.body


def test_a_listed_origin_may_use_the_cookie(browser: Browser) -> None:
    """Its pages may read with the cookie; answers to other origins do not allow it."""
    listed = browser.get("/api/health", {"Origin": "https://panel.example.org"})
    other = browser.get("/api/health", {"Origin": "https://evil.example"})

    assert "true" == listed.headers["access-control-allow-credentials"]
    assert "access-control-allow-credentials" not in other.headers


def test_attributes_of_cookies(browser: Browser, provider: Provider) -> None:
    """They are HttpOnly and SameSite; over http they are not `Secure`, or browsers would not send them."""
    began(browser)
    signed_in(browser, provider)

    assert 4 == len(browser.received)
    for name, cookie in browser.received.items():
        path = "/api/auth/logout" if name == "id_token" else "/"
        assert (True, "Lax", path, "") == (
            cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"],
        )  # fmt: skip
        assert "" == cookie["domain"]


def test_behind_https_the_cookies_are_bound_to_the_host(
    start_single: Callable[..., Service], provider: Provider
) -> None:
    """`BASEURL` decides on the prefix of cookies, and on the provider's redirect."""
    service = start_single(**settings_with(provider, BASEURL="https://iot.example.org"))
    browser = Browser(service.client)

    at_provider = began(browser, "https://iot.example.org/devices")
    asked = parse_qs(urlsplit(at_provider).query)
    assert ["https://iot.example.org/api/auth/callback"] == asked["redirect_uri"]
    back = urlsplit(provider.sign_in(at_provider))
    answer = browser.get(f"{back.path}?{back.query}")

    assert "/devices" == answer.headers["location"]
    assert ["__Host-access_token", "__Secure-id_token"] == list(browser.cookies)
    hint = browser.received["__Secure-id_token"]
    assert (True, True, "/api/auth/logout") == (hint["secure"], hint["httponly"], hint["path"])
    cookie = browser.received["__Host-access_token"]
    assert (True, True, "/", "") == (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"])
    # A cookie from another host of the domain, or one set over http, is ignored.
    planted = Browser(service.client, {"access_token": browser.cookies["__Host-access_token"]})
    assert 401 == planted.get("/api/auth/self").status


def test_a_session_ends_with_its_token(browser: Browser, provider: Provider) -> None:
    """The cookie expires with the token, and is refused afterwards."""
    provider.jwt_access_tokens(aud=provider.client_id, exp=provider.claims()["iat"] + 20)
    signed_in(browser, provider)
    assert 0 < int(browser.received["access_token"]["max-age"]) <= 20

    old = Browser(browser.client, {"access_token": provider.token(exp=provider.claims()["iat"] - 120)})
    expect_problem(old.get("/api/configs"), 401, "AUTHENTICATION_REQUIRED")


def test_an_id_token_that_does_not_fit(browser: Browser, provider: Provider) -> None:
    """All cookies must fit into a header; without the hint, the provider asks the person at the sign-out."""
    provider.jwt_access_tokens(aud=provider.client_id)
    provider.set_user("ada", groups=["g" * 50] * 40)
    assert 302 == signed_in(browser, provider).status

    ended = parse_qs(urlsplit(browser.get("/api/auth/logout").headers["location"]).query)

    assert {"client_id", "post_logout_redirect_uri"} == set(ended)
    assert {} == browser.cookies


def test_a_sign_out_from_another_site(browser: Browser, provider: Provider) -> None:
    """Without the hint, the provider asks the person."""
    signed_in(browser, provider)

    answer = browser.get("/api/auth/logout", {"Sec-Fetch-Site": "cross-site"})

    assert "id_token_hint" not in answer.headers["location"]


def test_a_token_larger_than_a_cookie(browser: Browser, provider: Provider) -> None:
    """Browsers would drop it silently; the answer names the remedy."""
    provider.jwt_access_tokens(aud=provider.client_id, groups=["g" * 50] * 100)

    answer = signed_in(browser, provider)

    assert "fewer roles" in expect_problem(answer, 502, "EXTERNAL_SERVICE_ERROR")["error"]


def test_without_a_provider_there_is_no_sign_in(single: Service) -> None:
    """404; an invalid redirect is refused all the same."""
    expect_problem(single.client.get("/api/auth/login?redirect=/"), 404, "ROUTE_NOT_FOUND")
    expect_problem(single.client.get("/api/auth/callback?state=s&code=c"), 404, "ROUTE_NOT_FOUND")
    expect_problem(single.client.get("/api/auth/login"), 400, "VALIDATION_FAILED")
    answer = single.client.get("/api/auth/logout")
    assert (302, "/api/docs") == (answer.status, answer.headers["location"])
    assert 200 == single.client.get(answer.headers["location"]).status
    assert "/a" == single.client.get("/api/auth/logout?redirect=/a", Host="127.0.0.1:1").headers["location"]


def test_failed_sign_ins_are_counted(start_single: Callable[..., Service], provider: Provider) -> None:
    """Forged callbacks and invalid tokens count together."""
    more = {"IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE": "3"}
    service = start_single(**settings_with(provider, **more))
    client: Caller = service.client

    browser = Browser(client, origin=ORIGIN)
    back = browser.local(provider.sign_in(began(browser)))
    first = [client.get("/api/auth/callback?state=s&code=c").status for _ in range(2)]
    first.append(client.request("GET", "/api/configs", headers=bearer("x.y.z")).status)
    assert [400, 400, 401] == first
    limited = client.get("/api/auth/callback?state=s&code=c")
    expect_problem(limited, 429, "TOO_MANY_REQUESTS")
    assert re.fullmatch(r"[1-9][0-9]?", limited.headers["retry-after"])
    # A callback is refused unseen, since it costs a row and a request to the provider; a token is verified.
    assert 429 == browser.get(back).status
    assert 0 == provider.requests(TOKEN)
    good = bearer(provider.token("robot", realm_access={"roles": ["viewer"]}))
    assert 200 == client.request("GET", "/api/configs", headers=good).status
