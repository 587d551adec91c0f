"""Broker URLs: accepted spellings, default ports, hidden passwords, and refusals that do not repeat the URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iotconfig.adapters.mqtt import Broker
from iotconfig.domain.errors import ValidationFailed

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        pytest.param("mqtt://broker.example.org", "broker.example.org", 1883, False, id="plain"),
        pytest.param("mqtts://broker.example.org", "broker.example.org", 8883, True, id="tls"),
        pytest.param("mqtt://broker:8883", "broker", 8883, False, id="plain-port"),
        pytest.param("mqtts://broker:1883", "broker", 1883, True, id="tls-port"),
        pytest.param("mqtt://127.0.0.1/", "127.0.0.1", 1883, False, id="slash"),
        pytest.param("MQTT://Broker", "broker", 1883, False, id="capitals"),
        pytest.param("mqtts://[::1]", "::1", 8883, True, id="ipv6"),
        pytest.param("mqtt://[fd00::1]:1884", "fd00::1", 1884, False, id="ipv6-port"),
        pytest.param("mqtt://b:65535", "b", 65535, False, id="highest-port"),
    ],
)
def test_addresses(url: str, host: str, port: int, tls: bool) -> None:
    """The scheme decides on encryption and on the default port."""
    broker = Broker.parse(url)

    assert (host, port, tls) == (broker.host, broker.port, broker.tls)
    assert (None, None, None) == (broker.username, broker.password, broker.ca_file)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("mqtt://broker", "mqtt://broker:1883", id="plain"),
        pytest.param(f"mqtts://u:{SECRET}@broker:1", "mqtts://broker:1", id="with-a-user"),
        pytest.param("mqtt://[::1]", "mqtt://[::1]:1883", id="ipv6"),
    ],
)
def test_the_shown_form_is_a_valid_url(url: str, shown: str) -> None:
    """An operator can copy the URL from the log."""
    assert shown == str(Broker.parse(url))


@pytest.mark.parametrize(
    ("url", "given", "expected"),
    [
        pytest.param("mqtt://u:p@b", {}, ("u", "p"), id="url"),
        pytest.param("mqtt://u@b", {}, ("u", None), id="url-without-a-password"),
        pytest.param("mqtt://%C3%BC%40:a%2Fb%3A%25@b", {}, ("ü@", "a/b:%"), id="escapes"),
        pytest.param("mqtt://b", {"username": "v", "password": "q"}, ("v", "q"), id="given"),
        pytest.param("mqtt://u:p@b", {"username": "v", "password": "q"}, ("v", "q"), id="given-wins"),
        pytest.param("mqtt://u@b", {"password": "q"}, ("u", "q"), id="password-apart"),
        pytest.param("mqtt://b", {"username": "%40", "password": "%25"}, ("%40", "%25"), id="literal"),
    ],
)
def test_credentials(url: str, given: dict[str, Any], expected: tuple[str, str | None]) -> None:
    """Credentials in the URL are unescaped; credentials in separate settings are literal, and take precedence."""
    broker = Broker.parse(url, **given)

    assert expected == (broker.username, broker.password)


def test_the_ca_file_is_not_read_yet() -> None:
    """The path is kept; the file is read when a connection is made."""
    assert Path("ca.pem") == Broker.parse("mqtts://b", ca_file=Path("ca.pem")).ca_file


@pytest.mark.parametrize(
    "broker",
    [
        pytest.param(Broker.parse(f"mqtt://u:{SECRET}@b"), id="url"),
        pytest.param(Broker.parse(f"mqtts://u:%68unter2@b/?{''}"), id="escaped"),
        pytest.param(Broker.parse("mqtt://b", "u", SECRET), id="given"),
    ],
)
def test_passwords_do_not_show(broker: Broker) -> None:
    """Neither `str` nor `repr` shows a password."""
    assert SECRET == broker.password
    assert SECRET not in f"{broker}{broker!r}{[broker]}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param(SECRET, id="a-password-alone"),
        pytest.param(f"u:{SECRET}@b", id="no-scheme"),
        pytest.param("broker:1883", id="host-and-port"),
        pytest.param(f"mqtt:u:{SECRET}@b", id="no-slashes"),
        pytest.param(f"mqtt:/u:{SECRET}@b", id="one-slash"),
        pytest.param("mqtt://", id="no-host"),
        pytest.param(f"mqtt://u:{SECRET}@", id="user-without-host"),
        pytest.param("mqtt://:1883", id="port-without-host"),
        pytest.param("mqtt://b:x", id="port-no-number"),
        pytest.param("mqtt://b:65536", id="port-too-high"),
        pytest.param("mqtt://b:0", id="port-zero"),
        pytest.param("mqtt://b:-1", id="port-negative"),
        pytest.param(f"mqtt://u:#{SECRET}@b", id="number-sign-not-escaped"),
        pytest.param(f"mqtt://b#{SECRET}", id="fragment"),
        pytest.param(f"mqtt://u:/{SECRET}@b", id="slash-not-escaped"),
        pytest.param("mqtt://b/topic", id="path"),
        pytest.param(f"mqtt://b?password={SECRET}", id="query"),
        pytest.param(f"mqtt://u:{SECRET}@[::1", id="bracket-not-closed"),
        pytest.param("mqtt://[nonsense]", id="no-ipv6"),
        pytest.param("mqtt://two hosts", id="space"),
        pytest.param("mqtt://a,b", id="two-hosts"),
        pytest.param("tcp://b:1883", id="tcp"),
        pytest.param("ws://b", id="websocket"),
        pytest.param("http://b", id="http"),
        pytest.param("mqtt+ssl://b", id="other-scheme"),
    ],
)
def test_refusals(url: str) -> None:
    """An invalid URL is refused with one line that names the expected form and repeats no secret."""
    with pytest.raises(ValidationFailed) as refusal:
        Broker.parse(url)

    line = str(refusal.value)
    assert "mqtt://" in line
    assert SECRET not in line
    assert 1 == len(line.splitlines())
