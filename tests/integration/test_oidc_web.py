"""Requests to the provider: limited in time and size, without a proxy, and over verified connections."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
import trustme

from iotconfig.adapters.oidc.faults import ProviderUnavailable
from iotconfig.adapters.oidc.provider_client import MAX_BYTES, ProviderClient
from iotconfig.domain.errors import ExternalServiceError
from tests.support.identities import registered, signed_in
from tests.support.identity_provider import CONFIGURATION, JWKS, Provider
from tests.support.ports import free_port
from tests.support.standing_clock import StandingClock


@contextmanager
def trickle(beginning: bytes) -> Iterator[str]:
    """A server that sends `beginning`, then single bytes without end."""
    ended = Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(beginning)
            while not ended.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_a_slow_answer_is_cut(beginning: bytes) -> None:
    """Only a total time limit ends an answer of single bytes."""
    with trickle(beginning) as url, pytest.raises(ProviderUnavailable) as fault:
        ProviderClient(None, 0.3).get(url)

    assert "took too long" in fault.value.reason or "timed out" in fault.value.reason


def test_no_time_left(provider: Provider) -> None:
    """After the time limit no request is begun."""
    with pytest.raises(ProviderUnavailable) as fault:
        ProviderClient(None, 0).get(f"{provider.issuer}{JWKS}")

    assert "took too long" in fault.value.reason
    assert 0 == provider.requests(JWKS)


def test_bodies_up_to_the_limit(provider: Provider) -> None:
    """The limit is inclusive; a larger body is not read to its end."""
    web, url = ProviderClient(None, 5.0), f"{provider.issuer}{JWKS}"
    provider.answer_with(JWKS, b"{}" + b" " * (MAX_BYTES - 2))
    assert {} == web.get(url)

    provider.answer_with(JWKS, b"{}" + b" " * (MAX_BYTES - 1))
    with pytest.raises(ProviderUnavailable) as fault:
        web.get(url)
    assert f"longer than {MAX_BYTES} bytes" in fault.value.reason


def test_compressed_bodies_are_refused(provider: Provider) -> None:
    """A small body could expand beyond the limit."""
    provider.answer_with(JWKS, gzip.compress(b"{}"), Content_Encoding="gzip")

    with pytest.raises(ProviderUnavailable) as fault:
        ProviderClient(None, 5.0).get(f"{provider.issuer}{JWKS}")
    assert "compressed" in fault.value.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(provider: Provider, status: int) -> None:
    """The URLs in the discovery document are final."""
    provider.answer_with("/elsewhere", {"keys": []})
    provider.answer_with(JWKS, {}, status, Location=f"{provider.issuer}/elsewhere")

    with pytest.raises(ProviderUnavailable) as fault:
        ProviderClient(None, 5.0).get(f"{provider.issuer}{JWKS}")
    assert f"status {status}" in fault.value.reason
    assert 0 == provider.requests("/elsewhere")


def test_the_environment_is_ignored(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the machine gets neither codes nor secrets."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert provider.issuer == ProviderClient(None, 5.0).get(f"{provider.issuer}{CONFIGURATION}")["issuer"]


def test_cookies_are_not_kept(provider: Provider) -> None:
    """A cookie of one exchange is not sent with the next."""
    provider.answer_with(JWKS, {}, Set_Cookie="who=ada; Path=/")
    web, url = ProviderClient(None, 5.0), f"{provider.issuer}{JWKS}"

    web.get(url)
    web.get(url)
    assert ["", ""] == provider.cookies


@pytest.mark.parametrize(
    "url",
    ["http://name.invalid/", "http://127.0.0.1:1/", "http://xn--a.invalid/", f"http://{'a' * 300}/"],
    ids=str,
)
def test_a_refused_connection(url: str) -> None:
    """It is a failed request at once."""
    with pytest.raises(ProviderUnavailable):
        ProviderClient(None, 5.0).get(url)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority of the provider's certificate, which the system does not trust."""
    return trustme.CA()


@pytest.fixture(scope="module")
def secure(authority: trustme.CA) -> Iterator[Provider]:
    """A provider with https."""
    with Provider(authority.issue_cert("127.0.0.1")) as provider:
        yield provider


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate as IOTCONFIG_OIDC_CA_FILE."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_https(secure: Provider, trusted: Path, clock: StandingClock) -> None:
    """A sign-in over https with a configured authority."""
    session = signed_in(registered(secure, clock, ca_file=trusted), secure)

    assert "ada" == session.principal.subject


def test_certificates_of_unknown_authorities(secure: Provider, clock: StandingClock) -> None:
    """They are refused."""
    with pytest.raises(ExternalServiceError):
        registered(secure, clock).principal_of(secure.token())


def test_certificates_for_another_name(secure: Provider, trusted: Path, clock: StandingClock) -> None:
    """They are refused."""
    issuer = secure.issuer.replace("127.0.0.1", "localhost")

    with pytest.raises(ExternalServiceError):
        registered(secure, clock, ca_file=trusted, issuer=issuer).principal_of(secure.token())


def test_https_is_not_downgraded(secure: Provider, trusted: Path, clock: StandingClock) -> None:
    """Keys are not fetched over http, whatever the document says."""
    secure.discovery = {"jwks_uri": f"http://127.0.0.1:{free_port()}/jwks"}
    with pytest.raises(ExternalServiceError):
        registered(secure, clock, ca_file=trusted).principal_of(secure.token())

    secure.discovery = {}
    assert "ada" == registered(secure, clock, ca_file=trusted).principal_of(secure.token()).subject


def test_a_lookup_that_hangs_counts_against_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver cannot be interrupted, so the request fails without its answer."""
    ended = Event()

    def hang(_host: str, *_arguments: object, **_more: object) -> list[object]:
        ended.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(ProviderUnavailable) as fault:
        ProviderClient(None, 0.2).get("http://provider.example/")
    ended.set()

    assert "took too long" in fault.value.reason
