"""The request headers that are forwarded to a picture server."""

from __future__ import annotations

import falcon
import pytest
from falcon.testing import create_environ

from iotconfig.adapters.http.access.forwarding import MAX_NAMES, forwarded
from iotconfig.domain.errors import ValidationFailed

HEADERS = {
    "Authorization": "Bearer abc",
    "X-Camera": "7",
    "Empty": "",
    "Accept": "image/png",
    "User-Agent": "esp",
}


def request(**more: str) -> falcon.Request:
    given = {**HEADERS, **{name.replace("_", "-"): value for name, value in more.items()}}
    return falcon.Request(create_environ(headers=given))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", {}),
        ("Authorization", {"Authorization": "Bearer abc"}),
        ("authorization", {"authorization": "Bearer abc"}),
        ("X-Camera, Authorization", {"X-Camera": "7", "Authorization": "Bearer abc"}),
        ("X-Camera,X-Camera", {"X-Camera": "7"}),
        (" \tX-Camera\t ", {"X-Camera": "7"}),
        ("Empty", {"Empty": ""}),
        ("accept,user-agent", {"accept": "image/png", "user-agent": "esp"}),
    ],
)
def test_named_headers_are_forwarded(names: str, expected: dict[str, str]) -> None:
    """Only the named headers are forwarded."""
    assert expected == forwarded(request(), names)


@pytest.mark.parametrize(
    "name",
    [
        "Cookie", "cookie", "COOKIE", "Cookie2", "Host", "Connection", "Keep-Alive", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Expect", "HTTP2-Settings", "Proxy-Authorization", "proxy-connection",
        "Proxy-Anything", "Content-Length", "Content-Type", "Content-Anything", "Range", "If-Range", "If-Match",
        "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Accept-Encoding", "Max-Forwards", "Via",
        "Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Real-IP",
    ],
)  # fmt: skip
def test_own_and_hop_by_hop_headers_are_not_forwarded(name: str) -> None:
    """The session cookie is refused in any case, and in a list with others."""
    for names in (name, f"X-Camera, {name}"):
        with pytest.raises(ValidationFailed, match="is not forwarded") as refusal:
            forwarded(request(**{name.replace("-", "_"): "1"}), names)
        assert {"parameter": "headers"} == refusal.value.details


@pytest.mark.parametrize("names", ["Missing", "X-Camera, Missing", "XCamera"])
def test_a_named_header_that_is_absent_is_refused(names: str) -> None:
    """The caller relies on the header that it named."""
    with pytest.raises(ValidationFailed, match="the request has no header"):
        forwarded(request(), names)


@pytest.mark.parametrize(
    "names",
    [" ", ",", "X-Camera,", ",X-Camera", "X-Camera,,Accept", "X Camera", "X-Camera;Accept", "X:Y", "é", "a\r\nb", "x" * 101, '"a"', "X_Camera", "Content_Type", "X_Forwarded_For"],
    ids=ascii,
)  # fmt: skip
def test_a_malformed_list_of_names_is_refused(names: str) -> None:
    """Each item must be a field name (RFC 9110, section 5.1)."""
    with pytest.raises(ValidationFailed, match="is not a header name") as refusal:
        forwarded(request(), names)

    assert 1 == len(str(refusal.value).splitlines())


def test_a_long_list_is_refused() -> None:
    """A list of exactly the maximum length is accepted."""
    assert {"X-Camera": "7"} == forwarded(request(), ",".join(["X-Camera"] * MAX_NAMES))
    with pytest.raises(ValidationFailed, match=f"more than {MAX_NAMES} names"):
        forwarded(request(), ",".join(["X-Camera"] * (MAX_NAMES + 1)))
