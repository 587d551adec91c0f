"""The client's side of a sign-in at a terminal: how long it waits, and hostile services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from attrs import define, field

from iotconfig.adapters.remote.address import ServiceAddress
from iotconfig.adapters.remote.connection import Answer, Request, ServiceConnection
from iotconfig.adapters.remote.credentials import Credential
from iotconfig.adapters.remote.problems import NotThisService, error_of
from iotconfig.adapters.remote.terminal_sign_ins import RemoteTerminalSignIn, RemoteTerminalSignIns
from iotconfig.domain.errors import AuthenticationRequired, IotConfigError, Unprocessable

TOKEN = "iots_eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
PENDING = (202, {"status": "authorization_pending"})
SLOW_DOWN = (202, {"status": "slow_down"})
SIGNED_IN = (200, {"token": TOKEN, "expires_in": 300})
BEGUN: dict[str, Any] = {
    "sign_in": "s",
    "user_code": "AB-CD",
    "verification_uri": "https://sso.example/device",
    "verification_uri_complete": None,
    "expires_in": 600,
    "interval": 5,
}


def problem(status: int, code: str, sentence: str = "As told.") -> tuple[int, dict[str, object]]:
    """A refusal of the service."""
    return status, {"code": code, "error": sentence, "details": {}}


@define
class Service:
    """Gives the answers of a test, the last one for ever, and has the time that passes in pauses."""

    answers: Sequence[tuple[int, object]]
    address: ServiceAddress = field(factory=lambda: ServiceAddress.parse("https://iot.example.org"))
    asked: list[Request] = field(factory=list)
    pauses: list[float] = field(factory=list)

    def ask(self, request: Request) -> Answer:
        status, content = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(request)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        if status < 300:
            return Answer(status, body)
        raise error_of(self.address, f"POST {request.path}", status, body, "", Credential.NONE)

    @property
    def sign_ins(self) -> RemoteTerminalSignIns:
        service = cast("ServiceConnection", self)
        return RemoteTerminalSignIns(service, self.pauses.append, lambda: sum(self.pauses))


def sign_in(**more: object) -> RemoteTerminalSignIn:
    """A sign-in that has begun, with other members."""
    return RemoteTerminalSignIn(**{**BEGUN, **more})


def test_it_waits_until_a_person_has_approved() -> None:
    """A pause before each request; five seconds more after `slow_down` or too many requests; the status is a word."""
    service = Service(
        [PENDING, SLOW_DOWN, PENDING, problem(429, "TOO_MANY_REQUESTS"), (202, {"status": "x"}), SIGNED_IN]
    )

    found = service.sign_ins.session(sign_in())
    assert (TOKEN, 300) == (found.token, found.expires_in)
    assert [5, 5, 10, 10, 15, 15] == service.pauses
    assert {"/api/auth/terminal/token"} == {request.path for request in service.asked}
    assert b'{"sign_in": "s"}' == service.asked[0].body
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(("answer", "requests"), [(PENDING, 120), (SLOW_DOWN, 15)])
def test_a_service_that_never_answers_keeps_nobody_waiting(answer: tuple[int, object], requests: int) -> None:
    """The sign-in ends after its time, whatever the service says then."""
    service = Service([answer])

    with pytest.raises(AuthenticationRequired, match="was not approved in time: run 'iotconfig login' again"):
        service.sign_ins.session(sign_in())
    assert requests == len(service.asked)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (problem(401, "AUTHENTICATION_REQUIRED", "The sign-in was refused."), "The sign-in was refused."),
        (problem(502, "EXTERNAL_SERVICE_ERROR", "The provider is away."), "The provider is away."),
    ],
)
def test_a_refusal_ends_it(answer: tuple[int, object], sentence: str) -> None:
    """In the words of the service."""
    with pytest.raises(IotConfigError) as caught:
        Service([answer]).sign_ins.session(sign_in())
    assert sentence == str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"token": "iotc_0123456789ab_secretsecret", "expires_in": 300},
        {"token": f"{TOKEN}\r\nX: y", "expires_in": 300},
        {"token": f"iots_{'x' * 17_000}", "expires_in": 300},
        {"token": TOKEN, "expires_in": "300"},
        {"token": TOKEN},
        [],
        b"\xff",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content)[:40],
)
def test_a_token_that_is_none(content: object) -> None:
    """It is neither kept nor shown."""
    with pytest.raises(NotThisService, match="did not answer as an iotconfig service") as caught:
        Service([(200, content)]).sign_ins.session(sign_in())
    assert "iot" + "s_" not in str(caught.value)


@pytest.mark.parametrize(
    "more",
    [
        {"user_code": ""},
        {"user_code": "\x1b]0;owned\x07"},
        {"user_code": "AB\u202eCD"},
        {"user_code": "A" * 65},
        {"verification_uri": "http://sso.example/device"},
        {"verification_uri": "https://"},
        {"verification_uri": "https://sso.example/\x1b[2J"},
        {"verification_uri": "https://sso.example/ or call 555"},
        {"verification_uri": "https://[sso"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "https://sso.example/" + "x" * 2000},
        {"verification_uri_complete": "file:///etc/passwd"},
        {"expires_in": True},
        {"interval": None},
        {"interval": 1e9},
    ],
    ids=lambda more: repr(more)[:50],
)
def test_a_sign_in_that_could_harm(more: dict[str, object]) -> None:
    """A service cannot write to the terminal, nor send a person to a page that is not one of https."""
    with pytest.raises(NotThisService, match="did not answer as an iotconfig service"):
        Service([(200, {**BEGUN, **more})]).sign_ins.begin()


@pytest.mark.parametrize(
    ("given", "seconds", "interval"), [(10**30, 1800, 60), (0, 1, 1), (-1, 1, 1), (7, 7, 7)]
)
def test_times_are_bounded(given: int, seconds: int, interval: int) -> None:
    """Whatever the service says."""
    found = Service([(200, {**BEGUN, "expires_in": given, "interval": given})]).sign_ins.begin()

    assert found is not None
    assert (seconds, interval) == (found.expires_in, found.interval)


def test_a_service_over_http_may_name_an_http_page() -> None:
    """As a provider on the same machine has it."""
    local = ServiceAddress.parse("http://127.0.0.1:8080")
    page = "http://127.0.0.1:8081/device"

    found = Service([(200, {**BEGUN, "verification_uri": page})], local).sign_ins.begin()
    assert found is not None
    assert page == found.verification_uri


def test_services_without_this_sign_in() -> None:
    """None without an identity provider, or in an older version; an error where the provider does not offer it."""
    for code in ("ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED"):
        assert Service([problem(404, code)]).sign_ins.begin() is None
    with pytest.raises(Unprocessable, match="As told"):
        Service([problem(422, "UNPROCESSABLE")]).sign_ins.begin()
