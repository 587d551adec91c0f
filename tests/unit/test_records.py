"""Streams of records: written records are read back, and broken ones are refused with their position."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iotconfig.adapters.codec import BodyReader, entry_of, record_of
from iotconfig.adapters.fleet_files import records
from iotconfig.adapters.fleet_files.records import is_document, read_document, read_ndjson
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, ExportedConfig
from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, InvalidMacAddress
from iotconfig.testing.builders import content, mac
from tests.support.json_texts import objects

LIMIT = 1000


def ndjson(data: bytes, limit: int = LIMIT) -> list[BulkEntry | BulkRefusal]:
    return list(read_ndjson(io.BytesIO(data), "in", limit))


def document(data: bytes, limit: int = LIMIT) -> list[BulkEntry | BulkRefusal]:
    return list(read_document(io.BytesIO(data), "in", limit))


def line(number: int, text: str = "{}") -> bytes:
    return f'{{"mac_address":"{mac(number)}","content":{text}}}'.encode()


def reasons(items: list[BulkEntry | BulkRefusal]) -> list[str]:
    return [str(item.error) for item in items if isinstance(item, BulkRefusal)]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{ "a" : 1.10 }',
        ' {"a":1}',
        '{"a":1}\t',
        '{\n  "a": 1\n}\n',
        '{\r\n"a":1}',
        '{"a":1}\r',
        '\r{"a":1}',
        '{"a":"\u2028\u0085\x7f"}',
        '{"a":"\\n\\u00e9\\ud83d\\ude00 \\\\"}',
    ],
)
def test_a_record_gives_its_content_back(text: str) -> None:
    """A record is one line, and gives back the bytes of its content with any white space."""
    record = record_of(ExportedConfig(mac(1), text))

    assert BulkEntry("here", mac(1), content(text)) == entry_of(record.encode(), "here")
    assert [record] == record.splitlines() or {"\u2028", "\u0085"} & set(record)
    assert "\n" not in record
    assert "\r" not in record


@settings(max_examples=60)
@given(texts=st.lists(objects(), max_size=4))
def test_any_contents_come_back_from_ndjson(texts: list[str]) -> None:
    """An export that is imported gives identical bytes for any accepted content."""
    data = "".join(f"{record_of(ExportedConfig(mac(n), text))}\n" for n, text in enumerate(texts)).encode()

    assert [BulkEntry(f"in:{n + 1}", mac(n), content(text)) for n, text in enumerate(texts)] == ndjson(
        data, 100_000
    )


# The block's size is a test's own, not an example's.
@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts=st.lists(objects(), max_size=3), space=st.sampled_from([" ", "\n", "\r\n\t "]))
def test_any_contents_come_back_from_a_document(
    monkeypatch: pytest.MonkeyPatch, block: int, texts: list[str], space: str
) -> None:
    """The records do not depend on where the blocks of the stream end, be it inside an escape or a character."""
    monkeypatch.setattr(records, "_BLOCK", block)
    stripped = [text.strip() for text in texts]
    elements = f"{space},{space}".join(line(n, text).decode() for n, text in enumerate(stripped))
    data = f'{space}{{{space}"configs"{space}:{space}[{space}{elements}{space}]{space}}}{space}'.encode()

    assert is_document(data)
    assert [(mac(n), content(text)) for n, text in enumerate(stripped)] == [
        (item.mac_address, item.content) for item in document(data, 100_000) if isinstance(item, BulkEntry)
    ]
    assert [] == reasons(document(data, 100_000))


def test_a_record_may_have_the_revision_of_its_config() -> None:
    """It is refused where the config is at another one; null is any."""
    written = [record_of(ExportedConfig(mac(1), text), 7).encode() for text in ('{"a": 1}', '{\n"a":1}')]

    assert [
        BulkEntry(f"in:{n}", mac(1), content('{"a": 1}' if n == 1 else '{\n"a":1}'), 7) for n in (1, 2)
    ] == (ndjson(b"\n".join(written)))
    assert [BulkEntry("in:1", mac(1), content())] == ndjson(line(1)[:-1] + b', "if_revision": null}')


def test_positions_are_line_numbers() -> None:
    """A position is the stream's name and a line from 1; in a document, the line where the record begins."""
    text = b'{"configs": [\n' + line(1) + b",\n\n" + line(2, '{\n"a":1}') + b"," + line(3) + b"\n]}\n"

    assert ["in:1", "in:3"] == [item.place for item in ndjson(line(1) + b"\n\n" + line(2))]
    assert ["in:2", "in:4", "in:5"] == [item.place for item in document(text)]


def test_blank_lines_are_skipped() -> None:
    """Empty lines, spaces and CRLF line ends are not records; an empty stream has none."""
    assert ["in:2", "in:5"] == [
        item.place for item in ndjson(b"\r\n" + line(1) + b"\r\n \t\n\n" + line(2) + b"\n\n")
    ]
    assert [] == ndjson(b"") == ndjson(b"\n \n")


@pytest.mark.parametrize(
    ("record", "error", "reason"),
    [
        pytest.param(b"nonsense\n", InvalidDocument, "not JSON", id="no JSON"),
        pytest.param(b"[]\n", InvalidDocument, "expected a JSON object", id="array"),
        pytest.param(b"{}\n", InvalidDocument, "At /mac_address: .*required", id="empty object"),
        pytest.param(b'{"mac_address":"020000000001"}\n', InvalidDocument, "At /content", id="no content"),
        pytest.param(
            b'{"mac_address":1,"content":{}}\n', InvalidDocument, "a string", id="MAC of a wrong kind"
        ),
        pytest.param(b'{"mac_address":"x","content":{}}\n', InvalidMacAddress, "invalid format", id="no MAC"),
        pytest.param(line(1, "[]") + b"\n", InvalidDocument, "At /content", id="content is an array"),
        pytest.param(
            line(1, '"[]"') + b"\n", InvalidDocument, "At /content", id="content is a string of one"
        ),
        pytest.param(line(1, '{"a":[1e999]}') + b"\n", InvalidDocument, "At /content/a/0", id="number"),
        pytest.param(line(1, '{"a":1,"a":1}') + b"\n", InvalidDocument, "twice", id="duplicate in content"),
        pytest.param(line(1, "{}") + line(2) + b"\n", InvalidDocument, "not JSON", id="two on a line"),
        pytest.param(line(1)[:-1] + b',"x":1}\n', InvalidDocument, "unknown member", id="unknown member"),
        pytest.param(
            line(1)[:-1] + b',"if_revision":1.5}\n',
            InvalidDocument,
            "At /if_revision: expected a whole",
            id="revision",
        ),
        pytest.param(line(1)[:-1] + b',"content":{}}\n', InvalidDocument, "twice", id="duplicate member"),
        pytest.param(b"\xef\xbb\xbf" + line(1) + b"\n", InvalidDocument, "byte order mark", id="BOM"),
        pytest.param(line(1, '"\xff"') + b"\xff\n", InvalidDocument, "not UTF-8", id="not UTF-8"),
        pytest.param(
            line(1, json.dumps({"a": "x" * LIMIT})) + b"\n", ContentTooLarge, "content is larger", id="size"
        ),
    ],
)
def test_a_broken_line_is_refused_and_the_next_one_read(
    record: bytes, error: type[Exception], reason: str
) -> None:
    """A refusal names the line and the reason, and does not affect other lines."""
    before, refused, after = ndjson(line(8) + b"\n" + record + line(9) + b"\n")

    assert isinstance(refused, BulkRefusal)
    assert "in:2" == refused.place
    assert isinstance(refused.error, error)
    with pytest.raises(error, match=reason):
        raise refused.error
    assert [BulkEntry("in:1", mac(8), content()), BulkEntry("in:3", mac(9), content())] == [before, after]


def test_a_last_line_may_end_without_a_line_break() -> None:
    """Many editors omit it; a complete record is accepted."""
    assert [BulkEntry("in:1", mac(1), content())] == ndjson(line(1))


def test_a_line_cut_at_any_byte_is_refused() -> None:
    """A truncated record is never accepted."""
    whole = line(1, '{"a":"é\\"}","b":[{"c":1}]}')
    for end in range(1, len(whole)):
        items = ndjson(line(8) + b"\n" + whole[:end])

        assert [BulkEntry, BulkRefusal] == [type(item) for item in items], whole[:end]
        assert "in:2" == items[1].place


def test_a_cut_line_says_that_it_may_have_been_cut() -> None:
    """The reason mentions that the line has no end."""
    assert "may have been cut off" in reasons(ndjson(line(1)[:-4]))[0]
    assert "cut off" not in reasons(ndjson(line(1)[:-4] + b"\n"))[0]


class MeteredStream(io.BytesIO):
    """A stream that records the largest read."""

    most = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size if size is not None and size >= 0 else 10**12)
        return super().readline(size)

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size if size is not None and size >= 0 else 10**12)
        return super().read(size)


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_a_line_that_is_too_long_is_refused_without_being_held(ending: bytes) -> None:
    """No read is larger than the maximum record or a block; the following lines are read."""
    limit = BodyReader(LIMIT).max_body_bytes
    stream = MeteredStream(line(1) + b"\n" + b"x" * (limit * 50) + ending + (line(2) if ending else b""))
    items = list(read_ndjson(stream, "in", LIMIT))

    assert ["The record is larger than 10096 bytes."] == reasons(items)
    assert ["in:1", "in:2", "in:3"][: 3 if ending else 2] == [item.place for item in items]
    assert max(limit + 1, records._BLOCK) >= stream.most


@pytest.mark.parametrize("begin", ['{"a":"', '{"a":"\\"\\\\', '{"a":[', "{" + '"a":{' * 50])
def test_a_record_of_a_document_that_is_too_long_ends_it(begin: str) -> None:
    """The end of the record is unknown, so one refusal ends the document, without more memory."""
    stream = MeteredStream(b'{"configs":[' + line(1) + b",\n" + begin.encode() + b" " * 5_000_000)
    items = list(read_document(stream, "in", LIMIT))

    assert [BulkEntry, BulkRefusal] == [type(item) for item in items]
    assert "in:2" == items[1].place
    assert ["The record is larger than 10096 bytes."] == reasons(items)
    assert stream.tell() <= 3 * records._BLOCK


def test_a_document_cut_at_any_byte_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records before the cut are read, and the last refusal is about the document."""
    monkeypatch.setattr(records, "_BLOCK", 16)
    first, second = line(1, '{"a":"\\\\\\"]}"}'), line(2, "{}")
    whole = b'{"configs":[' + first + b"," + second + b"]}"
    ends = [12 + len(first), 13 + len(first) + len(second)]
    for end in range(len(whole)):
        items = document(whole[:end])

        assert sum(end >= position for position in ends) == len(items) - 1, whole[:end]
        assert [BulkRefusal] == [type(item) for item in items[-1:]]
    assert [BulkEntry, BulkEntry] == [type(item) for item in document(whole)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"configs":[]}x', r"expected the end, found 'x'"),
        ('{"configs":[],"more":1}', r"expected }, found ','"),
        ('{"configs":[{},]}', "expected {, found ']'"),
        ('{"configs":[1]}', "expected { or ], found '1'"),
        ('{"configs":[{} {}]}', "expected , or ], found '{'"),
        ('{"configs":[]', "found the end"),
        ("\ufeff" + '{"configs":[]}', "must begin with"),
        ('{"other":[]}', "must begin with"),
        ("", "must begin with"),
    ],
)
def test_a_broken_document_is_refused(text: str, reason: str) -> None:
    """The last refusal names the expected and the actual token."""
    assert reason in reasons(document(text.encode()))[-1]


def test_a_broken_record_of_a_document_is_refused_alone() -> None:
    """Invalid content of a complete record does not affect the other records."""
    items = document(b'{"configs":[' + line(1) + b',\n{"mac_address":[}},\n' + line(2) + b"]}")

    assert [BulkEntry, BulkRefusal, BulkEntry] == [type(item) for item in items]
    assert ["in:1", "in:2", "in:3"] == [item.place for item in items]


@pytest.mark.parametrize("read", [read_ndjson, read_document])
def test_records_are_read_incrementally(
    read: Callable[[io.BytesIO, str, int], Iterator[BulkEntry | BulkRefusal]],
) -> None:
    """The first record is returned before the rest of the stream is read."""
    separator, head = (b"\n", b"") if read is read_ndjson else (b",", b'{"configs":[')
    stream = io.BytesIO(head + separator.join(line(n) for n in range(20_000)))
    first = next(read(stream, "in", LIMIT))

    assert isinstance(first, BulkEntry)
    assert stream.tell() <= records._BLOCK


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"configs":[', True),
        (b' \r\n{\t"configs" : [ {', True),
        (b'{"configs":{', False),
        (b'{"mac_address":', False),
        (b'\xef\xbb\xbf{"configs":[', False),
        (b"", False),
        (b" " * 1024 + b'{"configs":[', False),
    ],
)
def test_a_document_is_detected_by_its_beginning(head: bytes, *, expected: bool) -> None:
    """All other streams are NDJSON, whose reader names the defects."""
    assert expected is is_document(head)
