"""Content at the limits of the rules is accepted and kept verbatim."""

from __future__ import annotations

import json

import pytest

from tests.support.api import new_mac
from tests.support.in_process import Service

_MAX = 256 * 1024


def _sized(size: int) -> str:
    """An object whose text is `size` bytes of ASCII."""
    return '{"s": "' + "x" * (size - 9) + '"}'


DOCUMENTS = {
    "empty": "{}",
    "spacing": '{ "b" : 1 ,\n\t"a":[ ]\r\n}',
    "key order": '{"z": 1, "a": 2, "10": 3, "9": 4}',
    "numbers": '{"n": [1.10, 1E2, -0, 0.0, 1e-400, 12345678901234567890123456789, 1.7976931348623157e308]}',
    "escapes": r'{"s": "\u00e9\/\ud83d\ude00\t", "\u0061": 1}',
    "Unicode": '{"s": "é😀\u2028\ufeff\u007f", "ключ": "\U0010ffff"}',
    "64 levels": '{"a":' * 63 + "{}" + "}" * 63,
    "same name in different objects": '{"a": {"a": {"a": 1}}}',
    "derived fields of 255": json.dumps({"deviceName": "n" * 255, "deviceEntityId": "😀" * 255}),
    "derived fields null": '{"deviceName": null, "deviceEntityId": null, "enableOTA": null}',
    "brackets in a string": json.dumps({"s": "[{" * 1000 + '\\"'}),
    "text that looks like a body": '{"mac_address": 1, "content": {"content": 2}}',
    "256 KiB": _sized(_MAX),
}


@pytest.mark.parametrize("document", list(DOCUMENTS.values()), ids=list(DOCUMENTS))
@pytest.mark.parametrize("form", ["object", "string", "escaped string"])
def test_content_comes_back_byte_for_byte(both: Service, document: str, form: str) -> None:
    """The device route and the config return the same bytes, in whichever form the content was sent."""
    mac = new_mac()
    content = {
        "object": document,
        "string": json.dumps(document, ensure_ascii=False),
        "escaped string": '"' + "".join(f"\\u{unit:04x}" for unit in _utf16(document)) + '"',
    }[form]
    body = f'  {{ "content"\n:\t{content} , "mac_address": "{mac}" }}\n'.encode()

    made = both.client.request("POST", "/api/configs", body)
    fetched = both.client.get(f"/api/configs/{mac}.json")

    assert 201 == made.status, made.body[:500]
    assert document.encode() == fetched.body
    assert f'"content": {document}, "created_at"'.encode() in made.body
    assert made.body == both.client.get(made.headers["location"]).body


def _utf16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]


def test_content_may_stand_in_a_string_with_leading_space(both: Service) -> None:
    """White space around the object is part of the content."""
    mac = new_mac()
    text = ' \n{"a": 1}\n\n'
    made = both.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": text})
    assert 201 == made.status
    assert text.encode() == both.client.get(f"/api/configs/{mac}.json").body
    assert {"a": 1} == made.json()["content"]
