"""The page docs/behind-a-proxy.md with a real nginx: a web client in front of a service that receives another `Host`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.browser import Browser
from tests.support.http import Answer, Client
from tests.support.identity_provider import Provider
from tests.support.markdown import blocks
from tests.support.nginx import PageNginx
from tests.support.serving import Serve

_PAGE: Final = (Path(__file__).parents[2] / "docs" / "behind-a-proxy.md").read_text()
_SHOWN: Final = {
    language: [b.text for b in blocks(_PAGE) if b.language == language] for language in ("nginx", "ini")
}
_SETTINGS: Final = dict(line.split("=", 1) for line in _SHOWN["ini"][0].split())
LAN: Final = "http://iot.lan"
VITE: Final = dict(line.split("=", 1) for line in _SHOWN["ini"][1].split())["BASEURL"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Path:
    """A directory with a database."""
    directory = tmp_path_factory.mktemp("behind")
    shutil.copy(_sqlite_template, directory / "configs.db")
    return directory


@pytest.fixture(scope="module", params=[LAN, VITE], ids=["nginx", "development-server"])
def origin(request: pytest.FixtureRequest) -> str:
    """The browser's origin. Both proxies rewrite `Host` to the target's, and keep `Origin`."""
    shown: str = request.param
    return shown


@pytest.fixture(scope="module")
def proxied(place: Path, origin: str) -> Iterator[Client]:
    """The proxy of the page, in front of a service with the page's settings."""
    settings = {**_SETTINGS, "BASEURL": origin}
    with Serve(f"sqlite:///{place / 'configs.db'}", place / "serve.log", workers=1, **settings) as serve:
        nginx = PageNginx(place, _SHOWN["nginx"][0], serve.client.base_url)
        yield nginx.client
        nginx.close()


def change(client: Client, origin: str, method: str, path: str, value: object, **headers: str) -> Answer:
    """A request as a browser sends it over http on a LAN: with `Origin`, and without `Sec-Fetch-Site`."""
    host = urlsplit(origin).netloc
    return client.send_json(method, path, value, Origin=origin, Host=host, **headers)


def test_a_web_client_works_behind_it(proxied: Client, origin: str) -> None:
    """The operations on docs/from-files.md work: list, create, update, conflict, delete, errors."""
    mac = new_mac()
    made = change(
        proxied, origin, "POST", "/api/configs", {"mac_address": mac, "content": {"deviceName": "Porch"}}
    )
    assert 201 == made.status, made.body
    assert f"/api/configs/{made.json()['id']}" == made.headers["location"]
    assert {"configs", "count", "next"} == set(
        proxied.get("/api/configs", Host=urlsplit(origin).netloc).json()
    )

    path, by_mac = made.headers["location"], f"/api/configs/by-mac/{mac}"
    again = change(proxied, origin, "POST", "/api/configs", {"mac_address": mac, "content": {}})
    expect_problem_behind(again, 409, "RECORD_EXISTS")
    assert 412 == change(proxied, origin, "PUT", by_mac, {"content": {}}, If_None_Match="*").status
    expect_problem_behind(
        change(proxied, origin, "PUT", by_mac, {"content": {}, "allow_overwrite": True}),
        400,
        "VALIDATION_FAILED",
    )
    assert 200 == change(proxied, origin, "PUT", by_mac, {"content": '{"gain": 1.10}'}).status
    assert b'{"gain": 1.10}' == proxied.get(f"/api/configs/{mac}.json").body
    shown = proxied.get(path, Host=urlsplit(origin).netloc, Accept_Encoding="gzip")
    tag = shown.headers["etag"]
    assert 200 == change(proxied, origin, "PUT", path, {"content": {"gain": 2}}, If_Match=tag).status
    assert 204 == change(proxied, origin, "DELETE", path, None).status


def expect_problem_behind(answer: Answer, status: int, code: str) -> None:
    """Check a refusal as a web client reads it."""
    assert (status, code) == (answer.status, answer.json()["code"]), answer.body
    assert answer.json()["error"]


def test_another_site_is_refused(proxied: Client) -> None:
    """BASEURL allows exactly one origin."""
    answer = change(
        proxied, "http://evil.example", "POST", "/api/configs", {"mac_address": new_mac(), "content": {}}
    )

    expect_problem_behind(answer, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize("origin", [LAN, VITE, "http://192.168.1.20:5173"])
def test_without_baseurl_the_refusal_says_what_to_set(single: Serve, origin: str) -> None:
    """It has the setting with its value, and the other setting that may be meant."""
    host = single.client.base_url.removeprefix("http://")
    answer = single.client.send_json(
        "POST", "/api/configs", {"mac_address": new_mac(), "content": {}}, Origin=origin
    )

    error = expect_problem(answer, 403, "AUTHORIZATION_FAILED")["error"]
    assert f"set BASEURL={origin};" in error
    assert f"own address is {host} (Host)" in error
    assert "CORS_ORIGINS" in error
    assert (
        f"The request comes from a page of {LAN}, and the service's own address is 127.0.0.1:8080 (Host)"
        in _PAGE
    )


@pytest.mark.parametrize(
    "headers", [{"Origin": "null"}, {"Origin": "<b>\u00e9"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_an_opaque_origin_gets_both_remedies(single: Serve, headers: dict[str, str]) -> None:
    """The refusal repeats the header only if it is an origin."""
    body = json.dumps({"mac_address": new_mac(), "content": {}}).encode()
    answer = single.client.request(
        "POST", "/api/configs", body, {"Content-Type": "application/json", **headers}
    )

    error = expect_problem(answer, 403, "AUTHORIZATION_FAILED")["error"]
    assert "BASEURL" in error
    assert "CORS_ORIGINS" in error
    assert "<" not in error


def test_people_sign_in_behind_it(place: Path) -> None:
    """All redirects have the browser's addresses, although the service receives others."""
    with Provider() as provider:
        provider.set_user("ada", realm_access={"roles": ["admin"]})
        settings = {
            **{name: value for name, value in _SETTINGS.items() if "ANONYMOUS" not in name},
            "OIDC_ENABLED": "true",
            "OIDC_ISSUER_URL": provider.issuer,
            "OIDC_CLIENT_ID": provider.client_id,
            "OIDC_CLIENT_SECRET": provider.client_secret,
        }
        with Serve(f"sqlite:///{place / 'configs.db'}", place / "serve.log", workers=1, **settings) as serve:
            nginx = PageNginx(place, _SHOWN["nginx"][0], serve.client.base_url)
            try:
                browser = Browser(nginx.client, origin=LAN)
                at_provider = browser.get("/api/auth/login?redirect=/devices").headers["location"]
                asked = parse_qs(urlsplit(at_provider).query)
                assert [f"{LAN}/api/auth/callback"] == asked["redirect_uri"]
                back = browser.get(browser.local(provider.sign_in(at_provider)))
                assert (302, "/devices") == (back.status, back.headers["location"])
                assert "ada" == browser.get("/api/auth/self").json()["subject"]
                body = {"mac_address": new_mac(), "content": {}}
                assert 201 == browser.send_json("POST", "/api/configs", body, {"Origin": LAN}).status
                refused = browser.send_json("POST", "/api/configs", body, {"Origin": "http://evil.example"})
                assert "(BASEURL)" in refused.json()["error"]

                out = browser.get("/api/auth/logout?redirect=/bye").headers["location"]
            finally:
                nginx.close()

    ended = parse_qs(urlsplit(out).query)
    assert [f"{LAN}/bye"] == ended["post_logout_redirect_uri"]
    assert {"id_token_hint", "client_id", "post_logout_redirect_uri"} == set(ended)
