"""Commands on a service over HTTP: roles, refusals, and a service that is away or another program."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from select import select
from threading import Thread
from typing import Any, Final

import pytest
import trustme

from iotconfig.adapters.remote.address import ServiceAddress
from iotconfig.adapters.remote.connection import Request, ServiceConnection
from iotconfig.domain.access.principal import Role
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import StoreUnavailable
from tests.support.command_line import CommandLine
from tests.support.ports import free_port
from tests.support.socket_service import api_on_socket
from tests.support.tokens import api_token

MAC = "02:00:00:00:00:07"
TOKEN = "iotc_0123456789ab_secretsecret"

Answers = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answers, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that answers every request in one way; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if self.raw_requestline and self.parse_request():
                answer(self)
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """The tests read no log of this server."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        if tls is not None:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


PAGE = {"Content-Type": "text/html; charset=utf-8"}


def answering(status: int, body: bytes, **headers: str) -> Answers:
    """Answer with this status, body and headers; it is JSON unless they say otherwise."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        given = {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
        for name, value in given.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.fixture
def guarded(sqlite_url: str) -> Iterator[str]:
    """The URL of a service that requires tokens."""
    with api_on_socket(sqlite_url, IOTCONFIG_AUTH="on") as url:
        yield url


def on(url: str, token: str = "", **environ: str) -> CommandLine:
    """The command line on a service, without a database."""
    given = {"IOTCONFIG_URL": url, **({"IOTCONFIG_TOKEN": token} if token else {}), **environ}
    return CommandLine(given)


def test_an_administrator_may_change_and_is_the_author(guarded: str, sqlite_url: str) -> None:
    """No command needs the password of the database; the name of the token is in the history."""
    command = on(guarded, api_token(sqlite_url, Role.ADMIN, "ci"))
    command.ok("config", "create", MAC, "{}", "-m", "first")

    (revision,) = command.ok("config", "history", MAC, "--json").json()["revisions"]
    assert ("ci", "first") == (revision["author"], revision["message"])


WRITES: list[list[str]] = [
    ["config", "set", MAC, "{}", "--create"],
    ["config", "create", MAC, "{}"],
    ["import", "-"],
    ["patch", "--all", "--merge", "{}"],
    ["announce", "--all"],
    ["notifications", "--retry"],
    ["token", "create", "x", "--role", "admin"],
    ["token", "list"],
    ["token", "revoke", "x"],
    ["device-token", "create", MAC],
    ["device-token", "list"],
    ["device-token", "revoke", MAC],
]


@pytest.mark.parametrize("arguments", WRITES, ids=" ".join)
def test_a_viewer_may_not_change(guarded: str, sqlite_url: str, arguments: Sequence[str]) -> None:
    """The service refuses it, by the rules of its routes."""
    command = on(guarded, api_token(sqlite_url, Role.VIEWER, "eye"))
    record = f'{{"mac_address": "{MAC}", "content": {{}}}}'.encode()
    ended = command.run(*arguments, stdin=record)

    assert 1 == ended.status
    assert "Error: eye is not allowed to do this: it requires the role admin.\n" in ended.errors
    assert 0 == command.ok("config", "list", "--json").json()["count"]


def test_a_service_that_requires_a_token_says_how_to_give_it(guarded: str) -> None:
    """One sentence, which names the variable."""
    ended = on(guarded).run("config", "list")

    assert (
        1,
        f"Error: The service at {guarded} requires a token: set IOTCONFIG_TOKEN, or run 'iotconfig login'.\n",
    ) == (
        ended.status,
        ended.errors,
    )


def test_a_revoked_token_is_refused(guarded: str, sqlite_url: str) -> None:
    """And no message has a part of it."""
    command = on(guarded, token := api_token(sqlite_url, Role.ADMIN, "ci"))
    command.ok("config", "list")
    command.ok("token", "revoke", "ci")
    ended = command.run("config", "list")

    assert 1 == ended.status
    assert f"The service at {guarded} refused the token: The API token is unknown, or expired" in ended.errors
    assert token.rpartition("_")[2] not in ended.errors + ended.text


@pytest.mark.parametrize(
    "arguments", [["config", "list"], ["config", "create", MAC, "{}"]], ids=["read", "write"]
)
def test_a_service_that_is_away(arguments: Sequence[str]) -> None:
    """Nothing was sent, so nothing can have been stored."""
    url = f"http://127.0.0.1:{free_port()}"
    ended = on(url).run(*arguments)

    assert 1 == ended.status
    assert f"Error: The service at {url} cannot be reached. (Connection refused)\n" == ended.errors


@pytest.mark.parametrize(
    ("arguments", "is_unsure"), [(["config", "list"], False), (["config", "create", MAC, "{}"], True)]
)
def test_a_connection_that_breaks(arguments: Sequence[str], is_unsure: bool) -> None:
    """After a change was sent, its outcome is unknown, and the error says so."""
    with server(lambda request: request.connection.close()) as address:
        ended = on(f"http://{address}").run(*arguments)

    assert 1 == ended.status
    assert "closed the connection early, or does not speak HTTP." in ended.errors
    assert is_unsure == ("may have been stored, or not" in ended.errors)


def test_a_service_that_does_not_answer(sqlite_url: str) -> None:
    """The wait is bounded."""

    def nothing(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read()

    with (
        server(nothing) as address,
        ServiceConnection(ServiceAddress.parse(f"http://{address}"), "") as service,
        pytest.raises(StoreUnavailable, match=r"did not answer within 0\.1 seconds"),
    ):
        service.ask(Request("GET", "/api/configs", seconds=0.1))


LONG_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + b" " * 100


@pytest.mark.parametrize(
    ("at_once", "late"),
    [(0, r"did not answer within 0\.2 seconds"), (80, r"sent less than 16 KiB a second for 0\.2 seconds")],
    ids=["headers", "body"],
)
def test_a_service_that_sends_single_bytes(at_once: int, late: str) -> None:
    """Each comes before a wait would be too long, and the answer would be whole in the end: the waits are bounded together."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.connection.sendall(LONG_ANSWER[:at_once])
        request.connection.settimeout(0.05)
        for byte in LONG_ANSWER[at_once:]:
            with suppress(TimeoutError):
                # The client is gone.
                assert not request.connection.recv(1)
                return
            request.connection.sendall(bytes([byte]))

    with (
        server(drip) as address,
        ServiceConnection(ServiceAddress.parse(f"http://{address}"), "") as service,
        pytest.raises(StoreUnavailable, match=late),
    ):
        service.ask(Request("GET", "/api/configs", seconds=0.2))


def test_a_service_that_takes_no_body() -> None:
    """It is larger than what the system keeps of it; the outcome is unknown."""

    def nothing(request: BaseHTTPRequestHandler) -> None:
        request.connection.settimeout(0.05)
        assert select([], [], [request.connection], 1.0) == ([], [], [])

    with (
        server(nothing) as address,
        ServiceConnection(ServiceAddress.parse(f"http://{address}"), "") as service,
        pytest.raises(StoreUnavailable, match=rf"did not answer within 0\.2 seconds. {UNSURE}"),
    ):
        service.ask(Request("POST", "/api/configs/import", body=bytes(30_000_000), seconds=0.2))


PROBLEM = b'{"code": "%s", "error": "The route does not exist.", "details": {}}'
OTHERS: dict[str, tuple[Answers, str]] = {
    "an old service": (
        answering(404, PROBLEM % b"ROUTE_NOT_FOUND"),
        "does not have GET /api/tokens: it runs another version of iotconfig.",
    ),
    "an old service without the method": (
        answering(405, PROBLEM % b"METHOD_NOT_ALLOWED"),
        "does not have GET /api/tokens: it runs another version of iotconfig.",
    ),
    "another program": (
        answering(404, b"<html>nothing here</html>"),
        "answered GET /api/tokens with the status 404, and not as an iotconfig service does.",
    ),
    "a redirect": (
        answering(301, b"", Location="https://iot.example.org/"),
        "redirects GET /api/tokens to https://iot.example.org/: set the URL to where the service is.",
    ),
    "a page": (
        answering(200, b"<html></html>", **PAGE),
        "answered GET /api/tokens with the status 200, and not as an iotconfig service does.",
    ),
    "no JSON": (answering(200, b"nul"), "did not answer as an iotconfig service of this version does."),
    "other JSON": (answering(200, b'{"a": 1}'), "did not answer as an iotconfig service of this version does."),
    "a defect": (
        answering(500, b'{"code": "INTERNAL_ERROR", "error": "Broken.", "details": {}, "correlationId": "abc"}'),
        "the correlationId is abc.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), OTHERS.values(), ids=OTHERS)
def test_a_server_that_is_no_service_of_this_version(answer: Answers, expected: str) -> None:
    """One sentence names the server and what is wrong; a redirect is not followed with the token."""
    with server(answer) as address:
        ended = on(f"http://{address}", TOKEN).run("token", "list")

    assert 1 == ended.status
    assert address in ended.errors
    assert ended.errors.endswith(f"{expected}\n")
    assert TOKEN not in ended.errors


CHANGES: list[tuple[str, ...]] = [
    ("config", "create", MAC, "{}"), ("config", "set", "--create", "--yes", MAC, "{}"), ("undo", "0" * 16), ("import", "-"),
    ("patch", "--all", "--set", "a=1"), ("announce", "--all", "--yes"), ("token", "revoke", "ci"),
    ("device-token", "create", MAC), ("tag", "add", "lamp", "--mac", MAC),
]  # fmt: skip
UNSURE = "The change may have been stored, or not: look before you repeat it."


@pytest.mark.parametrize("arguments", CHANGES, ids=" ".join)
@pytest.mark.parametrize(
    ("status", "is_unsure"), [(200, True), (502, True), (504, True), (403, False), (302, False)]
)
def test_a_proxy_that_answers_a_change(arguments: Sequence[str], status: int, is_unsure: bool) -> None:
    """The page of a gateway that lost its connection, and of a sign-in: no change is reported as done, and none that may be done as refused."""
    missing = answering(404, b'{"code": "RECORD_NOT_FOUND", "error": "None.", "details": {}}')
    page = answering(status, b"<html>wait</html>", **PAGE)
    with server(lambda request: (missing if request.command == "GET" else page)(request)) as address:
        record = b'{"mac_address": "%s", "content": {}}' % MAC.encode()
        ended = on(f"http://{address}", TOKEN).run(*arguments, stdin=record)

    assert (1, "") == (ended.status, ended.text)
    assert f"with the status {status}, and not as an iotconfig service does." in ended.errors
    assert is_unsure == ended.errors.endswith(f"{UNSURE}\n")


CONFIG: Final = {
    "id": 1, "mac_address": MAC, "revision": 1, "etag": ConfigContent.parse("{}").etag, "content": {},
    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "change": "0" * 16,
    "device_name": None, "device_entity_id": None, "enable_ota": None,
}  # fmt: skip
READ: Final = [each for each in CHANGES if each[0] != "announce" and each[1] != "revoke"]
"""Those of the changes whose successful answer has a body that is read."""


@pytest.mark.parametrize("arguments", [*READ, ("config", "delete", "1", "--yes")], ids=" ".join)
@pytest.mark.parametrize(("status", "is_unsure"), [(200, True), (422, False)])
def test_an_answer_to_a_change_in_a_form_that_is_unknown(
    arguments: Sequence[str], status: int, is_unsure: bool
) -> None:
    """JSON of a newer service, or of another program: a success may have stored the change, a refusal has not."""
    missing = answering(404, b'{"code": "RECORD_NOT_FOUND", "error": "None.", "details": {}}')
    known = answering(200, json.dumps(CONFIG).encode()) if "delete" in arguments else missing
    refused = b'{"code": "UNPROCESSABLE", "error": "No.", "details": {"errors": [7]}}'
    other = answering(status, b'{"a": 1}' if is_unsure else refused)
    with server(lambda request: (known if request.command == "GET" else other)(request)) as address:
        record = b'{"mac_address": "%s", "content": {}}' % MAC.encode()
        ended = on(f"http://{address}", TOKEN).run(*arguments, stdin=record)

    assert (1, "") == (ended.status, ended.text)
    assert is_unsure == ended.errors.endswith(f"as an iotconfig service of this version does. {UNSURE}\n")
    assert is_unsure == (UNSURE in ended.errors)


@pytest.mark.parametrize(
    "arguments",
    [("patch", "--all", "--set", "a=1", "--dry-run"), ("undo", "0" * 16, "--dry-run")],
    ids=" ".join,
)
def test_a_dry_run_that_is_lost_changed_nothing(arguments: Sequence[str]) -> None:
    """Its outcome is not unknown."""
    for answer in (answering(502, b"<html></html>", **PAGE), answering(200, b"{}"), lambda _request: None):
        with server(answer) as address:
            ended = on(f"http://{address}", TOKEN).run(*arguments)
        assert 1 == ended.status
        assert UNSURE not in ended.errors


@pytest.mark.parametrize(
    "answer",
    [answering(200, b"", **PAGE), answering(204, b""), answering(200, b"{}\n")],
    ids=["page", "nothing", "json"],
)
def test_an_export_of_what_is_no_service(answer: Answers, tmp_path: Path) -> None:
    """An answer without records is an empty fleet only if it says that it has records."""
    with server(answer) as address:
        ended = on(f"http://{address}", TOKEN).run("export", str(tmp_path / "fleet.ndjson"))

    assert 1 == ended.status
    assert "and not as an iotconfig service does." in ended.errors
    assert [] == [*tmp_path.iterdir()]


DEVICE = {
    "mac_address": MAC, "device_name": "Lamp", "state": "in_sync", "overdue": False, "why": "Runs 2.", "wanted": 2,
    "held": 2, "last_seen": "2026-01-01T00:00:00Z", "firmware": None, "tags": [], "note": None,
    "online": None,
}  # fmt: skip
DEVICES = {"devices": [DEVICE], "counts": None, "more": False, "next": None, "as_of": "2026-01-01T00:01:00Z"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**DEVICES, "devices": [{**DEVICE, "state": "lost"}]},
        {**DEVICES, "devices": [{**DEVICE, "mac_address": "02:00"}]},
        {**DEVICES, "devices": [{**DEVICE, "wanted": "2"}]},
        {**DEVICES, "next": "\x1b[2J"},
        {**DEVICES, "as_of": "today"},
    ],
)
def test_devices_as_no_service_lists_them(body: Mapping[str, object]) -> None:
    """One sentence, as for any other answer of another program."""
    with server(answering(200, json.dumps(body).encode())) as address:
        ended = on(f"http://{address}").run("devices")

    assert 1 == ended.status
    assert "did not answer as an iotconfig service of this version does." in ended.errors


def test_text_of_a_service_about_devices_is_harmless() -> None:
    """Neither a name nor a sentence gets control of the terminal."""
    device = {
        **DEVICE,
        "device_name": "a\x1b[2J\nb",
        "why": "c\x1b[2J\nd",
        "tags": ["\x1b[2J"],
        "firmware": "\x07",
    }
    body = json.dumps({**DEVICES, "devices": [device]}).encode()
    with server(answering(200, body)) as address:
        listed = on(f"http://{address}").at_terminal("devices", columns=140).succeeded().text

    assert r"a\x1b[2J\nb" in listed
    assert "\x1b" not in listed
    assert "\x07" not in listed


LONG = "x" * 5_000_000


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("STORE_FULL", {}),
        ("INTERNAL_ERROR", {}),
        ("AUTHENTICATION_REQUIRED", {}),
        ("PRECONDITION_FAILED", {"revision": "\x1b[2J\n"}),
        ("UNPROCESSABLE", {"selected": 0, "errors": [{"place": LONG, "error": LONG, "code": "X", "details": {}}]}),
    ],
)  # fmt: skip
def test_a_refusal_of_megabytes(code: str, details: Mapping[str, object]) -> None:
    """It is cut, and has no character that controls a terminal."""
    body = json.dumps({"code": code, "error": f"\x1b[2J{LONG}", "details": details}).encode()
    with server(answering(422, body)) as address:
        ended = on(f"http://{address}", TOKEN).run("undo", "0" * 16)

    assert 1 == ended.status
    assert len(ended.errors) < 10_000
    assert [] == [c for c in ended.errors if not (c.isprintable() or c == "\n")]


@pytest.mark.parametrize("change", ["", "1; rm -rf x", "\x1b[2J", "A" * 16])
@pytest.mark.parametrize("arguments", [("undo", "0" * 16), ("config", "delete", "1", "--yes")], ids=" ".join)
def test_an_id_of_a_change_as_no_service_writes_it(arguments: Sequence[str], change: str) -> None:
    """Users copy it into commands: it is not printed."""
    tally = {"errors": [], "results": [], "changed": 1, "stored": True, "change": change}

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = json.dumps(tally if request.command == "POST" else CONFIG).encode()
        sent = change.encode("unicode_escape").decode()
        answering(200, body, **({"Iotconfig-Change": sent} if request.command == "DELETE" else {}))(request)

    with server(answer) as address:
        ended = on(f"http://{address}", TOKEN).run(*arguments)

    assert (1, "") == (ended.status, ended.text)
    assert "did not answer as an iotconfig service of this version does." in ended.errors


def test_a_service_that_lists_not_all(quick_lists: Mapping[str, object]) -> None:
    """The numbers of the others are said."""
    with server(answering(200, json.dumps(quick_lists).encode())) as address:
        command = on(f"http://{address}", TOKEN)
        undone, report = command.run("undo", "0" * 16), command.run("undo", "0" * 16, "--json").json()
        imported = command.run("import", "-", "--prune", "--yes", "--allow-empty")

    assert ["02:00:00:00:00:07: No.", "… and 1499 more refusals, not listed by the service"] == (
        undone.errors.splitlines()
    )
    assert (1500, 1499) == (report["refused"], report["errors_left_out"])
    assert ["02:00:00:00:00:07  deleted", "… and 1999 more deletions, not listed by the service"] == (
        imported.text.splitlines()[:2]
    )


def test_an_import_prints_fewer_refusals_than_a_service_lists(quick_lists: Mapping[str, Any]) -> None:
    """And says how many of them the report for programs has."""
    body = {**quick_lists, "errors": [*quick_lists["errors"]] * 1000, "errors_left_out": 500}
    with server(answering(200, json.dumps(body).encode())) as address:
        record = f'{{"mac_address": "{MAC}", "content": {{}}}}'.encode()
        imported = on(f"http://{address}", TOKEN).run("import", "-", stdin=record)

    *lines, rest, _ = imported.errors.splitlines()
    assert ["02:00:00:00:00:07: No."] * 20 == lines
    assert rest == "… and 1480 more refusals: --json lists 1000"


@pytest.fixture
def quick_lists() -> Mapping[str, Any]:
    """The report of a bulk write with more refusals and deletions than a service lists."""
    return {
        "errors": [{"place": MAC, "error": "No.", "code": "RECORD_GONE", "details": {}}],
        "errors_left_out": 1499,
        "removed": [MAC],
        "results": [],
        "refused": 1500,
        "deleted": 2000,
        "stored": True,
        "change": "0" * 16,
    }


def test_a_change_that_is_no_text_is_not_asked_for() -> None:
    """What cannot be an id of a change names none, without a request."""
    ended = on(f"http://127.0.0.1:{free_port()}").run("undo", "x\udcff")

    assert 1 == ended.status
    assert "Error: Change x\\udcff was not found." in ended.errors


HOSTILE: dict[str, bytes] = {
    "nested deeply": b"[" * 200_000,
    "a detail named as an argument": b'{"code": "X", "error": "No.", "details": {"message": 1, "self": 2, "code": 3}}',
    "the same, of a known error": b'{"code": "VALIDATION_FAILED", "error": "No.", "details": {"message": 1, "self": 2}}',
    "a line that was not sent": b"""{"code": "UNPROCESSABLE", "error": "No.", "details": {"new": 0, "changed": 0,
        "same": 0, "skipped": 0, "refused": 1, "errors": [{"place": "line 99999", "error": "No.", "code": "X",
        "details": {}}]}}""",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_refusal_as_no_service_writes_it(body: bytes) -> None:
    """It is an error like any other, and no traceback."""
    record = f'{{"mac_address": "{MAC}", "content": {{}}}}'.encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        # A connection that is closed with unread bytes is reset, and may lose its answer.
        request.rfile.read(int(request.headers["Content-Length"]))
        answering(422, body)(request)

    with server(answer) as address:
        ended = on(f"http://{address}", TOKEN).run("import", "-", stdin=record)

    assert 1 == ended.status
    assert "Traceback" not in ended.errors
    assert "No." in ended.errors or "not as an iotconfig service does" in ended.errors


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_without_end(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of it is kept in memory than a service sends."""
    monkeypatch.setattr("iotconfig.adapters.remote.connection.MOST_ANSWER_BYTES", 1000)
    with server(answering(status, b" " * 1001)) as address:
        ended = on(f"http://{address}", TOKEN).run("config", "list")

    assert (
        1,
        f"Error: The server at http://{address} answered GET /api/configs with more than 1000 bytes.\n",
    ) == (ended.status, ended.errors)


def test_an_export_with_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused as soon as it is longer than a record can be."""
    monkeypatch.setattr("iotconfig.adapters.remote.writes._MOST_LINE_BYTES", 1000)
    line = f'{{"mac_address": "{MAC}", "content": {{}}}}'.encode()
    with server(
        answering(200, line + b"\n" + line + b" " * 1000, **{"Content-Type": "application/x-ndjson"})
    ) as address:
        ended = on(f"http://{address}", TOKEN).run("export", "-")

    assert 1 == ended.status
    assert "did not answer as an iotconfig service of this version does." in ended.errors


def test_the_certificate_is_verified(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that the system does not trust is refused, unless SSL_CERT_FILE names its authority."""
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with server(answering(200, b'{"tokens": []}'), tls) as address:
        refused = on(f"https://{address}", TOKEN).run("token", "list")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        accepted = on(f"https://{address}", TOKEN).run("token", "list")

    assert 1 == refused.status
    assert "has a certificate that was refused" in refused.errors
    assert (0, "") == (accepted.status, accepted.errors)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """For other machines; requests that stay on this one go there directly."""
    targets: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        targets.append(request.path)
        answering(200, b'{"tokens": []}')(request)

    with server(answer) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        environ = {"http_proxy": f"http://{proxy}"}
        on("http://iot.invalid", **environ).ok("token", "list")
        monkeypatch.setenv("no_proxy", "iot.invalid")
        direct = on("http://iot.invalid", **environ).run("token", "list")
        with server(answering(200, b'{"tokens": []}')) as address:
            on(f"http://{address}", **environ).ok("token", "list")

    assert ["http://iot.invalid/api/tokens"] == targets
    assert "cannot be reached" in direct.errors


@pytest.mark.parametrize(
    "arguments",
    [["serve"], ["relay"], ["upgrade-db"], ["db-status"], ["load-test-data"]],
    ids=lambda given: given[0],
)
def test_a_command_for_databases_is_refused(arguments: Sequence[str]) -> None:
    """Unless the environment names a database, too."""
    ended = on("https://iot.example.org").run(*arguments)

    assert ended.status in (1, 2)
    assert "works on a database, and IOTCONFIG_URL names the service https://iot.example.org" in ended.errors


def test_a_database_beside_a_service_is_for_its_maintenance(guarded: str, sqlite_url: str) -> None:
    """Configs are the service's; the schema is the database's."""
    command = on(guarded, api_token(sqlite_url, Role.ADMIN), DATABASE_URL=sqlite_url)

    assert "The schema is up to date." in command.ok("db-status").text
    assert command.ok("config", "list").text.endswith(f"0 configs in {guarded}\n")


def test_history_is_pruned_on_the_database(guarded: str, sqlite_url: str) -> None:
    """One sentence says where."""
    ended = on(guarded, api_token(sqlite_url, Role.ADMIN)).run("prune-history", "--keep", "1")

    assert 1 == ended.status
    assert f"History is pruned on the database and not over {guarded}" in ended.errors
