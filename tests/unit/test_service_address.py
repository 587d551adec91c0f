"""The URL of a service, and what may be sent there."""

from __future__ import annotations

import pytest

from iotconfig.adapters.remote.address import ServiceAddress
from iotconfig.domain.errors import ValidationFailed
from iotconfig.entrypoints.settings import InvalidSetting
from iotconfig.entrypoints.settings.client import ClientSettings
from iotconfig.entrypoints.settings.fields import read

TOKEN = "iotc_0123456789ab_secret"


@pytest.mark.parametrize(
    ("text", "url", "is_encrypted", "is_local"),
    [
        ("https://iot.example.org", "https://iot.example.org", True, False),
        ("https://IOT.example.org:443/", "https://iot.example.org", True, False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", False, True),
        ("http://localhost:8080/iot/", "http://localhost:8080/iot", False, True),
        ("http://[::1]:8080", "http://[::1]:8080", False, True),
        ("http://10.0.0.5", "http://10.0.0.5", False, False),
    ],
)
def test_urls(text: str, url: str, is_encrypted: bool, is_local: bool) -> None:
    """In one spelling, with what follows for requests."""
    address = ServiceAddress.parse(text)

    assert (url, is_encrypted, is_local) == (str(address), address.is_encrypted, address.is_local)


@pytest.mark.parametrize(
    "text",
    [
        "iot.example.org",
        "ftp://iot.example.org",
        "https://",
        "https://user:secret@iot.example.org",
        "https://iot.example.org?x=1",
        "https://iot.example.org/#top",
        "https://iot.example.org:99999",
        "https://iot.exämple.org",
        "https://iot .example.org",
        "https://[::1",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """The refusal does not repeat the text, which may have a password."""
    with pytest.raises(ValidationFailed) as refused:
        ServiceAddress.parse(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"IOTCONFIG_URL": "https://iot.example.org"},
        {"IOTCONFIG_URL": "http://127.0.0.1:8080"},
        {"IOTCONFIG_URL": "http://iot.example.org", "IOTCONFIG_ALLOW_PLAIN_HTTP": "true"},
    ],
)
def test_a_token_is_sent_over_safe_connections_only(environ: dict[str, str]) -> None:
    """Encrypted, on this machine, or where the operator says so."""
    settings = read(ClientSettings, {**environ, "IOTCONFIG_TOKEN": TOKEN})

    assert TOKEN == settings.token
    assert TOKEN not in repr(settings)


def test_a_token_is_not_sent_in_plain_text() -> None:
    """The refusal names the way out. Without a token there is no secret."""
    environ = {"IOTCONFIG_URL": "http://iot.example.org"}

    assert "" == read(ClientSettings, environ).token
    with pytest.raises(InvalidSetting, match="IOTCONFIG_ALLOW_PLAIN_HTTP=true"):
        read(ClientSettings, {**environ, "IOTCONFIG_TOKEN": TOKEN})
