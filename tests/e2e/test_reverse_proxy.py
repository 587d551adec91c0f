"""The shipped configuration of nginx in front of a real service: TLS, addresses, uploads, answers."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest

from tests.support.http import Answer
from tests.support.nginx import NAME, Nginx
from tests.support.ports import free_port
from tests.support.serving import Serve, environment, run_command

MAC = "02:00:00:00:00:01"
LIMIT = 4096
FAILURES = 3


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Serve]:
    """A service with the settings from the head of the configuration, and small limits."""
    directory = tmp_path_factory.mktemp("proxied")
    shutil.copy(_sqlite_template, directory / "configs.db")
    with Serve(
        f"sqlite:///{directory / 'configs.db'}",
        directory / "serve.log",
        workers=1,
        BASEURL=f"https://{NAME}",
        IOTCONFIG_AUTH="on",
        IOTCONFIG_TRUSTED_PROXIES="127.0.0.1",
        IOTCONFIG_MAX_IMPORT_BYTES=str(LIMIT),
        IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE=str(FAILURES),
    ) as serve:
        yield serve


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Iterator[Nginx]:
    """The proxy in front of the service."""
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), serve.client.base_url)
    yield nginx
    nginx.close()


@pytest.fixture(scope="module")
def token(serve: Serve) -> str:
    """An administrator's token."""
    created = run_command("token", "create", "ci", "--role", "admin", env=environment(serve.database_url))
    return created.stdout.decode().strip()


def ask(
    nginx: Nginx, method: str, path: str, body: bytes | None = None, *, tls: bool = True, **headers: str
) -> Answer:
    """Send one request to the proxy with its host name."""
    connection = HTTPConnection("127.0.0.1", nginx.plain_port, timeout=30)
    if tls:
        connection = HTTPSConnection(NAME, nginx.tls_port, timeout=30, context=nginx.tls())
        # The certificate has the name; the address is given, so that it is not resolved.
        connection._create_connection = lambda *_, **__: socket.create_connection(  # type: ignore[attr-defined]
            ("127.0.0.1", nginx.tls_port), timeout=30
        )
    try:
        dashed = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": NAME, **dashed})
        return _answer(connection.getresponse())
    finally:
        connection.close()


def _answer(response: HTTPResponse) -> Answer:
    return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())


def put(nginx: Nginx, token: str, content: object) -> Answer:
    body = json.dumps({"content": content}).encode()
    return ask(
        nginx, "PUT", f"/api/configs/by-mac/{MAC}", body, Authorization=f"Bearer {token}", Content_Type="application/json"
    )  # fmt: skip


def test_the_configuration_is_valid(nginx: Nginx) -> None:
    """nginx reports no error and no warning."""
    checked = nginx.check()

    assert 0 == checked.returncode, checked.stderr
    assert "[warn]" not in checked.stderr


def test_operators_work_over_tls(nginx: Nginx, token: str) -> None:
    """Changes are returned; each request has its own id, and paths are not changed."""
    created = put(nginx, token, {"deviceName": "Porch"})
    found = ask(nginx, "GET", "/api/configs?q=porch", Authorization=f"Bearer {token}", X_Request_ID="mine")
    path = f"/api/configs/{created.json()['id']}"
    shown = ask(nginx, "GET", path, Authorization=f"Bearer {token}", Accept_Encoding="gzip")
    assert f'"{created.json()["revision"]}"' == shown.headers["etag"], "a strong one, for If-Match"

    assert created.status in (200, 201)
    assert 200 == found.status
    assert MAC == found.json()["configs"][0]["mac_address"]
    assert "mine" == found.headers["x-request-id"]
    assert "max-age=" in found.headers["strict-transport-security"]


def test_devices_fetch_with_and_without_tls(nginx: Nginx, token: str) -> None:
    """Bytes, tag and 304 are passed on, for any spelling of the MAC address."""
    content = put(nginx, token, {"deviceName": "Porch"}).json()["content"]
    for tls in (False, True):
        for spelling in (MAC, MAC.replace(":", "-"), MAC.replace(":", "").upper()):
            fetched = ask(nginx, "GET", f"/api/configs/{spelling}.json", tls=tls)
            again = ask(
                nginx, "GET", f"/api/configs/{spelling}.json", tls=tls, If_None_Match=fetched.headers["etag"]
            )

            assert (200, content) == (fetched.status, fetched.json())
            assert (304, b"") == (again.status, again.body)
            assert str(len(fetched.body)) == fetched.headers["content-length"]


def test_events_are_not_held_back(nginx: Nginx, token: str) -> None:
    """Each is sent on at once, although the proxy buffers other answers."""
    connection = HTTPSConnection(NAME, nginx.tls_port, timeout=30, context=nginx.tls())
    connection._create_connection = lambda *_, **__: socket.create_connection(  # type: ignore[attr-defined]
        ("127.0.0.1", nginx.tls_port), timeout=30
    )
    connection.request("GET", "/api/events", headers={"Host": NAME, "Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert (200, "text/event-stream") == (answer.status, answer.headers["content-type"])
    lines = iter(answer.readline, b"")
    assert b"event: hello\n" in lines
    for number in range(2):
        assert put(nginx, token, {"n": number}).status in (200, 201)
        assert b"event: change\n" in lines
    connection.close()
    answer.close()


def test_other_routes_are_redirected_to_tls(nginx: Nginx, token: str) -> None:
    """A token is not sent unencrypted a second time."""
    answer = ask(nginx, "GET", "/api/configs", tls=False, Authorization=f"Bearer {token}")

    assert (301, f"https://{NAME}/api/configs") == (answer.status, answer.headers["location"])


def test_a_forged_source_address_is_ignored(nginx: Nginx, serve: Serve) -> None:
    """Failed sign-ins count for the address that the proxy received."""
    statuses = [
        ask(
            nginx, "GET", "/api/configs", Authorization="Bearer iotc_wrong", X_Forwarded_For=f"192.0.2.{n}"
        ).status
        for n in range(FAILURES + 1)
    ]

    assert [401] * FAILURES + [429] == statuses
    assert (
        401
        == serve.client.get(
            "/api/configs", Authorization="Bearer iotc_wrong", X_Forwarded_For="192.0.2.9"
        ).status
    )


def test_the_proxy_does_not_buffer_uploads(nginx: Nginx, token: str) -> None:
    """The service refuses a too large one during the transfer."""
    head = (
        f"POST /api/configs/import HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {LIMIT * 1000}\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", nginx.tls_port), timeout=30) as plain,
        nginx.tls().wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        connection.sendall(head.encode() + b"{")
        received = connection.recv(65536)

    assert b" 413 " in received.split(b"\r\n")[0]
    assert b"application/problem+json" in received


def test_an_unavailable_service_is_a_bad_gateway(tmp_path: Path) -> None:
    """The proxy starts without it."""
    nginx = Nginx(tmp_path, f"http://127.0.0.1:{free_port()}")
    try:
        assert 502 == ask(nginx, "GET", "/api/health").status
    finally:
        nginx.close()
