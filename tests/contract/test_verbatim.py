"""The device route returns any accepted JSON object byte for byte."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError
from tests.support.apps import app_in_memory
from tests.support.json_texts import objects
from tests.support.wsgi_client import WsgiClient

MAC = "02:00:00:00:00:01"


def is_accepted(text: str) -> bool:
    try:
        ConfigContent.parse(text)
    except IotConfigError:
        return False
    return True


def stored_and_fetched(client: WsgiClient, content: str) -> tuple[bytes, bytes]:
    """The answers to the device and to the operator after a write with `content` in this form."""
    body = f'{{"content": {content}\n}}'.encode()
    put = client.request("PUT", f"/api/configs/by-mac/{MAC}", body)
    assert put.status in (200, 201), put.text
    device = client.get(f"/api/configs/{MAC}.json")
    operator = client.get(f"/api/configs/{put.json()['id']}")
    assert put.json()["etag"] == device.headers["etag"]
    return device.body, operator.body


@pytest.fixture
def client(service: ConfigService) -> WsgiClient:
    """The API over each kind of store."""
    return WsgiClient(app_in_memory(service.store, service.clock))


# All examples of a test share its store: each replaces the content of the one before.
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=objects(), ascii_only=st.booleans())
def test_accepted_content_comes_back_byte_for_byte(client: WsgiClient, text: str, ascii_only: bool) -> None:
    """Device and operator get the exact bytes, whichever form the content was sent in."""
    assert is_accepted(text)
    as_string = json.dumps(text, ensure_ascii=ascii_only)

    for content, verbatim in ((text.strip(" \t\r\n"), text.strip(" \t\r\n")), (as_string, text)):
        device, operator = stored_and_fetched(client, content)
        assert verbatim.encode() == device
        assert f'"content": {verbatim}, "created_at"'.encode() in operator


@settings(max_examples=200)
@given(text=objects())
def test_generated_texts_are_accepted(text: str) -> None:
    """The generator makes JSON objects that the content rules accept, and that Python parses with equal values."""
    assert isinstance(json.loads(text), dict)
    assert is_accepted(text)


def test_generated_texts_have_every_spelling() -> None:
    """Escapes in both cases, white space of each kind, numbers of each form, nested values, derived fields, shared names."""
    seen: list[str] = []

    @settings(max_examples=200, derandomize=True)
    @given(text=objects())
    def generate(text: str) -> None:
        seen.append(text)

    generate()
    texts, names = "\0".join(seen), {name for text in seen for name in json.loads(text)}
    assert {"deviceName", "deviceEntityId", "enableOTA", "a", ""} <= names

    for spelling in (
        r"\\u[0-9a-f]*[a-f]", r"\\u[0-9A-F]*[A-F]", r"\\ud83d\\ude00", r"\\/", r"\\n", r'\\"', "\u2028", "\U0001f600", "[\u0100-\ud7ff]",
        r"\t", r"\r\n", "  ", r"\[\s*\]", r"\{\s*\}", r"\[[^\]]*\[", r"\{[^}]*\{", r"-0\b", r"\d\.\d", r"\d[eE][+-]?\d", r"\d{30}",
        "true", "false", "null",
    ):  # fmt: skip
        assert re.search(spelling, texts), spelling
