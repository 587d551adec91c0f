"""The provider's answer to the begin of a sign-in at a terminal: hostile and malformed values."""

from __future__ import annotations

import pytest

from iotconfig.adapters.oidc.device_authorization import sign_in_of
from iotconfig.adapters.oidc.faults import ProviderUnavailable
from iotconfig.domain.access.identity import TerminalSignIn

WHERE = "https://sso.example/device"
DOCUMENT = {"device_code": "d", "user_code": "AB-CD", "verification_uri": WHERE, "expires_in": 600}


def test_the_minimal_answer() -> None:
    """RFC 8628 requires four members; without an interval it is five seconds."""
    assert TerminalSignIn("d", "AB-CD", WHERE, None, 600, 5) == sign_in_of(DOCUMENT, is_secure=True)


def test_an_http_issuer_may_have_http_pages() -> None:
    """As its other URLs, for a provider on the same machine."""
    where = "http://127.0.0.1:8081/device"

    assert where == sign_in_of({**DOCUMENT, "verification_uri": where}, is_secure=False).verification_uri


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("device_code", None),
        ("device_code", ""),
        ("device_code", 5),
        ("device_code", "x" * 4097),
        ("device_code", "a b"),
        ("user_code", None),
        ("user_code", "\x1b[2J"),
        ("user_code", "A\nB"),
        ("user_code", "ABC\u202e"),
        ("user_code", "A" * 65),
        ("user_code", ["A"]),
        ("verification_uri", None),
        ("verification_uri", "javascript:alert(1)"),
        ("verification_uri", "http://sso.example/"),
        ("verification_uri", "http://user:password@sso.example"),
        ("verification_uri", "https://sso.example/\x1b[2J"),
        ("verification_uri", "https://sso.example/" + "x" * 2000),
        ("verification_uri_complete", "file:///etc/passwd"),
        ("verification_uri_complete", 5),
        ("expires_in", None),
        ("expires_in", "600"),
        ("expires_in", True),
        ("interval", "5"),
        ("interval", 1.5),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_malformed_answers(member: str, value: object) -> None:
    """The sign-in does not begin; nothing that could change a terminal, or is no page of https, is passed on."""
    with pytest.raises(ProviderUnavailable):
        sign_in_of({**DOCUMENT, member: value}, is_secure=True)


@pytest.mark.parametrize(
    ("given", "seconds", "interval"),
    [
        ({"expires_in": 10**30, "interval": 10**9}, 1800, 60),
        ({"expires_in": 0, "interval": 0}, 1, 1),
        ({"expires_in": -5, "interval": -5}, 1, 1),
        ({"expires_in": 60}, 60, 5),
    ],
    ids=str,
)
def test_times_are_bounded(given: dict[str, object], seconds: int, interval: int) -> None:
    """A provider can neither keep a terminal waiting for ever, nor make it ask without a pause."""
    sign_in = sign_in_of({**DOCUMENT, **given}, is_secure=True)

    assert (seconds, interval) == (sign_in.seconds, sign_in.interval)
