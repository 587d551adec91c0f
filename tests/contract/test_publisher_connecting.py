"""`Publisher` over MQTT: sign-in, encryption, and unavailable brokers, each with one clear line."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from iotconfig.domain.errors import BrokerUnavailable
from tests.support.broker_files import Certificates, password_file
from tests.support.mosquitto import Mosquitto
from tests.support.ports import free_port

from .publishers import TAKEN, publisher_on
from .queues import change

SECRET = "hunter2"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that requires a user name and a password."""
    broker = Mosquitto(tmp_path, password_file(tmp_path, relay=f"{SECRET}@/ü"), anonymous=False)
    yield broker
    broker.stop()


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.issue(tmp_path)


@pytest.fixture
def encrypted(tmp_path: Path, certificates: Certificates) -> Iterator[Mosquitto]:
    """A broker with TLS only."""
    broker = Mosquitto(tmp_path, *certificates.options)
    yield broker
    broker.stop()


def refusal(url: str, *, timeout: float = 10.0, ca_file: Path | None = None) -> str:
    """The reason why a connection failed: one line that names the broker and has no secret."""
    with warnings.catch_warnings():
        # paho leaves the socket of a failed handshake to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        line = _reason(url, timeout, ca_file)
        gc.collect()
    assert 1 == len(line.splitlines())
    assert SECRET not in line
    assert f"://{url.rpartition('/')[2].rpartition('@')[2]}" in line
    return line


def _reason(url: str, timeout: float, ca_file: Path | None) -> str:
    with (
        publisher_on(url, timeout=timeout, ca_file=ca_file) as publisher,
        pytest.raises(BrokerUnavailable) as error,
    ):
        publisher.connect()
    return str(error.value)


def test_a_user_signs_in(guarded: Mosquitto) -> None:
    """The password in the URL is unescaped."""
    with publisher_on(f"mqtt://relay:{SECRET}%40%2F%C3%BC@127.0.0.1:{guarded.port}") as publisher:
        publisher.connect()

        assert [TAKEN] == list(publisher.publish([change(1)]))


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(f"relay:{SECRET}@", id="wrong-password"),
        pytest.param(f"stranger:{SECRET}@", id="unknown-user"),
        pytest.param("relay@", id="no-password"),
        pytest.param("", id="no-credentials"),
    ],
)
def test_wrong_credentials_are_refused(guarded: Mosquitto, user: str) -> None:
    """The refusal has the broker's reason, not a time-out."""
    assert "Not authorized" in refusal(f"mqtt://{user}127.0.0.1:{guarded.port}")


def test_a_closed_port() -> None:
    """The connection is refused."""
    assert "refused" in refusal(f"mqtt://127.0.0.1:{free_port()}")


def test_an_unknown_host() -> None:
    """The host has a name that no resolver may know (RFC 6761)."""
    assert "cannot be reached" in refusal("mqtt://broker.invalid:1883")


def test_connecting_again(broker: Mosquitto) -> None:
    """It works after a refusal and after a disconnect, and is free while connected."""
    with publisher_on(broker.url) as publisher:
        broker.stop()
        with pytest.raises(BrokerUnavailable):
            publisher.connect()
        broker.start()
        for _ in range(2):
            publisher.connect()
            publisher.connect()
            assert [TAKEN] == list(publisher.publish([change(1)]))
            publisher.disconnect()
            publisher.disconnect()

    # The log of each start is appended.
    assert 2 == broker.log().count(" as iotsupport-relay ")


def test_an_encrypted_connection(encrypted: Mosquitto, certificates: Certificates) -> None:
    """The broker's certificate is signed by the authority in the settings."""
    url = f"mqtts://127.0.0.1:{encrypted.port}"
    with publisher_on(url, ca_file=certificates.ca_file) as publisher:
        publisher.connect()

        assert [TAKEN] * 200 == list(publisher.publish([change(number) for number in range(200)]))


def test_an_unknown_authority_is_refused(encrypted: Mosquitto) -> None:
    """The system's certificates do not include the test's authority."""
    assert "certificate verify failed" in refusal(f"mqtts://127.0.0.1:{encrypted.port}").lower().replace(
        "_", " "
    )


def test_another_authority_is_refused(encrypted: Mosquitto, tmp_path: Path) -> None:
    """Only the configured file is trusted."""
    other = tmp_path / "other"
    other.mkdir()
    ca_file = Certificates.issue(other).ca_file

    line = refusal(f"mqtts://127.0.0.1:{encrypted.port}", ca_file=ca_file)

    assert "certificate verify failed" in line.lower().replace("_", " ")


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    """The certificate must be for the host in the URL."""
    certificates = Certificates.issue(tmp_path, "broker.example.org")
    broker = Mosquitto(tmp_path, *certificates.options)
    try:
        line = refusal(f"mqtts://127.0.0.1:{broker.port}", ca_file=certificates.ca_file)
    finally:
        broker.stop()

    assert "certificate verify failed" in line.lower().replace("_", " ")


def test_a_file_without_a_certificate(encrypted: Mosquitto, tmp_path: Path) -> None:
    """The line names the defect of the file instead of a network error."""
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n")

    assert "certificate" in refusal(f"mqtts://127.0.0.1:{encrypted.port}", ca_file=empty).lower()


@pytest.mark.parametrize(
    "scheme", [pytest.param("mqtts", id="tls-to-plain"), pytest.param("mqtt", id="plain-to-tls")]
)
def test_the_wrong_scheme(
    broker: Mosquitto, encrypted: Mosquitto, certificates: Certificates, scheme: str
) -> None:
    """Encryption on one side only ends with an error within the time-out."""
    port = broker.port if scheme == "mqtts" else encrypted.port

    assert refusal(f"{scheme}://127.0.0.1:{port}", timeout=2, ca_file=certificates.ca_file)


@pytest.mark.parametrize("tls", [pytest.param(False, id="plain"), pytest.param(True, id="tls")])
def test_a_broker_that_does_not_answer(
    broker: Mosquitto, encrypted: Mosquitto, certificates: Certificates, tls: bool
) -> None:
    """The kernel accepts the connection and no answer follows: the setting limits the wait."""
    silent = encrypted if tls else broker
    silent.pause()
    started = monotonic()

    assert refusal(f"mqtt{'s' * tls}://127.0.0.1:{silent.port}", timeout=1, ca_file=certificates.ca_file)

    assert monotonic() - started < 8
    silent.resume()
    with publisher_on(
        f"mqtt{'s' * tls}://127.0.0.1:{silent.port}", ca_file=certificates.ca_file
    ) as publisher:
        publisher.connect()
        assert [TAKEN] == list(publisher.publish([change(1)]))
