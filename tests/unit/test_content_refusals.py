"""Refused content: each rule, with the JSON Pointer or position in the refusal."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import InvalidDocument

from .test_content import nested

POINTED = [
    pytest.param("[]", "", "not an array", id="array"),
    pytest.param('"{}"', "", "not a string", id="string"),
    pytest.param("1", "", "not a number", id="number"),
    pytest.param("true", "", "not a boolean", id="boolean"),
    pytest.param("null", "", "not null", id="null"),
    pytest.param('{"a":1,"a":1}', "/a", "has this member name twice", id="duplicate"),
    pytest.param(r'{"a":1,"\u0061":2}', "/a", "has this member name twice", id="duplicate-by-escape"),
    pytest.param('{"x":[0,{"b":1,"b":2}]}', "/x/1/b", "has this member name twice", id="duplicate-deep"),
    pytest.param(
        '{"a/b":{"c~d":{"e":1,"e":1}}}', "/a~1b/c~0d/e", "has this member name twice", id="pointer-escapes"
    ),
    pytest.param('{"":{"":0,"":0}}', "//", "has this member name twice", id="empty-names"),
    pytest.param('{"a":NaN}', "/a", "NaN", id="nan"),
    pytest.param('{"a":[1,Infinity]}', "/a/1", "Infinity", id="infinity"),
    pytest.param('{"a":{"b":-Infinity}}', "/a/b", "-Infinity", id="minus-infinity"),
    pytest.param('{"a":1e999}', "/a", "double", id="1e999"),
    pytest.param('{"a":-1e999}', "/a", "double", id="minus-1e999"),
    pytest.param('{"a":1.7976931348623159e308}', "/a", "double", id="above-the-biggest-double"),
    pytest.param('{"a":' + str(2**1024) + "}", "/a", "double", id="integer-above-the-biggest-double"),
    pytest.param('{"a":[[' + "9" * 5000 + "]]}", "/a/0/0", "double", id="5000-digits"),
    pytest.param('{"a":-' + "9" * 5000 + "}", "/a", "double", id="minus-5000-digits"),
    pytest.param('{"a":' + "9" * 200_000 + "}", "/a", "double", id="200000-digits"),
    pytest.param(r'{"a":["\ud800"]}', "/a/0", "lone surrogate", id="escaped-high-surrogate"),
    pytest.param(r'{"a":"\udc00"}', "/a", "lone surrogate", id="escaped-low-surrogate"),
    pytest.param(r'{"a":"\udc00\ud800"}', "/a", "lone surrogate", id="escaped-pair-reversed"),
    pytest.param(r'{"a":"\ud800\u0041"}', "/a", "lone surrogate", id="high-surrogate-then-letter"),
    pytest.param(r'{"a":{"\ud800":1}}', r"/a/\ud800", "lone surrogate", id="surrogate-in-a-name"),
    pytest.param(r'{"a":[0,"x\u0000y"]}', "/a/1", "u0000", id="escaped-nul"),
    pytest.param(r'{"\u0000":1}', "/\0", "u0000", id="escaped-nul-in-a-name"),
    pytest.param(nested(65), "/a" + "/0" * 63, "deeper than 64", id="depth-65"),
    pytest.param(
        '{"b":[[],{"c":' + "[" * 62 + "]" * 62 + "}]}", "/b/1/c" + "/0" * 61, "deeper", id="depth-path"
    ),
    pytest.param('{"deviceName":5}', "/deviceName", "found a number", id="name-number"),
    pytest.param('{"deviceName":true}', "/deviceName", "found a boolean", id="name-boolean"),
    pytest.param('{"deviceName":["x"]}', "/deviceName", "found an array", id="name-array"),
    pytest.param('{"deviceName":"' + "x" * 256 + '"}', "/deviceName", "255 characters", id="name-256"),
    pytest.param('{"deviceName":"' + "😀" * 256 + '"}', "/deviceName", "255", id="name-256-beyond-the-bmp"),
    pytest.param('{"deviceEntityId":{}}', "/deviceEntityId", "found an object", id="entity-object"),
    pytest.param('{"deviceEntityId":"' + "x" * 256 + '"}', "/deviceEntityId", "255", id="entity-256"),
    pytest.param('{"enableOTA":"true"}', "/enableOTA", "found a string", id="ota-string"),
    pytest.param('{"enableOTA":1}', "/enableOTA", "found a number", id="ota-number"),
    pytest.param('{"enableOTA":[]}', "/enableOTA", "found an array", id="ota-array"),
]

LOCATED = [
    pytest.param("", 1, 1, id="empty"),
    pytest.param(" \n ", 2, 2, id="only-space"),
    pytest.param("{", 1, 2, id="unclosed"),
    pytest.param('{"a" 1}', 1, 6, id="colon-missing"),
    pytest.param('{\n  "a": tru\n}', 2, 8, id="second-line"),
    pytest.param("{'a':1}", 1, 2, id="single-quotes"),
    pytest.param('{"a":01}', 1, 7, id="leading-zero"),
    pytest.param('{"a":+1}', 1, 6, id="plus"),
    pytest.param('{"a":.5}', 1, 6, id="no-digit-before-the-point"),
    pytest.param('{"a":1.}', 1, 7, id="no-digit-behind-the-point"),
    pytest.param('{"a":0x1F}', 1, 7, id="hexadecimal"),
    pytest.param('{"a":\uff11}', 1, 6, id="full-width-digit"),
    pytest.param('{"a":1}\u00a0', 1, 8, id="no-break-space"),
    pytest.param('{"a":1}\x0c', 1, 8, id="form-feed"),
    pytest.param('{"a":1} {}', 1, 9, id="second-document"),
    pytest.param('{"a":1} // note', 1, 9, id="comment"),
    pytest.param('{"a":"\t"}', 1, 7, id="raw-control-character"),
    pytest.param('{"a":"\0"}', 1, 7, id="raw-nul"),
    pytest.param('{"a":1}\0', 1, 8, id="nul-at-the-end"),
    pytest.param('\ufeff{"a":1}', 1, 1, id="byte-order-mark"),
    pytest.param('{"a":1,"a":2', 1, 13, id="duplicate-in-broken-text"),
]


@pytest.mark.parametrize("form", [str, bytes])
@pytest.mark.parametrize(("text", "pointer", "rule"), POINTED)
def test_refusals_with_a_pointer(text: str, pointer: str, rule: str, form: type) -> None:
    """JSON that breaks a rule is refused with the rule and a JSON Pointer."""
    with pytest.raises(InvalidDocument, match=rule) as refusal:
        ConfigContent.parse(text if form is str else text.encode())

    assert {"pointer": pointer} == refusal.value.details
    assert "VALIDATION_FAILED" == refusal.value.code
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize("form", [str, bytes])
@pytest.mark.parametrize(("text", "line", "column"), LOCATED)
def test_refusals_with_line_and_column(text: str, line: int, column: int, form: type) -> None:
    """Text that is not JSON is refused with line and column, counted in characters from 1."""
    with pytest.raises(InvalidDocument, match=f"line {line}, column {column}") as refusal:
        ConfigContent.parse(text if form is str else text.encode())

    assert {"line": line, "column": column} == refusal.value.details
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        pytest.param(b"\xff", 1, 1, id="never-utf-8"),
        pytest.param(b'{"a":"\xe9"}', 1, 7, id="latin-1"),
        pytest.param('{"é":\n"'.encode() + b'\xc3"}', 2, 2, id="cut-short"),
        pytest.param('{"é":"'.encode() + b'\xc0\xaf"}', 1, 7, id="overlong"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', 1, 7, id="encoded-surrogate"),
        pytest.param(b'{"a":"\xf4\x90\x80\x80"}', 1, 7, id="beyond-unicode"),
        pytest.param('{"a":1}'.encode("utf-16"), 1, 1, id="utf-16"),
    ],
)
def test_bytes_that_are_not_utf8(data: bytes, line: int, column: int) -> None:
    """The refusal names the position of the first invalid byte."""
    with pytest.raises(InvalidDocument, match="not UTF-8") as refusal:
        ConfigContent.parse(data)

    assert {"line": line, "column": column} == refusal.value.details


@pytest.mark.parametrize("number", [0xD800, 0xDCFF], ids=["high", "low"])
def test_a_lone_surrogate_in_the_text_itself(number: int) -> None:
    """An unescaped lone surrogate in a Python string is refused with its position."""
    with pytest.raises(InvalidDocument, match="lone surrogate") as refusal:
        ConfigContent.parse(f'{{"a":"{chr(number)}"}}')

    assert {"line": 1, "column": 7} == refusal.value.details


def test_the_first_violation_is_named() -> None:
    """If a document breaks several rules, the refusal names the first violation."""
    with pytest.raises(InvalidDocument) as refusal:
        ConfigContent.parse('{"ok":1,"first":NaN,"second":1e999}')

    assert {"pointer": "/first"} == refusal.value.details
