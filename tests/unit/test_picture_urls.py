"""URLs of pictures: parsing, odd spellings, and refusals."""

from __future__ import annotations

import pytest

from iotconfig.adapters.pictures.urls import MAX_LENGTH, PictureUrl
from iotconfig.domain.errors import ValidationFailed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://example.org", ("http", "example.org", 80, "/")),
        ("HTTPS://EXAMPLE.org/A/b.PNG", ("https", "example.org", 443, "/A/b.PNG")),
        ("http://example.org:8080/a?b=c&d=%20e", ("http", "example.org", 8080, "/a?b=c&d=%20e")),
        ("http://example.org:/a", ("http", "example.org", 80, "/a")),
        ("http://example.org:00080/a", ("http", "example.org", 80, "/a")),
        ("https://example.org:65535?a", ("https", "example.org", 65535, "/?a")),
        ("http://example.org/a?", ("http", "example.org", 80, "/a?")),
        ("http://example.org/a#b?c@d", ("http", "example.org", 80, "/a")),
        ('http://example.org/a b|c\\d"é', ("http", "example.org", 80, "/a%20b%7Cc%5Cd%22%C3%A9")),
        ("http://example.org/@/a?u=http://x@y/", ("http", "example.org", 80, "/@/a?u=http://x@y/")),
        ("http://example.org/../a//b", ("http", "example.org", 80, "/../a//b")),
        ("http://example.org./", ("http", "example.org", 80, "/")),
        ("http://a_b.local/", ("http", "a_b.local", 80, "/")),
        ("http://xn--bcher-kva.example/", ("http", "xn--bcher-kva.example", 80, "/")),
        ("http://Bücher.example/", ("http", "xn--bcher-kva.example", 80, "/")),
        ("http://straße.example/", ("http", "xn--strae-oqa.example", 80, "/")),
        ("http://[2606:4700::1111]:81/", ("http", "2606:4700::1111", 81, "/")),
        ("http://[0:0:0:0:0:FFFF:7F00:1]/", ("http", "::ffff:7f00:1", 80, "/")),
        ("http://[::ffff:127.0.0.1]/", ("http", "::ffff:7f00:1", 80, "/")),
    ],
)  # fmt: skip
def test_urls_are_parsed(text: str, expected: tuple[str, str, int, str]) -> None:
    """Scheme and host are in lower case, the host in ASCII; other characters are percent-encoded."""
    url = PictureUrl.parse(text)

    assert expected == (url.scheme, url.host, url.port, url.target)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://2130706433/", "2130706433"),
        ("http://0x7f.1/", "0x7f.1"),
        ("http://0X7F000001/", "0x7f000001"),
        ("http://017700000001/", "017700000001"),
        ("http://127.1/", "127.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "127.0.0.1"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://①②⑦.0.0.1/", "127.0.0.1"),
        ("http://LOCALHOST/", "localhost"),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "localhost"),
    ],
)  # fmt: skip
def test_odd_spellings_of_addresses_are_host_names(text: str, host: str) -> None:
    """The URL parser accepts them; the addresses that they resolve to are checked later."""
    assert host == PictureUrl.parse(text).host


REFUSED = [
    "", " ", "x", "example.org/a.png", "//example.org/a", "/a.png", "http:", "http:/", "http://", "http:///a",
    "http:example.org", "http:/example.org", "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "unix:/run/x.sock", "http+unix://x/", "httpss://example.org/",
    " http://example.org/", "http://example.org/\n", "http://example.org/a\r\nX: y", "http://example.org/\0", "http://exa\tmple.org/",
    "http://exa mple.org/", "http://example.org\\@evil.example/", "http://example.org\\evil/", "http:\\\\example.org/",
    "http://user@example.org/", "http://user:password@example.org/", "http://@example.org/", "http://:@example.org/",
    "http://example.org@127.0.0.1/", "http://example.org:80@127.0.0.1/", "http://ex%61mple.org/", "http://127.0.0.1%00/",
    "http://example..org/", "http://.example.org/", "http://example.org../", "http://./", "http://-a.example/", "http://a-.example/",
    "http://" + "a" * 64 + ".example/", "http://" + "a." * 127 + "example/", "http://☃.example/", "http://exa<mple/", "http://a,b/",
    "http://example.org:0/", "http://example.org:65536/", "http://example.org:-1/", "http://example.org:8a/", "http://example.org:\u0661/",
    "http://example.org:99999999/", "http://a:b:80/", "http://::1/", "http://[::1/", "http://::1]/", "http://[::1]x/", "http://[]/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[127.0.0.1]/", "http://[v1.a]/", "http://[:::]/", "http://[::1]]/",
    "http://[1:2:3:4:5:6:7:8:9]/", "http://example.org/\ud800", "http://example.org/" + "a" * MAX_LENGTH,
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=[ascii(text)[:40] for text in REFUSED])
def test_invalid_urls_are_refused(text: str) -> None:
    """Other schemes, credentials, and invalid hosts or ports are refused with one line that names the rule."""
    with pytest.raises(ValidationFailed, match="URL cannot be used") as refusal:
        PictureUrl.parse(text)

    assert {"parameter": "url"} == refusal.value.details
    assert 1 == len(str(refusal.value).splitlines())


def test_a_password_is_not_repeated() -> None:
    """Refusals end up in logs."""
    with pytest.raises(ValidationFailed) as refusal:
        PictureUrl.parse("http://user:hunter2@example.org/")

    assert "hunter2" not in str(refusal.value)


def test_the_longest_url_is_accepted() -> None:
    """The limit of the length is inclusive."""
    longest = "http://example.org/".ljust(MAX_LENGTH, "a")

    assert longest == str(PictureUrl.parse(longest))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("b.png", "http://example.org:81/x/b.png"),
        ("/b.png?c", "http://example.org:81/b.png?c"),
        ("?c", "http://example.org:81/x/a?c"),
        ("//other.example/b", "http://other.example/b"),
        ("https://other.example:443/b#c", "https://other.example/b"),
        ("../../b", "http://example.org:81/b"),
        ("b é", "http://example.org:81/x/b%20%C3%A9"),
        ("//[::1]:82/", "http://[::1]:82/"),
    ],
)
def test_redirects_are_relative_to_their_url(reference: str, expected: str) -> None:
    """They are resolved as browsers resolve them."""
    assert expected == str(PictureUrl.parse("http://example.org:81/x/a?b").join(reference))


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "ftp://a/b", "http://u:p@a/", "//[", "http://a:0/", "//a b/"]
)
def test_a_redirect_is_read_as_strictly(reference: str) -> None:
    """A URL that may not be requested cannot be the target of a redirect."""
    with pytest.raises(ValidationFailed):
        PictureUrl.parse("http://example.org/").join(reference)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("http://a/x", "http://A:80/y?z", True),
        ("https://a/", "https://a.:443/", True),
        ("http://a/", "https://a/", False),
        ("http://a/", "http://a:81/", False),
        ("http://a/", "http://b/", False),
        ("http://a:443/", "https://a/", False),
    ],
)
def test_origins_are_scheme_host_and_port(one: str, other: str, expected: bool) -> None:
    """Path and query do not matter."""
    assert expected is PictureUrl.parse(one).has_origin_of(PictureUrl.parse(other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a/", "a"),
        ("http://a:80/", "a"),
        ("https://a:80/", "a:80"),
        ("https://[::1]/", "[::1]"),
        ("http://[::1]:81/", "[::1]:81"),
    ],
)
def test_the_host_header_has_a_port_that_is_not_the_default(text: str, expected: str) -> None:
    """RFC 9110, section 4.2, gives the default ports."""
    assert expected == PictureUrl.parse(text).authority
