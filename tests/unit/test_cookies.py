"""Cookies of browsers that sign in: how they are parsed, and how long a pending sign-in is valid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import falcon
import falcon.testing
import pytest
from attrs import asdict
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from iotconfig.adapters.http.access.cookies import CookieJar, cookies_of
from iotconfig.adapters.http.access.signed_values import SignedValues
from iotconfig.domain.access.identity import SignIn
from iotconfig.domain.errors import ValidationFailed

_SECRET = "s" * 32
_SIGN_IN = SignIn("state", "nonce", "verifier", "/")


def _request(cookies: str) -> falcon.Request:
    return falcon.testing.create_req(headers={"Cookie": cookies})


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("a=1", {"a": "1"}),
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2 ;  c=3=4", {"a": "1", "b": "2", "c": "3=4"}),
        pytest.param("a=1; a=2", {"a": "1"}, id="the-first-of-two"),
        pytest.param("a=1,b=2", {"a": "1", "b": "2"}, id="two-headers-joined-by-the-server"),
        pytest.param('a="\\"x"', {"a": '"\\"x"'}, id="as-it-was-sent"),
        pytest.param("a", {"a": ""}, id="no-value"),
        pytest.param("", {"": ""}, id="nothing"),
        pytest.param("a=" + "x" * 16_383, {}, id="too-much-to-look-at"),
    ],
)
def test_cookies_are_read_without_unquoting(header: str, found: dict[str, str]) -> None:
    """Values are not unquoted, and headers that no browser sends give no cookies."""
    assert found == cookies_of(_request(header))


def _remembered(seconds_ago: int, payload: object = None, secret: str = _SECRET) -> str:
    """The cookie of a sign-in that began this many seconds ago by another machine's clock."""

    class _Shifted(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - seconds_ago

    signer = URLSafeTimedSerializer(
        secret,
        salt="iotconfig.sign-in",
        signer=_Shifted,
        signer_kwargs={"digest_method": hashlib.sha256},
    )
    return str(signer.dumps(asdict(_SIGN_IN) if payload is None else payload))


def _sign_in_of(value: str, *, is_https: bool = False) -> SignIn:
    name = f"sign_in_{hashlib.sha256(b'state').hexdigest()[:16]}"
    prefix = "__Host-" if is_https else ""
    return CookieJar(is_https, SignedValues(_SECRET, "sign-in")).sign_in(
        _request(f"{prefix}{name}={value}"), "state"
    )


@pytest.mark.parametrize("seconds_ago", [0, 590, -50])
def test_a_pending_sign_in_is_valid_for_ten_minutes(seconds_ago: int) -> None:
    """A small difference between the clocks of machines is tolerated."""
    assert _SIGN_IN == _sign_in_of(_remembered(seconds_ago))
    assert _SIGN_IN == _sign_in_of(_remembered(seconds_ago), is_https=True)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda: _remembered(610), id="too-old"),
        pytest.param(lambda: _remembered(-70), id="of-the-future"),
        pytest.param(lambda: _remembered(0, secret="another" * 9), id="signed-with-another-key"),
        pytest.param(lambda: _remembered(0, {**asdict(_SIGN_IN), "more": 1}), id="another-versions"),
        pytest.param(lambda: _remembered(0, [1]), id="no-sign-in"),
        pytest.param(lambda: "", id="none"),
    ],
)
def test_an_invalid_sign_in_cookie_is_refused(value: Callable[[], str]) -> None:
    """Each kind of defect is refused with the same sentence."""
    with pytest.raises(ValidationFailed, match="has no such sign-in"):
        _sign_in_of(value())


def test_the_key_is_not_shown() -> None:
    """The key appears neither in a log nor in a traceback."""
    assert _SECRET not in repr(CookieJar(is_https=False, signed=SignedValues(_SECRET, "sign-in")))
