"""Where a browser may be sent after it signed in: no open redirects."""

from __future__ import annotations

import pytest

from iotconfig.adapters.http.access.redirects import local_path
from iotconfig.domain.errors import ValidationFailed

_OWN = "https://iot.example.org"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/", "/"),
        ("/devices?q=a%20b&x=1#top", "/devices?q=a%20b&x=1#top"),
        ("/a//b", "/a//b"),
        ("/?next=https://evil.example/", "/?next=https://evil.example/"),
        ("/..//evil.example", "/..//evil.example"),
        ("https://iot.example.org/", "/"),
        ("https://iot.example.org/devices#top", "/devices#top"),
        ("/" + "x" * 1999, "/" + "x" * 1999),
    ],
)
def test_paths_of_the_service(url: str, path: str) -> None:
    """A path, or a URL of the very origin; either way a path comes out."""
    assert path == local_path(url, _OWN)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "devices",
        ".",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "/\0",
        "/ä",
        "/\u2215evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "HTTPS://IOT.EXAMPLE.ORG/",
        "https://iot.example.org",
        "https://iot.example.org.evil.example/",
        "https://iot.example.org@evil.example/",
        "https://iot.example.org:8443/",
        "http://iot.example.org/",
        "https://iot.example.org//evil.example",
        "https://iot.example.org/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://[::1/",
        "/" + "x" * 2000,
    ],
)
def test_urls_that_lead_elsewhere(url: str) -> None:
    """However a browser might read them."""
    with pytest.raises(ValidationFailed, match="redirect must be a path") as refusal:
        local_path(url, _OWN)

    assert {"parameter": "redirect"} == refusal.value.details
