"""URLs of requests to hosts that the operator configured."""

from __future__ import annotations

import pytest

from iotconfig.adapters.outbound import HttpUrl
from iotconfig.adapters.outbound.errors import RequestMalformed


@pytest.mark.parametrize(
    ("text", "authority", "target"),
    [
        ("https://sso.example/realms/home?a=b", "sso.example", "/realms/home?a=b"),
        ("http://SSO.example:8080", "sso.example:8080", "/"),
        ("http://[::1]:80/", "[::1]", "/"),
    ],
)
def test_a_url_is_taken_apart(text: str, authority: str, target: str) -> None:
    """Into the Host header and the request's target."""
    url = HttpUrl.split(text)

    assert (authority, target) == (url.authority, url.target)


@pytest.mark.parametrize(
    "text",
    ["", "ftp://a/", "http://", "http://a:99999/", "http://[::1/", "http://m\u00fcller.example/"],
    ids=ascii,
)
def test_anything_else_is_refused(text: str) -> None:
    """Before a connection is opened."""
    with pytest.raises(RequestMalformed):
        HttpUrl.split(text)
