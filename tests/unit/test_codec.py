"""Request bodies and answers: one spelling, with content verbatim both ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import frozen

from iotconfig.adapters.codec import BodyReader, RawJson, answer, rfc3339, to_json
from iotconfig.domain.configs.config import Config
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, InvalidMacAddress
from iotconfig.domain.mac import MacAddress

from .test_content import nested, sized

MAC = "02:00:00:00:00:01"
VERBATIM = r'{ "b" : 1.10, "a":[1E2, -0],' + "\t" + r'"deviceName":"K\u00fcche" }'


@frozen
class Body:
    """A body declared as the routes declare theirs."""

    mac_address: MacAddress
    content: ConfigContent


def read(body: str) -> Body:
    return BodyReader().read(body.encode(), Body)


def spelled(content: str, *, as_string: bool) -> str:
    return json.dumps(content) if as_string else content


FORMS = pytest.mark.parametrize("as_string", [False, True], ids=["object", "string"])


@FORMS
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(VERBATIM, id="spellings"),
        pytest.param("{}", id="empty"),
        pytest.param('{"a":"😀\\ud83d\\ude00"}', id="beyond-the-bmp"),
        pytest.param(nested(64), id="depth-64"),
        pytest.param(sized(DEFAULT_MAX_BYTES), id="256-KiB"),
    ],
)
def test_content_is_read_verbatim_in_both_forms(content: str, as_string: bool) -> None:
    """An object in the body and a string that contains it give the same content, character by character."""
    body = read(f' {{"content" :\n{spelled(content, as_string=as_string)} , "mac_address":"{MAC}"}}\r\n')

    assert Body(MacAddress(MAC), ConfigContent.parse(content)) == body


def test_a_string_may_hold_space_around_the_object() -> None:
    """White space around the object in a string is part of the content."""
    content = read(f'{{"mac_address":"{MAC}","content":" {{}}\\n"}}').content

    assert " {}\n" == content.text


def test_every_byte_of_the_largest_content_may_be_escaped() -> None:
    """The limit of a body admits content of the maximum size in which every character is escaped."""
    reader = BodyReader(1024)
    escaped = "".join(f"\\u{ord(c):04x}" for c in sized(1024))
    body = f'{{"content":"{escaped}","mac_address":"{MAC}"}}'.encode()

    assert 6 * 1024 + 4096 == reader.max_body_bytes
    assert len(body) <= reader.max_body_bytes
    assert sized(1024) == reader.read(body, Body).content.text


@FORMS
@pytest.mark.parametrize(
    ("content", "pointer", "rule"),
    [
        pytest.param('{"a":1,"a":1}', "/content/a", "has this member name twice", id="duplicate"),
        pytest.param('{"x":[1e999]}', "/content/x/0", "double", id="number"),
        pytest.param('{"x":[' + "9" * 5000 + "]}", "/content/x/0", "double", id="5000-digits"),
        pytest.param(r'{"x":"\ud800"}', "/content/x", "lone surrogate", id="surrogate"),
        pytest.param(r'{"x":"\u0000"}', "/content/x", "u0000", id="nul"),
        pytest.param(nested(65), "/content/a" + "/0" * 63, "deeper than", id="depth-65"),
        pytest.param('{"deviceName":1}', "/content/deviceName", "string or null", id="name"),
        pytest.param('{"enableOTA":0}', "/content/enableOTA", "boolean or null", id="ota"),
    ],
)
def test_pointers_start_at_the_top_of_the_body(
    content: str, pointer: str, rule: str, as_string: bool
) -> None:
    """A refusal of content has a JSON Pointer from the top of the body, in both forms."""
    with pytest.raises(InvalidDocument, match=rule) as refusal:
        read(f'{{"mac_address":"{MAC}","content":{spelled(content, as_string=as_string)}}}')

    assert {"pointer": pointer} == refusal.value.details


@pytest.mark.parametrize(
    ("body", "details", "rule"),
    [
        pytest.param("[]", {"pointer": ""}, "found an array", id="array"),
        pytest.param('"x"', {"pointer": ""}, "found a string", id="string"),
        pytest.param("5", {"pointer": ""}, "found a number", id="number"),
        pytest.param("null", {"pointer": ""}, "found null", id="null"),
        pytest.param("", {"line": 1, "column": 1}, "not JSON", id="empty"),
        pytest.param('{"content":', {"line": 1, "column": 12}, "not JSON", id="cut-short"),
        pytest.param("{}", {"pointer": "/mac_address"}, "required", id="all-missing"),
        pytest.param(f'{{"mac_address":"{MAC}"}}', {"pointer": "/content"}, "required", id="content-missing"),
        pytest.param('{"content":{}}', {"pointer": "/mac_address"}, "required", id="mac-address-missing"),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":{{}},"x":1}}', {"pointer": "/x"}, "unknown", id="unknown"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":{{}},"a/b~":1}}',
            {"pointer": "/a~1b~0"},
            "unknown",
            id="unknown-escaped",
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","Content":{{}}}}', {"pointer": "/Content"}, "unknown", id="other-case"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":{{}},"content":{{}}}}',
            {"pointer": "/content"},
            "twice",
            id="duplicate",
        ),
        pytest.param(
            '{"mac_address":5,"content":{}}', {"pointer": "/mac_address"}, "a number", id="mac-number"
        ),
        pytest.param('{"mac_address":null,"content":{}}', {"pointer": "/mac_address"}, "null", id="mac-null"),
        pytest.param(
            '{"mac_address":{},"content":{}}', {"pointer": "/mac_address"}, "object", id="mac-object"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":[]}}', {"pointer": "/content"}, "array", id="c-array"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":5}}', {"pointer": "/content"}, "number", id="c-number"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":null}}', {"pointer": "/content"}, "null", id="c-null"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":true}}', {"pointer": "/content"}, "boolean", id="c-boolean"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":"[]"}}', {"pointer": "/content"}, "array", id="c-s-array"
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":"\\"{{}}\\""}}',
            {"pointer": "/content"},
            "string",
            id="c-s-string",
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":"{{\\n\\"a\\":}}"}}',
            {"line": 2, "column": 5, "within": "/content"},
            "In /content, line 2",
            id="c-s-no-json",
        ),
        pytest.param(
            f'{{"mac_address":"{MAC}","content":""}}',
            {"line": 1, "column": 1, "within": "/content"},
            "In /content",
            id="c-s-empty",
        ),
        pytest.param("[" * 100_000, {"pointer": "/0" * 65}, "deeper", id="100000-levels"),
    ],
)
def test_bodies_that_are_refused(body: str, details: dict[str, object], rule: str) -> None:
    """A body that differs from its declaration is refused whole, with a JSON Pointer."""
    with pytest.raises(InvalidDocument, match=rule) as refusal:
        read(body)

    assert details == refusal.value.details


def test_a_bad_mac_address_is_its_own_error() -> None:
    """An invalid MAC address is an invalid operation, not a validation error."""
    with pytest.raises(InvalidMacAddress, match="invalid format"):
        read('{"mac_address":"02:00-00:00:00:01","content":{}}')


@FORMS
def test_content_above_the_limit(as_string: bool) -> None:
    """The limit counts the bytes of the content, not of the body."""
    content = spelled(sized(1025), as_string=as_string)

    with pytest.raises(ContentTooLarge, match="1024"):
        BodyReader(1024).read(f'{{"mac_address":"{MAC}","content":{content}}}'.encode(), Body)


def a_config() -> Config:
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Config(
        id=2**63 - 1,
        mac_address=MacAddress(MAC),
        content=ConfigContent.parse(VERBATIM),
        revision=4,
        created_at=created,
        updated_at=created + timedelta(microseconds=123),
        change="0123456789abcdef",
    )


def test_a_config_is_rendered_with_its_content_spliced_in() -> None:
    """The answer is JSON whose `content` has the exact stored characters."""
    config = a_config()
    rendered = to_json(config)

    assert f'"content": {VERBATIM}, ' in rendered
    assert {
        "id": 2**63 - 1,
        "mac_address": MAC,
        "device_name": "Küche",
        "device_entity_id": None,
        "enable_ota": None,
        "revision": 4,
        "etag": config.content.etag,
        "content": json.loads(VERBATIM),
        "created_at": "2026-01-02T03:04:05.000000Z",
        "updated_at": "2026-01-02T03:04:05.000123Z",
        "change": "0123456789abcdef",
        "tags": [],
        "note": None,
        "model": None,
    } == json.loads(rendered)


def test_lists_are_rendered_without_content() -> None:
    """A dictionary of summaries and plain values is one JSON object."""
    rendered = json.loads(to_json({"configs": (a_config().summary(),), "count": 1, "next": None}))

    assert [1, None, MAC] == [rendered["count"], rendered["next"], rendered["configs"][0]["mac_address"]]
    assert "content" not in rendered["configs"][0]


def test_an_entity_inside_a_dictionary_keeps_its_content() -> None:
    """A config inside another value is written the same way: its content is an object, verbatim."""
    config = a_config()

    assert f'{{"config": {to_json(config)}}}' == to_json({"config": config})


def test_configs_in_a_list_keep_their_content() -> None:
    """Content is verbatim wherever it stands in an answer."""
    config = a_config()

    assert f'{{"configs": [{to_json(config)}, {to_json(config)}]}}' == to_json({"configs": [config, config]})


def test_a_value_without_json_is_refused() -> None:
    """It has no hook in the converter."""
    with pytest.raises(TypeError, match="set has no JSON"):
        to_json({"names": [{1}]})


def test_raw_json_is_written_unchanged() -> None:
    """`RawJson` is neither quoted nor reformatted."""
    assert '{"a": [1.10 ]}' == to_json({"a": RawJson("[1.10 ]")})


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00.000000Z", id="utc"),
        pytest.param(
            datetime(2026, 1, 2, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T23:30:00.000000Z",
            id="other-zone",
        ),
    ],
)
def test_times_are_rfc_3339_in_utc(moment: datetime, expected: str) -> None:
    """Times are written in UTC, with `Z` and microseconds."""
    assert expected == rfc3339(moment)


@answer
@frozen
class Compared:
    """An answer with a member whose name is a Python keyword, and with an optional member."""

    from_: int | None
    more: int | None = None


def test_an_answer_is_written_by_its_class() -> None:
    """A null member without a default is written; `from_` is written as `from`."""
    assert ({"from": None}, {"from": 1, "more": 2}) == (
        json.loads(to_json(Compared(None))),
        json.loads(to_json(Compared(1, 2))),
    )
