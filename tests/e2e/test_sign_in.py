"""Sign-in at a service with several workers and a real provider; tests/http/test_sign_in.py has the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from iotconfig.entrypoints.settings import InvalidSetting, Settings
from tests.support.api import expect_problem
from tests.support.browser import Browser
from tests.support.identity_provider import TOKEN, Provider, claims_of
from tests.support.serving import Serve, environment, run_command
from tests.support.signing_in import ORIGIN, began, self_of, settings_with, signed_in
from tests.support.terminal import terminal
from tests.support.terminal_sign_ins import approve
from tests.support.tokens import bearer
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def service(
    _provider: Provider, tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path
) -> Iterator[Serve]:
    """A service with two workers and sign-in."""
    directory = tmp_path_factory.mktemp("sign-in")
    (directory / "configs.db").write_bytes(_sqlite_template.read_bytes())
    with Serve(
        f"sqlite:///{directory / 'configs.db'}",
        directory / "serve.log",
        workers=2,
        **settings_with(_provider, CORS_ORIGINS="https://panel.example.org"),
    ) as serve:
        yield serve


def test_login_callback_self_logout(browser: Browser, provider: Provider) -> None:
    """A complete session as a browser performs it."""
    assert 401 == browser.get("/api/auth/self").status

    at_provider = began(browser, "/api/configs?limit=1#top")
    assert at_provider.startswith(f"{provider.issuer}/oauth2/authorize?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(at_provider).query).items()}
    assert ("code", "S256", provider.client_id) == (
        asked["response_type"], asked["code_challenge_method"], asked["client_id"],
    )  # fmt: skip
    assert f"{ORIGIN}/api/auth/callback" == asked["redirect_uri"]

    back = browser.get(browser.local(provider.sign_in(at_provider, "ada")))
    assert 302 == back.status, back.body
    assert "/api/configs?limit=1#top" == back.headers["location"]
    assert "no-store" == back.headers["cache-control"]
    assert ["access_token", "id_token"] == list(browser.cookies)

    assert {"subject": "ada", "email": "ada@example.org", "name": "Ada", "roles": ["admin"]} == self_of(
        browser
    )
    assert 200 == browser.get("/api/configs").status

    out = browser.get("/api/auth/logout?redirect=/api/health")
    assert 302 == out.status
    assert out.headers["location"].startswith(f"{provider.issuer}/oauth2/end_session?")
    ended = parse_qs(urlsplit(out.headers["location"]).query)
    assert [f"{ORIGIN}/api/health"] == ended["post_logout_redirect_uri"]
    assert [provider.client_id] == ended["client_id"]
    assert "ada" == claims_of(ended["id_token_hint"][0])["sub"]
    assert {} == browser.cookies
    assert 401 == browser.get("/api/auth/self").status


@pytest.mark.parametrize("lines", [1, 4, 10])
def test_cookies_that_are_slow_to_parse(service: Serve, provider: Provider, lines: int) -> None:
    """The standard library parses quoted values in quadratic time; here they are literal, or ignored."""
    line = 'Cookie: a="' + '\\"' * 3900 + '"\r\n'
    request = f"GET /api/auth/self HTTP/1.1\r\nHost: 127.0.0.1\r\n{line * lines}Connection: close\r\n\r\n"
    workers = service.worker_pids()

    received = service.client.raw(request.encode())

    assert received.startswith(b"HTTP/1.1 401 ")
    assert workers == service.worker_pids()


def test_sign_in_requires_the_base_url(sqlite_url: str, provider: Provider) -> None:
    """The provider redirects to an absolute URL, and `Host` may be a proxy's: the refusal is one line."""
    settings = {**settings_with(provider), "BASEURL": ""}

    done = run_command("serve", "--port", "0", env=environment(sqlite_url, **settings))
    (line,) = done.stderr.decode().splitlines()

    assert 1 == done.returncode
    assert line.startswith("Error: BASEURL: it is needed with OIDC_ENABLED=true")
    assert "https://iot.example.org" in line
    # Another server that loads the application gets the same refusal.
    loaded = subprocess.run(
        [sys.executable, "-c", "from iotconfig.entrypoints.wsgi import create_app; create_app()"],
        env=environment(sqlite_url, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "InvalidSetting: BASEURL: it is needed" in loaded.stderr
    # Without authentication there is no sign-in.
    Settings.from_environ({**settings, "IOTCONFIG_AUTH": "off"}).access.require_base_url()
    with pytest.raises(InvalidSetting, match="BASEURL"):
        Settings.from_environ(settings).access.require_base_url()


def test_the_provider_is_away(browser: Browser, provider: Provider) -> None:
    """Sessions continue; a new sign-in gets an error about the provider."""
    signed_in(browser, provider)
    assert all(self_of(browser) for _ in range(20)), "both workers have the keys"
    back = browser.local(provider.sign_in(began(browser)))
    provider.stop()

    assert {200} == {browser.get("/api/configs").status for _ in range(10)}
    expect_problem(browser.get(back), 502, "EXTERNAL_SERVICE_ERROR")


def test_the_service_starts_while_the_provider_is_away(
    start_serve: Callable[..., Serve], sqlite_url: str, provider: Provider
) -> None:
    """Sign-in works once the provider is back."""
    provider.stop()
    serve = start_serve(sqlite_url, workers=1, **settings_with(provider))
    wait_until(lambda: f"sign-ins with {provider.issuer}" in serve.output(), "it says where people sign in")
    browser = Browser(serve.client)

    expect_problem(browser.get("/api/auth/login?redirect=/"), 502, "EXTERNAL_SERVICE_ERROR")
    headers = bearer("e.y.j")
    assert serve.client.request("GET", "/api/configs", headers=headers).status in (401, 502)
    assert 200 == serve.client.get("/api/health").status

    provider.start()
    wait_until(lambda: 302 == browser.get("/api/auth/login?redirect=/").status, "sign-ins begin again", 30)


def test_a_sign_in_is_completed_by_any_worker(browser: Browser, provider: Provider) -> None:
    """All workers accept the signed cookie."""
    for _ in range(6):
        assert 302 == signed_in(Browser(browser.client, origin=ORIGIN), provider).status


def test_a_sign_in_at_a_terminal(service: Serve, provider: Provider, tmp_path: Path) -> None:
    """The command shows page and code, and waits; any worker answers it. Ctrl-C leaves nothing behind."""
    url, page = service.client.base_url, f"{provider.issuer}/device"
    shell = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    with terminal("login", url, env=shell) as shown:
        shown.wait_for(f"  {page}\n  CODE-1\n")
        wait_until(lambda: provider.requests(TOKEN) > 0, "it has asked for the token")
        shown.type("\x03")
        assert 1 == shown.end()
    assert shown.text.endswith("\nAborted!\n")
    assert "Traceback" not in shown.text
    assert not (tmp_path / ".config").exists()

    with terminal("login", url, env=shell) as shown:
        shown.wait_for("CODE-2")
        approve(page, "CODE-2", "ada")
        assert 0 == shown.end()
    assert f"Logged in as ada (admin), in {url}, for 5 minutes\n" in shown.text
    created = run_command("config", "create", "02:00:00:00:00:07", "{}", env=shell)
    assert 0 == created.returncode, created.stderr
    assert b" ada " in run_command("config", "history", "02:00:00:00:00:07", env=shell).stdout
    assert 0 == run_command("logout", env=shell).returncode
    assert "iots_" not in service.output()
