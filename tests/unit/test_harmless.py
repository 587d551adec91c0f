"""Untrusted text, escaped for terminals and logs."""

from __future__ import annotations

import json
import logging
from urllib.parse import quote, urlencode

import pytest

from iotconfig.adapters.logs import JsonFormat, TextFormat
from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.domain.errors import IotConfigError, RecordExists, StoreUnavailable, ValidationFailed, excerpt
from iotconfig.domain.text import harmless, harmless_json, harmless_lines
from iotconfig.entrypoints.logs import reporting
from iotconfig.entrypoints.settings import Settings
from tests.support.apps import app_in_memory
from tests.support.hostile import HOSTILE, SPELT, assert_harmless
from tests.support.wsgi_client import WsgiClient


@pytest.mark.parametrize("character", HOSTILE, ids=lambda c: f"{ord(c):04x}")
def test_invisible_characters_are_escaped(character: str) -> None:
    """Each is shown as an ASCII escape; inside JSON, the escape keeps the value."""
    text = f"a{character}b"
    assert_harmless(harmless(text))
    assert harmless(text).startswith("a\\")
    assert_harmless(harmless_json(json.dumps({"ü": text}, ensure_ascii=False)))
    assert {"ü": text} == json.loads(harmless_json(json.dumps({"ü": text}, ensure_ascii=False)))


@pytest.mark.parametrize("text", ["", "plain", "Küche", "日本語", "🛋", "e\u0301", "a b"])
def test_visible_characters_are_unchanged(text: str) -> None:
    """This holds in every script."""
    assert text == harmless(text) == harmless_json(text)
    assert f"{text}\n{text}\n" == harmless_lines(f"{text}\n{text}\n")


@pytest.mark.parametrize(
    "error",
    [
        ValidationFailed(HOSTILE),
        RecordExists(HOSTILE, HOSTILE),
        IotConfigError(HOSTILE, fact=HOSTILE),
        StoreUnavailable("away", HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_quotations_in_errors_are_escaped(error: IotConfigError) -> None:
    """The sentence and the operator's reason are escaped; the details are unchanged."""
    assert_harmless(str(error))
    assert_harmless(getattr(error, "reason", ""))
    assert HOSTILE == error.details.get("fact", HOSTILE)
    assert_harmless(excerpt(HOSTILE))


@pytest.mark.parametrize("form", [JsonFormat(), TextFormat(colours=False)], ids=["json", "text"])
def test_lines_of_the_log(form: logging.Formatter) -> None:
    """Message, members and tracebacks are escaped in both formats; JSON keeps their values."""
    fault = ValidationFailed(HOSTILE)
    record = logging.LogRecord("x", logging.INFO, "x", 1, "said %s", (HOSTILE,), (type(fault), fault, None))
    record.fields = {"author": HOSTILE, "mac": HOSTILE}
    line = form.format(record)

    assert_harmless("".join(line.split("\n") if isinstance(form, TextFormat) else [line]))
    if isinstance(form, JsonFormat):
        assert f"said {HOSTILE}" == json.loads(line)["message"]
        assert HOSTILE == json.loads(line)["author"]
    else:
        assert SPELT in line


def test_startup_messages_are_escaped() -> None:
    """Addresses, issuers and paths from the settings are escaped."""
    said: list[str] = []
    reporting(Settings.from_environ({"IOTCONFIG_LOG_FORMAT": "text"}), said.append)(
        f"Assets are in {HOSTILE}"
    )

    assert [f"Assets are in {SPELT}"] == said


def test_a_shown_database_url_is_escaped() -> None:
    """The URL is in the last line of each command, and in the first line of the service."""
    assert_harmless(str(DatabaseUrl.parse(f"sqlite:////srv/{HOSTILE.replace(chr(0), '')}.db")))


_SEGMENT = quote(HOSTILE.replace("/", ""), safe="")


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.get(f"/api/configs?{urlencode({HOSTILE: 1})}"),
        lambda c: c.get(f"/api/configs?{urlencode({'cursor': HOSTILE})}"),
        lambda c: c.get(f"/api/configs?{urlencode({'limit': HOSTILE, 'q': HOSTILE})}"),
        lambda c: c.get(f"/api/configs/{_SEGMENT}"),
        lambda c: c.get(f"/api/configs/{_SEGMENT}.json"),
        lambda c: c.send_json("POST", "/api/configs", {"mac_address": HOSTILE, "content": {}}),
        lambda c: c.send_json("POST", "/api/configs", {HOSTILE: 1}),
        lambda c: c.send_json("PUT", "/api/configs/by-mac/020000000001", {"content": {HOSTILE: float("nan")}}),
        lambda c: c.send_json("PUT", "/api/configs/by-mac/020000000001", {"content": {}, "message": HOSTILE * 99}),
        lambda c: c.request("POST", "/api/configs/import", '{"mac_address": "\x9b\u202e", "content": {}}'.encode()),
        lambda c: c.get(f"/api/assets/{_SEGMENT}"),
        lambda c: c.get(f"/api/auth/login?{urlencode({'redirect': HOSTILE})}"),
    ],
)  # fmt: skip
def test_problems_that_quote_a_caller_are_escaped(ask: object) -> None:
    """Neither the bytes of a problem nor its decoded sentence contain control characters."""
    client = WsgiClient(app_in_memory())
    answer = ask(client)  # type: ignore[operator] # one of the lambdas above

    assert 400 <= answer.status < 500
    assert_harmless(answer.text)
    assert_harmless(answer.json()["error"])
    for value in answer.headers.values():
        assert_harmless(value)
