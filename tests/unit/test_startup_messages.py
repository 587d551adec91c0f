"""What `serve` says of who is let in."""

from __future__ import annotations

import pytest

from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.startup_messages import more_to_say


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "Authentication is off: whoever reaches this address may change everything"),
        (
            {"IOTCONFIG_AUTH": "on"},
            "Authentication is on, and no API token holds yet. Create one:  iotconfig token create NAME --role admin",
        ),
        (
            {"IOTCONFIG_DEVICE_AUTH": "required"},
            (
                "Device tokens are required, yet whoever reaches this address may read the same by its other routes: "
                "set IOTCONFIG_AUTH=on"
            ),
        ),
        ({"IOTCONFIG_DEVICE_AUTH": "optional"}, "Device tokens are optional: one that is shown must hold"),
        ({}, "assets; uploads are closed (SIGNING_KEY_PATH is not set)"),
    ],
)
def test_a_start_says_who_is_let_in(sqlite_url: str, environ: dict[str, str], line: str) -> None:
    """With the way out where nobody is."""
    settings = Settings.from_environ({**environ, "DATABASE_URL": sqlite_url})
    said = list(more_to_say(settings, "http://127.0.0.1:8080", None, None))

    assert any(sentence.endswith(line) for sentence in said), said
