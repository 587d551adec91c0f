"""Settings: accepted values, and refusals that name the variable and show no secret."""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_network
from operator import attrgetter
from pathlib import Path

import pytest

from iotconfig.adapters.gunicorn.deadlines import Deadlines
from iotconfig.adapters.oidc.roles import RoleNames
from iotconfig.adapters.sql.engine.timeouts import Timeouts
from iotconfig.domain.assets.upload_rules import SignatureForm, UploadRules
from iotconfig.domain.devices.silence import ExpectedIntervals
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES
from iotconfig.entrypoints.settings import InvalidSetting, Settings
from iotconfig.entrypoints.settings.access import AccessSettings, is_loopback
from iotconfig.entrypoints.settings.fields import Variable, section

SECRET = "hunter2"
ENDS = {"IOTCONFIG_SECRETS_KEY": "abc="}
"""What makes a value of 40 characters one of the variable."""
SECRETS = [each.variable.name for each in Settings.variables() if each.variable.secret]
SECONDS = [
    "IOTCONFIG_DB_POOL_TIMEOUT",
    "IOTCONFIG_DB_STATEMENT_TIMEOUT",
    "IOTCONFIG_DB_LOCK_TIMEOUT",
    "IOTCONFIG_DB_IDLE_TRANSACTION_TIMEOUT",
    "IOTCONFIG_DB_WATCHDOG_TIMEOUT",
    "IOTCONFIG_IDLE_TIMEOUT",
    "IOTCONFIG_HEADER_TIMEOUT",
    "IOTCONFIG_BODY_TIMEOUT",
    "IOTCONFIG_STALL_TIMEOUT",
    "IOTCONFIG_PICTURE_TIMEOUT",
]
WHOLE = {
    "IOTCONFIG_MAX_ASSET_BYTES": (1024, 4 * 1024 * 1024 * 1024),
    "IOTCONFIG_MAX_CONTENT_BYTES": (1024, 16 * 1024 * 1024),
    "IOTCONFIG_DB_POOL_SIZE": (1, 100),
    "IOTCONFIG_DB_CONNECT_TIMEOUT": (2, 60),
    "IOTCONFIG_GRACEFUL_TIMEOUT": (1, 600),
    "IOTCONFIG_MAX_PICTURE_BYTES": (1024, 256 * 1024 * 1024),
    "IOTCONFIG_MAX_PICTURE_PIXELS": (1024, 80_000_000),
}
FLAGS = ["IOTCONFIG_ALLOW_ANONYMOUS", "IOTCONFIG_REQUIRE_IF_MATCH"]


def value_of(variable: str, settings: Settings) -> object:
    (path,) = (each.path for each in Settings.variables() if each.variable.name == variable)
    return attrgetter(".".join(path))(settings)


def read(variable: str, text: str) -> object:
    return value_of(variable, Settings.from_environ({variable: text}))


def test_an_empty_environment_gives_the_defaults() -> None:
    """An environment without variables, and one with empty variables, give the documented defaults."""
    settings = Settings.from_environ({})
    empty = {each.variable.name: "" for each in Settings.variables()}

    assert settings == Settings.from_environ(empty) == Settings.from_environ({"PATH": "/bin", "HOME": "x"})
    assert "sqlite:///iotconfig.db" == settings.database.url
    assert DEFAULT_MAX_BYTES == settings.content.max_bytes
    assert () == settings.access.cors_origins
    assert settings.access.allow_anonymous is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True), ("TRUE", True), ("1", True), ("yes", True), ("on", True),
        ("false", False), ("0", False), ("no", False), ("Off", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", FLAGS)
def test_flags(variable: str, text: str, expected: bool) -> None:
    """A flag accepts the usual words in any case."""
    assert expected is read(variable, text)


@pytest.mark.parametrize("variable", WHOLE)
def test_whole_numbers_at_their_bounds(variable: str) -> None:
    """The bounds of a number are inclusive."""
    assert WHOLE[variable] == tuple(read(variable, str(bound)) for bound in WHOLE[variable])


@pytest.mark.parametrize("variable", SECONDS)
def test_seconds_at_their_bounds(variable: str) -> None:
    """Seconds may have a fraction; their bounds are inclusive."""
    # The watchdog's bound is never below a statement's.
    others = {"IOTCONFIG_DB_STATEMENT_TIMEOUT": "0.1", "IOTCONFIG_DB_WATCHDOG_TIMEOUT": "3600"}

    def read_among_others(text: str) -> object:
        return value_of(variable, Settings.from_environ({**others, variable: text}))

    assert [0.1, 2.5, 3600] == [read_among_others(text) for text in ("0.1", "2.5", "3600")]


def test_a_watchdog_below_a_statements_bound_is_refused() -> None:
    """It would cut statements that the server ends with a better error."""
    with pytest.raises(InvalidSetting, match="IOTCONFIG_DB_WATCHDOG_TIMEOUT"):
        Settings.from_environ({"IOTCONFIG_DB_WATCHDOG_TIMEOUT": "1"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://a.example", ("https://a.example",), id="one"),
        pytest.param(
            "https://a.example, http://b.example:8080,",
            ("https://a.example", "http://b.example:8080"),
            id="commas",
        ),
        pytest.param(
            '["https://a.example", "http://[::1]:8080"]',
            ("https://a.example", "http://[::1]:8080"),
            id="json",
        ),
        pytest.param(
            "HTTPS://A.Example:443/,http://[::1]:80",
            ("https://a.example", "http://[::1]"),
            id="as-browsers-spell",
        ),
        pytest.param("*", ("*",), id="star"),
        pytest.param("[]", (), id="empty-json"),
    ],
)
def test_origins(text: str, expected: tuple[str, ...]) -> None:
    """Origins are a JSON array, or separated by commas."""
    assert expected == read("CORS_ORIGINS", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.168.1.0/24", ["192.168.1.0/24"]),
        ("192.168.1.7, fd12::/16,,::1", ["192.168.1.7/32", "fd12::/16", "::1/128"]),
        (",", []),
    ],
)
def test_networks(text: str, expected: list[str]) -> None:
    """Networks and addresses are separated by commas."""
    assert tuple(map(ip_network, expected)) == read("IOTCONFIG_PICTURE_NETWORKS", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mains=10m", {"mains": 600}),
        ("mains=10m, battery = 25h", {"mains": 600, "battery": 90_000}),
        ("a=1s,b=366d", {"a": 1, "b": 366 * 86_400}),
    ],
)
def test_expected_intervals(text: str, expected: dict[str, int]) -> None:
    """Tags with durations are separated by commas."""
    intervals = {tag: timedelta(seconds=seconds) for tag, seconds in expected.items()}
    assert ExpectedIntervals(intervals) == read("IOTCONFIG_EXPECTED_INTERVALS", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://iot.example.org/", "https://iot.example.org"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://IOT.Example.org:443/", "https://iot.example.org"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_base_url(text: str, expected: str) -> None:
    """The base URL is normalized as browsers write an origin, since the two are compared."""
    assert expected == read("BASEURL", text)


@pytest.mark.parametrize("text", ["strong", "STRONG", "Strong"])
def test_the_form_of_signatures(text: str) -> None:
    """It is one of two words, in any case."""
    assert SignatureForm.ANY is Settings().content.uploads.form
    assert SignatureForm.STRONG is read("IOTCONFIG_ASSET_SIGNATURE", text)


def test_a_directory_need_not_exist(tmp_path: Path) -> None:
    """It is created at its first use; an existing one may have any name."""
    for path in (tmp_path, tmp_path / "not" / "there"):
        assert str(path) == read("ASSETS_DIR", str(path))


BAD = [
    *[("IOTCONFIG_ASSET_SIGNATURE", text) for text in ("weak", "any,strong", " any", "true", SECRET)],
    *[("ASSETS_DIR", text) for text in ("/dev/null", "x" * 5000)],
    *[(v, text) for v in FLAGS for text in ("maybe", "2", " true", "tru", f"{SECRET}\n")],
    *[
        (v, text)
        for v in WHOLE
        for text in ("x", "1.5", "-1", "nan", "1e2", "9" * 5000, "\u0663\u0660", "1_0")
    ],
    *[("TIMESTAMP_TOLERANCE_SECONDS", text) for text in ("0", "86401", "1.5", "x", "9" * 5000)],
    *[(v, str(low - 1)) for v, (low, _) in WHOLE.items()],
    *[(v, str(high + 1)) for v, (_, high) in WHOLE.items()],
    *[(v, text) for v in SECONDS for text in ("x", "0", "0.09", "3600.1", "-1", "nan", "inf", "1_0")],
    *[
        ("BASEURL", text)
        for text in (
            "https://example.org/iot",
            "example.org",
            "ftp://example.org",
            "https://",
            "//example.org",
            "http://[",
        )
    ],
    *[
        ("BASEURL", text)
        for text in ("https://example.org:99999", "https://example.org:x", "https://example.org?a=1")
    ],
    ("BASEURL", f"https://admin:{SECRET}@example.org"),
    *[
        ("CORS_ORIGINS", text)
        for text in ("a.example", "https://a.example/path", "ftp://a.example", "[1]", '["x"]')
    ],
    *[
        ("CORS_ORIGINS", text)
        for text in ("[", '["https://a.example"', "null,", "https://a b", "[" * 100_000)
    ],
    ("CORS_ORIGINS", f"https://admin:{SECRET}@a.example"),
    *[
        ("IOTCONFIG_PICTURE_NETWORKS", text)
        for text in ("camera.local", "192.168.1.1/24", "192.168.1.0/33", "10.0.0.0/8;::1", "*", SECRET)
    ],
    *[
        ("IOTCONFIG_EXPECTED_INTERVALS", text)
        for text in (
            "mains",
            "mains=10",
            "mains=1.5m",
            "mains=-1m",
            "mains=10w",
            "=10m",
            "Mains=10m",
            ",",
            "mains=0s",
            "mains=367d",
            "mains=10m,mains=1h",
            "mains=99999999d",
            "mains=\u0663m",
        )
    ],
]


@pytest.mark.parametrize(("variable", "text"), BAD, ids=[f"{v}={t[:24]!r}" for v, t in BAD])
def test_bad_values_name_their_variable(variable: str, text: str) -> None:
    """A bad value is refused with one line that begins with the variable and repeats no secret."""
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environ({variable: text})

    assert str(refusal.value).startswith(f"{variable}: ")
    assert 1 == len(str(refusal.value).splitlines())
    assert SECRET not in str(refusal.value)


def test_bounds_are_shown_in_full() -> None:
    """The bounds in a refusal have the spelling that the setting accepts."""
    with pytest.raises(InvalidSetting, match="from 1024 to 16777216"):
        Settings.from_environ({"IOTCONFIG_MAX_CONTENT_BYTES": "5"})


def test_secrets_do_not_show() -> None:
    """Neither `repr` nor `str` of the settings shows the database's password."""
    settings = Settings.from_environ({"DATABASE_URL": f"postgresql://admin:{SECRET}@db/iot"})

    assert SECRET in settings.database.url
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


@pytest.mark.parametrize("text", ["1", "300", "86400"])
def test_the_tolerance_of_timestamps(text: str) -> None:
    """It has whole seconds, up to a day."""
    assert timedelta(seconds=int(text)) == read("TIMESTAMP_TOLERANCE_SECONDS", text)


def test_a_section_has_the_defaults_of_the_adapters_class() -> None:
    """Each default is stated once, at the class that uses it."""
    settings = Settings()

    assert Timeouts() == settings.database.timeouts
    assert Deadlines() == settings.serving.deadlines
    assert UploadRules() == settings.content.uploads
    assert RoleNames() == settings.access.oidc.roles


def test_each_variable_of_a_section_sets_an_existing_attribute() -> None:
    """A misspelt attribute would have no effect."""
    with pytest.raises(TypeError, match="Timeouts has no conect"):
        section(Timeouts, conect=Variable("X", str, "Seconds"))


@pytest.mark.parametrize("variable", SECRETS)
def test_no_secret_shows(variable: str) -> None:
    """`repr` and `str` of each section show no secret."""
    text = f"{SECRET}-" * 5 + ENDS.get(variable, "")
    settings = Settings.from_environ({variable: text})

    assert value_of(variable, settings) in (text, (text,))
    assert SECRET not in f"{settings}{settings!r}"


def test_every_setting_is_described() -> None:
    """Each variable has a unique name and a sentence."""
    variables = [each.variable.name for each in Settings.variables()]

    assert len(variables) == len(set(variables))
    assert all(each.variable.about for each in Settings.variables())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_authentication(host: str) -> None:
    """An address that only this machine reaches needs no further setting."""
    assert is_loopback(host)
    Settings().access.require_safe_bind(host)
    Settings.from_environ({"BASEURL": "http://localhost:8080"}).access.require_safe_bind(host)


BEYOND = [
    "0.0.0.0",  # noqa: S104
    "::",
    "[::]",
    "192.168.1.5",
    "example.org",
    "127.0.0.1.example.org",
    "localhost.example",
    "0",
]


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_loopback_needs_a_decision(host: str) -> None:
    """Without authentication, a reachable address is refused unless a setting allows it."""
    with pytest.raises(InvalidSetting, match="IOTCONFIG_ALLOW_ANONYMOUS=true"):
        Settings().access.require_safe_bind(host)

    AccessSettings(allow_anonymous=True).require_safe_bind(host)


def test_a_public_base_url_counts_too() -> None:
    """A proxy can make a loopback address reachable."""
    settings = Settings.from_environ({"BASEURL": "https://iot.example.org"})

    with pytest.raises(InvalidSetting, match=r"BASEURL.*iot\.example\.org"):
        settings.access.require_safe_bind("127.0.0.1")


@pytest.mark.parametrize("text", ["127.0.0.1:9100", "[::1]:9100", "metrics.local:65535", "0.0.0.0:0"])
def test_addresses(text: str) -> None:
    """An address has a host and a port, as in URLs."""
    assert text == read("IOTCONFIG_METRICS_BIND", text)


@pytest.mark.parametrize(
    "text", ["9100", ":9100", "127.0.0.1", "::1:9100", "host:port", "host:65536", "http://host:1", "a b:1"]
)
def test_invalid_addresses(text: str) -> None:
    """The refusal shows a valid one."""
    with pytest.raises(InvalidSetting, match=r"IOTCONFIG_METRICS_BIND: expected a host and a port"):
        read("IOTCONFIG_METRICS_BIND", text)


@pytest.mark.parametrize(
    "text", ["short", "fifteen-letters", "a token with spaces", "sixteen=letters--", "é" * 16]
)
def test_invalid_metrics_tokens(text: str) -> None:
    """A token must be hard to guess and valid in a header; the refusal does not show it."""
    with pytest.raises(InvalidSetting, match=r"IOTCONFIG_METRICS_TOKEN: expected 16") as refused:
        read("IOTCONFIG_METRICS_TOKEN", text)

    assert text not in str(refused.value)


def test_the_metrics_token_is_not_shown() -> None:
    """It appears neither in a log nor in a traceback."""
    settings = Settings.from_environ({"IOTCONFIG_METRICS_TOKEN": "sixteen-letters-="})

    assert "sixteen-letters-=" == settings.telemetry.metrics_token
    assert "sixteen" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("IOTCONFIG_LOG_FORMAT", "JSON", "json"),
        ("IOTCONFIG_LOG_FORMAT", "text", "text"),
        ("IOTCONFIG_LOG_LEVEL", "Debug", "debug"),
    ],
)
def test_choices(variable: str, text: str, expected: str) -> None:
    """A choice is accepted in any case."""
    assert expected == read(variable, text)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("IOTCONFIG_LOG_FORMAT", "auto, json or text"),
        ("IOTCONFIG_LOG_LEVEL", "debug, info, warning or error"),
    ],
)
def test_other_choices_are_refused(variable: str, words: str) -> None:
    """The refusal lists the accepted ones."""
    with pytest.raises(InvalidSetting, match=f"{variable}: expected {words}"):
        read(variable, "loud")


LONG_SECRET = "0123456789" * 4


@pytest.mark.parametrize("variable", SECRETS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_can_be_in_a_file(tmp_path: Path, variable: str, end: str) -> None:
    """A final line break is not part of the secret."""
    path = tmp_path / "secret"
    secret = LONG_SECRET + ENDS.get(variable, "")
    path.write_bytes(f"{secret}{end}".encode())

    assert read(variable, secret) == value_of(
        variable, Settings.from_environ({f"{variable}_FILE": str(path)})
    )


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    """A secret in a variable and in a file is refused."""
    given = {"MQTT_PASSWORD": SECRET, "MQTT_PASSWORD_FILE": str(tmp_path / "secret")}

    with pytest.raises(InvalidSetting, match="MQTT_PASSWORD and MQTT_PASSWORD_FILE are both set") as refusal:
        Settings.from_environ(given)
    assert SECRET not in str(refusal.value)


def test_a_file_of_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a binary file, a FIFO without a writer, and an endless device are refused."""
    binary, pipe, endless = tmp_path / "binary", tmp_path / "pipe", tmp_path / "endless"
    binary.write_bytes(b"\xff")
    os.mkfifo(pipe)
    with endless.open("wb") as file:
        file.truncate(1 << 40)
    reasons = {
        tmp_path / "none": "No such file",
        binary: "not UTF-8",
        tmp_path: "directory",
        pipe: "not a regular file",
        endless: "larger than",
    }

    for path, reason in reasons.items():
        with pytest.raises(InvalidSetting, match=f"DATABASE_URL_FILE: the file cannot be read: .*{reason}"):
            Settings.from_environ({"DATABASE_URL_FILE": str(path)})


def test_only_secrets_are_read_from_files(tmp_path: Path) -> None:
    """The name of a file cannot become another setting by accident."""
    assert Settings() == Settings.from_environ({"BASEURL_FILE": str(tmp_path / "none")})


def test_settings_that_are_refused() -> None:
    """Each refusal names its variable."""
    for variable, value in (
        ("IOTCONFIG_AUTH", "maybe"),
        ("IOTCONFIG_DEVICE_AUTH", "sometimes"),
        ("IOTCONFIG_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("IOTCONFIG_SECRET_KEY", "short"),
        ("IOTCONFIG_SECRETS_KEY", "short"),
        ("IOTCONFIG_SECRETS_KEY", ","),
        ("IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE", "0"),
    ):
        with pytest.raises(InvalidSetting, match=variable):
            Settings.from_environ({variable: value})
