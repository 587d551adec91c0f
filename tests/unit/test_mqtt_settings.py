"""Settings of MQTT: accepted values, and refusals that name the variable and show no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotconfig.adapters.mqtt import Broker
from iotconfig.entrypoints.settings import InvalidSetting, Settings
from iotconfig.entrypoints.wiring import announcing

SECRET = "hunter2"
URL = "mqtt://broker"


def read(**environ: str) -> Settings:
    return Settings.from_environ(environ)


def broker(**environ: str) -> Broker:
    found = announcing.broker(read(**environ))
    assert found is not None
    return found


def test_defaults() -> None:
    """Without settings there is no broker, and the others have their defaults."""
    settings = read()

    assert announcing.broker(settings) is None
    assert announcing.broker(read(MQTT_URL="", MQTT_PASSWORD=SECRET)) is None
    assert ("iotsupport", 100, 10.0) == (settings.mqtt.prefix, settings.mqtt.window, settings.mqtt.timeout)


def test_all_set(tmp_path: Path) -> None:
    """Each variable sets its attribute."""
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    settings = read(
        MQTT_URL="mqtts://broker",
        MQTT_USERNAME="relay",
        MQTT_PASSWORD=SECRET,
        IOTCONFIG_MQTT_CA_FILE=str(ca_file),
        IOTCONFIG_MQTT_PREFIX="home/iot",
        IOTCONFIG_MQTT_WINDOW="7",
        IOTCONFIG_MQTT_TIMEOUT="2.5",
    )

    assert Broker("broker", 8883, True, "relay", SECRET, ca_file) == announcing.broker(settings)
    assert ("home/iot", 7, 2.5) == (settings.mqtt.prefix, settings.mqtt.window, settings.mqtt.timeout)


def test_separate_credentials_take_precedence_over_the_url() -> None:
    """The password need not be in the URL."""
    found = broker(MQTT_URL="mqtt://u:p@broker", MQTT_USERNAME="relay", MQTT_PASSWORD=SECRET)

    assert ("relay", SECRET) == (found.username, found.password)


def test_secrets_do_not_show() -> None:
    """The settings' `repr` shows no password, whichever variable has it."""
    settings = read(MQTT_URL=f"mqtt://u:{SECRET}@broker", MQTT_PASSWORD=f"{SECRET}!")

    assert SECRET not in f"{settings}{settings!r}{announcing.broker(settings)!r}"


@pytest.mark.parametrize("prefix", ["a", "home/iot", "büro", "a-b_c.d", "a$b", "a/$b"])
def test_prefixes(prefix: str) -> None:
    """A prefix has one topic level or more."""
    assert prefix == read(IOTCONFIG_MQTT_PREFIX=prefix).mqtt.prefix


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *[("MQTT_URL", url) for url in (f"u:{SECRET}@b", "http://b", f"mqtt://u:{SECRET}@[::1", "mqtt://")],
        *[
            ("IOTCONFIG_MQTT_PREFIX", prefix)
            for prefix in ("/a", "a/", "a//b", "a/#", "+", "a+b", "#", "$SYS", "a b", " ", "a\n", "a\0b")
        ],
        *[("IOTCONFIG_MQTT_WINDOW", number) for number in ("0", "10001", "-1", "1.5", "x", "1_0")],
        *[("IOTCONFIG_MQTT_TIMEOUT", number) for number in ("0", "0.09", "3601", "nan", "inf", "x")],
        ("IOTCONFIG_MQTT_CA_FILE", "no/such/file.pem"),
        ("IOTCONFIG_MQTT_CA_FILE", "."),
    ],
)
def test_refusals(variable: str, value: str) -> None:
    """A bad value stops the start with one line that names its variable."""
    with pytest.raises(InvalidSetting) as refusal:
        announcing.broker(read(**{"MQTT_URL": URL, variable: value}))

    line = str(refusal.value)
    assert line.startswith(f"{variable}: ")
    assert SECRET not in line
    assert 1 == len(line.splitlines())


def test_a_password_without_a_user_is_refused() -> None:
    """It would never be sent: the user name is missing, or its variable is misspelt."""
    with pytest.raises(InvalidSetting) as refusal:
        broker(MQTT_URL=URL, MQTT_PASSWORD=SECRET)

    assert "MQTT_USERNAME" in str(refusal.value)
    assert SECRET not in str(refusal.value)
