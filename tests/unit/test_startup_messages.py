"""The messages of `serve` after its start."""

from __future__ import annotations

import pytest

from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.startup_messages import startup_messages


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "Authentication is off: everyone who can reach this address may change everything"),
        (
            {"IOTCONFIG_AUTH": "on"},
            "Authentication is on, and no API token is valid. Create one:  iotconfig token create NAME --role admin",
        ),
        (
            {"IOTCONFIG_DEVICE_AUTH": "required"},
            (
                "Device tokens are required, but the other routes of this address give the same documents to everyone: "
                "set IOTCONFIG_AUTH=on"
            ),
        ),
        (
            {"IOTCONFIG_DEVICE_AUTH": "optional"},
            "Device tokens are optional: a token that is sent must be valid",
        ),
        ({}, "The API is described at http://127.0.0.1:8080/api/docs"),
        ({}, "assets; uploads are refused (SIGNING_KEY_PATH is not set)"),
    ],
)
def test_a_start_names_the_description_and_the_access(
    sqlite_url: str, environ: dict[str, str], line: str
) -> None:
    """If there is no way to sign in, the message names the command that creates a token."""
    settings = Settings.from_environ({**environ, "DATABASE_URL": sqlite_url})
    said = list(startup_messages(settings, "http://127.0.0.1:8080", None, None))

    assert any(sentence.endswith(line) for sentence in said), said


@pytest.mark.parametrize(
    ("is_built", "line"),
    [
        (True, "The web app is at http://127.0.0.1:8080/"),
        (False, "This installation was built without the web app (IOTCONFIG_SKIP_WEB)"),
    ],
)
def test_a_start_names_the_web_app(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, line: str, *, is_built: bool
) -> None:
    """Or says that there is none."""
    monkeypatch.setattr("iotconfig.entrypoints.wiring.web_app.has_web_app", lambda: is_built)
    settings = Settings.from_environ({"DATABASE_URL": sqlite_url})

    assert line in list(startup_messages(settings, "http://127.0.0.1:8080", None, None))


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "Reports of devices are read from the broker, without proof that they are their own"),
        ({"IOTCONFIG_MQTT_RESTRICTED": "on"}, "Reports of devices are read from the broker"),
    ],
)
def test_a_start_says_what_messages_of_devices_are_worth(
    sqlite_url: str, environ: dict[str, str], line: str
) -> None:
    """Only where they are read."""
    settings = Settings.from_environ({**environ, "DATABASE_URL": sqlite_url})
    given = (settings, "http://127.0.0.1:8080", "mqtt://127.0.0.1:1883", None)

    assert line in list(startup_messages(*given, reads_messages=True))
    assert not any("Reports" in sentence for sentence in startup_messages(*given))
