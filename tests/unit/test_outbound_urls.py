"""URLs of hosts that the operator configured."""

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
def test_a_url_is_parsed(text: str, authority: str, target: str) -> None:
    """It gives the Host header and the request target."""
    url = HttpUrl.split(text)

    assert (authority, target) == (url.authority, url.target)


@pytest.mark.parametrize(
    "text",
    ["", "ftp://a/", "http://", "http://a:99999/", "http://[::1/", "http://m\u00fcller.example/"],
    ids=ascii,
)
def test_an_invalid_url_is_refused(text: str) -> None:
    """It is refused before a connection is opened."""
    with pytest.raises(RequestMalformed):
        HttpUrl.split(text)
