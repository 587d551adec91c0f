"""Accepted content: kept verbatim, with its derived fields, up to each limit."""

from __future__ import annotations

import pytest

from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent, etag_of
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument


def nested(depth: int) -> str:
    """An object whose innermost array is at `depth`."""
    return '{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def sized(size: int, filler: str = "x") -> str:
    """An object of `size` bytes of UTF-8."""
    room = size - len('{"a":""}')
    width = len(filler.encode())
    return '{"a":"' + filler * (room // width) + "x" * (room % width) + '"}'


@pytest.mark.parametrize("form", [str, bytes])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="empty-object"),
        pytest.param(' \t\r\n{ "b" : 1 ,\n"a":[ ] } \n', id="spacing"),
        pytest.param('{"z":1,"a":2,"m":{"y":1,"b":2}}', id="key-order"),
        pytest.param('{"a":[1.10,1E2,1e+2,-0,-0.0,0.0,1.0E-7,100]}', id="number-spellings"),
        pytest.param('{"a":12345678901234567890123456789}', id="integer-beyond-64-bits"),
        pytest.param('{"a":0.1000000000000000055511151231257827021181583404541015625}', id="digits-of-0.1"),
        pytest.param(r'{"a":"\u0041\/\"\\\b\f\n\r\t","\u00e9":"é"}', id="escapes"),
        pytest.param(r'{"a":"\ud83d\ude00","b":"😀"}', id="surrogate-pair"),
        pytest.param(r'{"a":"\\ud800","b":"\\u0000"}', id="escaped-backslash-before-u"),
        pytest.param('{"a":"\x7f\u2028\ufeff\uffff\U0010ffff"}', id="odd-but-legal-characters"),
        pytest.param('{"é":1,"e\u0301":2}', id="names-equal-only-after-normalizing"),
        pytest.param('{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', id="one-name-in-many-objects"),
        pytest.param('{"":{"":null}}', id="empty-names"),
        pytest.param('{"a":[true,false,null,"",[],{}]}', id="every-kind"),
        pytest.param('{"a":1.7976931348623157e308,"b":-1.7976931348623157e308}', id="biggest-double"),
        pytest.param('{"a":' + str(int(1.7976931348623157e308)) + "}", id="biggest-double-as-integer"),
        pytest.param('{"a":5e-324}', id="smallest-double"),
        pytest.param('{"a":"[[{{' + "[{" * 100 + '"}', id="brackets-in-a-string"),
        pytest.param('{"a":"\\"' + "[{" * 100 + '"}', id="brackets-behind-an-escaped-quote"),
        pytest.param('{"a":[' + ",".join(["{}"] * 1000) + "]}", id="many-but-not-deep"),
        pytest.param(nested(64), id="depth-64"),
        pytest.param(sized(DEFAULT_MAX_BYTES), id="256-KiB"),
        pytest.param(sized(DEFAULT_MAX_BYTES, "é"), id="256-KiB-two-byte-characters"),
        pytest.param(sized(DEFAULT_MAX_BYTES, "😀"), id="256-KiB-four-byte-characters"),
    ],
)
def test_accepted_content_is_kept_verbatim(text: str, form: type) -> None:
    """Accepted content keeps every character, whether given as text or as bytes."""
    content = ConfigContent.parse(text if form is str else text.encode())

    assert text == content.text
    assert text.encode() == bytes(content)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", (None, None, None), id="none"),
        pytest.param(
            '{"deviceName":null,"deviceEntityId":null,"enableOTA":null}', (None, None, None), id="null"
        ),
        pytest.param(
            '{"deviceName":"Lamp","deviceEntityId":"light.lamp","enableOTA":true}',
            ("Lamp", "light.lamp", True),
            id="all",
        ),
        pytest.param('{"enableOTA":false}', (None, None, False), id="false-is-not-none"),
        pytest.param('{"deviceName":""}', ("", None, None), id="empty-is-not-none"),
        pytest.param(r'{"device\u004eame":"L\u0061mp"}', ("Lamp", None, None), id="escaped"),
        pytest.param(
            '{"a":{"deviceName":"Lamp"},"devicename":"x"}', (None, None, None), id="only-at-the-top"
        ),
        pytest.param('{"deviceName":"' + "x" * 255 + '"}', ("x" * 255, None, None), id="255-characters"),
        pytest.param(
            '{"deviceName":"' + "😀" * 255 + '"}', ("😀" * 255, None, None), id="255-beyond-the-bmp"
        ),
        pytest.param(
            '{"deviceEntityId":"' + r"\ud83d\ude00" * 255 + '"}',
            (None, "😀" * 255, None),
            id="255-escaped-pairs",
        ),
    ],
)
def test_derived_fields(text: str, expected: tuple[str | None, str | None, bool | None]) -> None:
    """The derived fields are the decoded values of three top-level members."""
    content = ConfigContent.parse(text)

    assert expected == (content.device_name, content.device_entity_id, content.enable_ota)


@pytest.mark.parametrize(
    ("document", "max_bytes"),
    [
        pytest.param(sized(DEFAULT_MAX_BYTES + 1), None, id="str"),
        pytest.param(sized(DEFAULT_MAX_BYTES + 1).encode(), None, id="bytes"),
        pytest.param(sized(DEFAULT_MAX_BYTES + 1, "é"), None, id="str-two-byte-characters"),
        pytest.param(sized(DEFAULT_MAX_BYTES + 1, "😀").encode(), None, id="bytes-four-byte-characters"),
        pytest.param(sized(1025), 1024, id="other-limit"),
        pytest.param("{" + " " * DEFAULT_MAX_BYTES + "}", None, id="all-spaces"),
        pytest.param("\ud800" * DEFAULT_MAX_BYTES, None, id="too-large-comes-before-any-other-rule"),
    ],
)
def test_larger_than_the_limit(document: str | bytes, max_bytes: int | None) -> None:
    """One byte above the limit is refused, and the refusal names the limit."""
    limit = max_bytes or DEFAULT_MAX_BYTES

    with pytest.raises(ContentTooLarge, match=str(limit)) as refusal:
        ConfigContent.parse(document, limit)

    assert {"max_bytes": limit} == refusal.value.details


def test_etag_is_of_the_bytes_alone() -> None:
    """Equal bytes have the same strong ETag; one additional space changes it."""
    one, same, other = (ConfigContent.parse(text) for text in ('{"a":1}', b'{"a":1}', '{"a": 1}'))

    assert one.etag == same.etag == etag_of(b'{"a":1}')
    assert one.etag != other.etag
    assert '"015abd7f5cc57a2dd94b7590f04ad808"' == one.etag


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", id="arrays"),
        pytest.param('{"a":' * 43_000 + "1" + "}" * 43_000, id="objects"),
        pytest.param("[" * 100_000, id="never-closed"),
    ],
)
def test_hostile_nesting_is_refused_without_recursion(text: str) -> None:
    """A hundred thousand levels are refused as sixty-five are, with the pointer of the first level too deep."""
    with pytest.raises(InvalidDocument, match="nested deeper than 64 levels"):
        ConfigContent.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":[' + "[]," * 70 + '"' + '\\"' * 100_000, id="escaped-quotes-never-closed"),
        pytest.param('{"a":[' + "[]," * 70 + '"' + "\\" * 200_001, id="backslashes-never-closed"),
        pytest.param('{"a":[' + "[]," * 70 + '"",' * 60_000, id="strings-never-closed"),
        pytest.param('{"a":[' + "[]," * 70 + ' "' * 100_001, id="open-strings"),
        pytest.param("{" * 60 + '"' + '\\"[' * 60_000, id="brackets-in-an-open-string"),
    ],
)
@pytest.mark.timeout(10)
def test_hostile_strings_take_linear_time(text: str) -> None:
    """Checking a content within the size limit takes time in proportion to its size."""
    with pytest.raises(InvalidDocument, match=r"not JSON|deeper"):
        ConfigContent.parse(text)
