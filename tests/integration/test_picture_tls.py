"""TLS to a checked address: the certificate must be for the name in the URL."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import pytest
import trustme

from iotconfig.adapters.outbound import AddressPolicy, OutboundClient
from iotconfig.adapters.pictures.fetcher import HttpPictureSource
from iotconfig.domain.errors import ExternalServiceError
from tests.support.picture_server import PictureServer, answer, head


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that the client trusts."""
    return trustme.CA()


@contextmanager
def serving(authority: trustme.CA, *names: str) -> Iterator[tuple[PictureServer, list[str | None]]]:
    """A server with a certificate for these names, and the names that clients requested (SNI)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    asked_for: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with PictureServer(tls=context) as server:
        server.on("/", answer(b"picture"))
        yield server, asked_for


def fetch(authority: trustme.CA, url: str, headers: dict[str, str] | None = None) -> bytes:
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    policy = AddressPolicy((ip_network("127.0.0.1"),))
    client = OutboundClient(policy, tls, lambda _host: ["127.0.0.1"])
    source = HttpPictureSource(client, 20.0, 1000, yield_turn=lambda: None)
    return source.fetch(url, headers or {})


@pytest.mark.parametrize("host", ["camera.example", "CAMERA.example", "camera.example."])
def test_the_name_in_the_url_is_verified(authority: trustme.CA, host: str) -> None:
    """SNI and verification use the name although the connection goes to an address."""
    with serving(authority, "camera.example") as (server, asked_for):
        assert b"picture" == fetch(authority, f"https://{host}:{server.port}/")
        assert f"camera.example:{server.port}" == server.asked[0].headers["host"]
    assert ["camera.example"] == asked_for


def test_a_name_beyond_ascii_is_verified_in_ascii(authority: trustme.CA) -> None:
    """Certificates have the ASCII form."""
    with serving(authority, "xn--bcher-kva.example") as (server, asked_for):
        assert b"picture" == fetch(authority, f"https://Bücher.example:{server.port}/")
    assert ["xn--bcher-kva.example"] == asked_for


def test_an_address_in_the_url_is_verified(authority: trustme.CA) -> None:
    """The certificate must be for the address."""
    with serving(authority, "127.0.0.1") as (server, _):
        assert b"picture" == fetch(authority, f"https://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "names",
    [["other.example"], ["127.0.0.1"], ["*.camera.example"], ["localhost"]],
    ids=lambda names: names[0],
)
def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, names: list[str]) -> None:
    """One for the address is refused as well, and no request is sent."""
    with serving(authority, *names) as (server, _):
        with pytest.raises(ExternalServiceError, match=r"certificate is not valid: .*camera\.example"):
            fetch(authority, f"https://camera.example:{server.port}/", {"Authorization": "Bearer abc"})
        assert [] == server.asked


def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    """Its names do not matter."""
    with serving(trustme.CA(), "camera.example") as (server, _):
        with pytest.raises(ExternalServiceError, match="certificate is not valid"):
            fetch(authority, f"https://camera.example:{server.port}/")
        assert [] == server.asked


def test_a_server_without_tls_is_refused(authority: trustme.CA) -> None:
    """The request is not repeated without TLS."""
    with PictureServer() as server:
        server.at_once = lambda _asked: [answer(b"in the clear", "400 Bad Request")]
        with pytest.raises(ExternalServiceError, match="TLS handshake with its server failed"):
            fetch(authority, f"https://camera.example:{server.port}/")
        assert [] == server.asked


def test_a_redirect_is_verified_again(authority: trustme.CA) -> None:
    """The new name is verified; credentials are not sent, although the server is the same."""
    with serving(authority, "one.example", "two.example") as (server, asked_for):
        server.on("/start", head("302 Found", Location=f"https://two.example:{server.port}/"))
        server.on("/bad", head("302 Found", Location=f"https://three.example:{server.port}/"))
        assert b"picture" == fetch(
            authority, f"https://one.example:{server.port}/start", {"Authorization": "Bearer abc"}
        )
        assert ["one.example", "two.example"] == asked_for
        assert [True, False] == ["authorization" in asked.headers for asked in server.asked]
        with pytest.raises(ExternalServiceError, match=r"certificate is not valid: .*three\.example"):
            fetch(authority, f"https://one.example:{server.port}/bad")
