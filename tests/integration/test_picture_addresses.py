"""A fetch connects to an address that was checked, even if the name resolves to another one later."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from threading import Event

import pytest

from iotconfig.adapters.outbound import AddressPolicy, OutboundClient, Resolve, system_resolve
from iotconfig.adapters.pictures.fetcher import HttpPictureSource
from iotconfig.domain.errors import ExternalServiceError, ValidationFailed
from tests.support.picture_server import PictureServer, answer, head
from tests.support.ports import free_port

HOME = "127.0.0.1"
"""The one address that may be fetched from."""

AWAY = "127.0.0.2"
"""Another of this machine, which may not."""

TLS = ssl.create_default_context()

REFUSAL = "Pictures may not be fetched from this host"


@pytest.fixture
def home() -> Iterator[PictureServer]:
    """A server at an allowed address."""
    with PictureServer(HOME) as server:
        server.on("/", answer(b"home"))
        yield server


@pytest.fixture
def away(home: PictureServer) -> Iterator[PictureServer]:
    """A server at a refused address, on the same port."""
    with PictureServer(AWAY, port=home.port) as server:
        server.on("/", answer(b"away"))
        yield server


def source(resolve: Resolve, networks: Sequence[str] = (HOME,), seconds: float = 20.0) -> HttpPictureSource:
    policy = AddressPolicy(tuple(map(ip_network, networks)))
    return HttpPictureSource(OutboundClient(policy, TLS, resolve), seconds, 1000, yield_turn=lambda: None)


def resolving_to(*answers: Sequence[str]) -> Callable[[str], Sequence[str]]:
    """A resolver that gives these answers in turn, and fails the test if it is called more often."""
    left = list(answers)
    return lambda _host: left.pop(0)


def test_a_name_is_resolved_once(home: PictureServer, away: PictureServer) -> None:
    """There is no second look-up between check and connection."""
    fickle = resolving_to([HOME], [AWAY])

    assert b"home" == source(fickle).fetch(f"http://fickle.example:{home.port}/", {})
    assert 0 == away.connections
    assert [AWAY] == fickle("the second answer is still there")


def test_each_redirect_is_resolved_and_checked(home: PictureServer, away: PictureServer) -> None:
    """The answer does not contain the reason of the failure."""
    home.on("/start", head("302 Found", Location="/"))

    with pytest.raises(ExternalServiceError, match="redirected to an address that is not allowed"):
        source(resolving_to([HOME], [AWAY])).fetch(f"http://fickle.example:{home.port}/start", {})
    assert 0 == away.connections


def test_a_redirect_to_a_non_public_address_is_refused(home: PictureServer, away: PictureServer) -> None:
    """By address or name, the sentence is the same, whether a server listens or not."""
    sentences = set()
    for place in (
        away.base,
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://0x7f.2/",
    ):
        home.on("/start", head("302 Found", Location=place))
        with pytest.raises(ExternalServiceError) as failure:
            source(system_resolve).fetch(f"{home.base}/start", {})
        sentences.add((str(failure.value), repr(failure.value.details)))

    assert 1 == len(sentences)
    assert 0 == away.connections


def test_all_refusals_are_equal(away: PictureServer) -> None:
    """The route cannot be used to scan a network."""
    closed = free_port()
    sentences = set()
    for place in (
        f"{AWAY}:{away.port}",
        f"{AWAY}:{closed}",
        "10.0.0.1",
        "192.168.0.1:22",
        "[fe80::1]",
        "a.example",
    ):
        with pytest.raises(ValidationFailed) as refusal:
            source(lambda _host: [AWAY]).fetch(f"http://{place}/", {})
        sentences.add((str(refusal.value), repr(refusal.value.details)))

    assert 1 == len(sentences)
    assert 0 == away.connections


def test_only_allowed_addresses_of_a_name_are_used(home: PictureServer, away: PictureServer) -> None:
    """The refused ones are skipped, whatever their order is."""
    for answers in ([AWAY, HOME], [HOME, AWAY], ["fe80::1%1", "::1", AWAY, HOME]):
        assert b"home" == source(resolving_to(answers)).fetch(f"http://home.example:{home.port}/", {})
    assert 0 == away.connections


def test_a_name_without_an_allowed_address_is_refused(home: PictureServer, away: PictureServer) -> None:
    """It may have any number of addresses."""
    answers = [AWAY, "10.0.0.1", "::ffff:127.0.0.1", "fe80::1%lo", "169.254.169.254", "0.0.0.0", "::"]  # noqa: S104
    with pytest.raises(ValidationFailed, match=REFUSAL):
        source(resolving_to(answers)).fetch(f"http://many.example:{home.port}/", {})
    assert (0, 0) == (home.connections, away.connections)


def test_the_next_address_is_tried_after_a_failed_connection(home: PictureServer) -> None:
    """Clients usually do so."""
    networks = ("127.0.0.0/8",)
    addresses = resolving_to(["127.0.0.3", "127.0.0.4", HOME])

    assert b"home" == source(addresses, networks).fetch(f"http://home.example:{home.port}/", {})


SPELLINGS = [
    "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "017700000001", "0177.1", "127.1", "127.0.1", "127.0.0.1.",
    "localhost", "LOCALHOST.", "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "127\u30020\u30020\u30021", "0", "0.0.0.0",  # noqa: S104
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[::ffff:0:127.0.0.1]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS, ids=ascii)
def test_odd_spellings_of_this_machine_are_refused(home: PictureServer, host: str) -> None:
    """The resolved address is checked, not the spelling, and nothing is sent."""
    with pytest.raises(ValidationFailed, match=REFUSAL):
        source(system_resolve, networks=()).fetch(f"http://{host}:{home.port}/", {})
    assert 0 == home.connections


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f.1", "127.1", "localhost", "\uff11\uff12\uff17.\uff10.\uff10.\uff11"],
    ids=ascii,
)
def test_odd_spellings_of_listed_addresses_are_accepted(home: PictureServer, host: str) -> None:
    """The refusals above are about the address, not about the spelling."""
    assert b"home" == source(system_resolve).fetch(f"http://{host}:{home.port}/", {})


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "Name or service not known"), OSError("no"), UnicodeError("no")], ids=repr
)
def test_a_name_without_an_address_is_not_found(error: Exception) -> None:
    """The resolver's message is not in the answer."""

    def failing(_host: str) -> Sequence[str]:
        raise error

    resolvers: list[Resolve] = [failing, lambda _host: []]
    for resolver in resolvers:
        with pytest.raises(ExternalServiceError, match="its host was not found"):
            source(resolver).fetch("http://nowhere.example/", {})


def test_waiting_for_a_resolver_is_bounded() -> None:
    """The look-up is abandoned, and ends by itself."""
    release, ended = Event(), Event()

    def resolve(_host: str) -> Sequence[str]:
        release.wait(20)
        ended.set()
        return [HOME]

    with pytest.raises(ExternalServiceError, match=r"took longer than 0\.2 seconds"):
        source(resolve, seconds=0.2).fetch("http://slow.example/", {})
    release.set()
    assert ended.wait(20)
