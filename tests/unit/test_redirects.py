"""Redirects after a sign-in lead only to the service itself."""

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
    """A path, and a URL of the same origin, give a path."""
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
def test_urls_of_other_origins_are_refused(url: str) -> None:
    """Spellings that browsers interpret as another origin are refused."""
    with pytest.raises(ValidationFailed, match="redirect must be a path") as refusal:
        local_path(url, _OWN)

    assert {"parameter": "redirect"} == refusal.value.details
