"""Every content rule, in both forms of `content`: a violation is refused whole, with its position."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Answer, Caller

_DEEP = 64
_JSON = {"Content-Type": "application/json"}


def _nested(levels: int) -> str:
    """An object with this many levels, the top included."""
    return '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)


# A document, and the pointer to its violation.
RULES = {
    "duplicate name": ('{"a": 1, "a": 2}', "/a"),
    "duplicate name, escaped": (r'{"a": 1, "\u0061": 2}', "/a"),
    "duplicate name, deep": ('{"x": [0, {"a": 1, "a": 1}]}', "/x/1/a"),
    "NaN": ('{"n": NaN}', "/n"),
    "Infinity": ('{"n": [Infinity]}', "/n/0"),
    "-Infinity": ('{"n": -Infinity}', "/n"),
    "1e999": ('{"n": 1e999}', "/n"),
    "-1e999": ('{"n": {"m": -1e999}}', "/n/m"),
    "5,000-digit integer": ('{"n": ' + "9" * 5000 + "}", "/n"),
    "310-digit integer": ('{"n": -' + "9" * 310 + "}", "/n"),
    "lone high surrogate": (r'{"s": "\ud800"}', "/s"),
    "lone low surrogate": (r'{"s": ["\udc00"]}', "/s/0"),
    "surrogates reversed": (r'{"s": "\udc00\ud800"}', "/s"),
    "NUL": (r'{"s": "a\u0000b"}', "/s"),
    "65 levels": (_nested(_DEEP + 1), "/a" * _DEEP),
    "65 levels, arrays": ('{"a":' + "[" * _DEEP + "]" * _DEEP + "}", "/a" + "/0" * (_DEEP - 1)),
    "40,000 levels of objects": (_nested(40_000), "/a" * _DEEP),
    "100,000 levels of arrays": ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "/a" + "/0" * (_DEEP - 1)),
    "deviceName: number": ('{"deviceName": 1}', "/deviceName"),
    "deviceName: object": ('{"deviceName": {}}', "/deviceName"),
    "deviceName: 256 characters": (json.dumps({"deviceName": "x" * 256}), "/deviceName"),
    "deviceEntityId: boolean": ('{"deviceEntityId": true}', "/deviceEntityId"),
    "deviceEntityId: 256 characters": (json.dumps({"deviceEntityId": "é" * 256}), "/deviceEntityId"),
    "enableOTA: string": ('{"enableOTA": "true"}', "/enableOTA"),
    "enableOTA: number": ('{"enableOTA": 1}', "/enableOTA"),
    "enableOTA: array": ('{"enableOTA": []}', "/enableOTA"),
}

# Texts that are not JSON; the refusal has line and column.
NO_JSON = {
    "trailing comma": '{"a": 1,}',
    "trailing garbage": "{} x",
    "two documents": "{}{}",
    "single quotes": "{'a': 1}",
    "comment": "{} // why",
    "cut short": '{"a": ',
    "raw newline in a string": '{"a": "b\nc"}',
    "raw control character": '{"a": "\x01"}',
    "bad escape": r'{"a": "\x41"}',
    "leading zero": '{"a": 01}',
    "leading plus": '{"a": +1}',
    "hexadecimal": '{"a": 0x10}',
    "no-break space": '{\u00a0"a": 1}',
    "full-width digit": '{"a": \uff11}',
    "100,000 brackets that do not match": "{" + "]" * 100_000,
}


def _as_object(document: str) -> str:
    return document


def _as_string(document: str) -> str:
    return json.dumps(document)


both_forms = pytest.mark.parametrize("form", [_as_object, _as_string], ids=["object", "string"])
Form = Callable[[str], str]


def _send_everywhere(client: Caller, content: bytes) -> list[Answer]:
    """Requests that create, create or update, and update with this content, with and without an existing config."""
    existing = client.get("/api/configs?limit=1").json()["configs"][0]
    post = b'{"mac_address": "%s", "content": %s}' % (new_mac().encode(), content)
    put = b'{"content": %s}' % content
    return [
        client.request("POST", "/api/configs", post, _JSON),
        client.request("PUT", f"/api/configs/by-mac/{new_mac()}", put, _JSON),
        client.request("PUT", f"/api/configs/{existing['id']}", put, _JSON),
    ]


@both_forms
@pytest.mark.parametrize(("document", "pointer"), list(RULES.values()), ids=list(RULES))
def test_a_document_that_breaks_a_rule_is_refused_with_a_pointer(
    untouched_single: Caller, form: Form, document: str, pointer: str
) -> None:
    """Each route with content gives a pointer from the top of the body, for both forms."""
    for answer in _send_everywhere(untouched_single, form(document).encode()):
        problem = expect_problem(answer, 400, "VALIDATION_FAILED")
        assert {"pointer": f"/content{pointer}"} == problem["details"]


@both_forms
def test_a_name_with_a_lone_surrogate_is_refused(untouched_single: Caller, form: Form) -> None:
    """The pointer shows the name in a form that an answer can contain."""
    for answer in _send_everywhere(untouched_single, form(r'{"x": {"\ud800": 1}}').encode()):
        problem = expect_problem(answer, 400, "VALIDATION_FAILED")
        assert problem["details"]["pointer"].startswith("/content/x/")


@both_forms
@pytest.mark.parametrize("text", list(NO_JSON.values()), ids=list(NO_JSON))
def test_text_that_is_not_json_is_refused_with_line_and_column(
    untouched_single: Caller, form: Form, text: str
) -> None:
    """The position is in the body, or in the text inside the string."""
    for answer in _send_everywhere(untouched_single, form(text).encode()):
        details = expect_problem(answer, 400, "VALIDATION_FAILED")["details"]
        assert details["line"] >= 1
        assert details["column"] >= 1


@pytest.mark.parametrize("text", ["", " ", "[]", '"x"', "1", "null", "true", "[{}]", "\ufeff{}"], ids=repr)
def test_a_string_without_an_object_is_refused(untouched_single: Caller, text: str) -> None:
    """The top of a document is an object without a byte order mark."""
    for answer in _send_everywhere(untouched_single, json.dumps(text).encode()):
        expect_problem(answer, 400, "VALIDATION_FAILED")


@pytest.mark.parametrize("value", ["null", "true", "1", "[]", "[{}]"])
def test_content_of_another_type_is_refused(untouched_single: Caller, value: str) -> None:
    """Content is an object or a string; the refusal has a pointer to it."""
    for answer in _send_everywhere(untouched_single, value.encode()):
        problem = expect_problem(answer, 400, "VALIDATION_FAILED")
        assert {"pointer": "/content"} == problem["details"]


@pytest.mark.parametrize(
    "content",
    [b'{"s": "\xff"}', b'{"s": "\xed\xa0\x80"}', b'{"s": "\xc0\xaf"}', b'{"s": "\xf4\x90\x80\x80"}'],
    ids=["stray byte", "encoded surrogate", "overlong", "beyond Unicode"],
)
def test_bytes_that_are_not_utf_8_are_refused(untouched_single: Caller, content: bytes) -> None:
    """The position is a line and a column."""
    for answer in _send_everywhere(untouched_single, content):
        details = expect_problem(answer, 400, "VALIDATION_FAILED")["details"]
        assert {"line", "column"} == set(details)


@both_forms
def test_100_000_levels_of_objects_are_refused(untouched_single: Caller, form: Form) -> None:
    """They are too deep or, if only the size is checked, too large; the worker continues."""
    for answer in _send_everywhere(untouched_single, form(_nested(100_000)).encode()):
        if answer.status == 413:
            expect_problem(answer, 413, "CONTENT_TOO_LARGE")
        else:
            expect_problem(answer, 400, "VALIDATION_FAILED")


@both_forms
def test_content_above_the_limit_is_too_large(untouched_single: Caller, form: Form) -> None:
    """256 KiB and one byte of UTF-8 get 413; bytes count, not characters."""
    half = 128 * 1024
    document = json.dumps({"s": "é" * half}, ensure_ascii=False)
    for answer in _send_everywhere(untouched_single, form(document).encode()):
        expect_problem(answer, 413, "CONTENT_TOO_LARGE")
