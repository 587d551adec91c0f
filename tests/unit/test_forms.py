"""Multipart forms: parsing during transfer, and refusals."""

from __future__ import annotations

import io

import falcon
import falcon.testing
import pytest

from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.forms import read_form
from iotconfig.domain.errors import ContentTooLarge, IotConfigError, ValidationFailed
from tests.support.forms import BOUNDARY, Field, form, headers_of, part_with

NAMES = ("file", "note")
FILE = Field("file", b"bytes", "a.bin")
NOTE = Field("note", b"text")
MARK = b"\r\n--" + BOUNDARY.encode()


def request(body: bytes, stream: io.IOBase | None = None, content_type: str | None = None) -> falcon.Request:
    headers = headers_of(body)
    if content_type is not None:
        headers["Content-Type"] = content_type
    environ = falcon.testing.create_environ(method="POST", body=body, headers=headers)
    if stream is not None:
        environ["wsgi.input"] = stream
    return falcon.Request(environ)


def read(
    body: bytes, max_bytes: int = 10_000_000, content_type: str | None = None
) -> list[tuple[str, str | None, bytes]]:
    """All parts, each read whole."""
    parts = read_form(request(body, content_type=content_type), NAMES, max_bytes)
    return [(part.name, part.file_name, b"".join(part.blocks())) for part in parts]


def refusal(body: bytes, content_type: str | None = None) -> IotConfigError:
    with pytest.raises(IotConfigError) as refused:
        read(body, content_type=content_type)
    assert str(refused.value).isprintable()
    return refused.value


def test_parts_keep_their_order() -> None:
    """Parts have their names, file names and bytes."""
    assert [("file", "a.bin", b"bytes"), ("note", None, b"text")] == read(form(FILE, NOTE))
    assert [("note", None, b"text"), ("file", "a.bin", b"bytes")] == read(form(NOTE, FILE))
    assert [] == read(form())


@pytest.mark.parametrize("size", [0, 1, *range(32_700, 32_780), 65_535, 65_536, 65_537, 300_000])
def test_sizes_around_the_block_size(size: int) -> None:
    """A boundary that is split between two blocks is found."""
    content = b"x" * size

    assert [("file", "a.bin", content), ("note", None, b"text")] == read(
        form(Field("file", content, "a.bin"), NOTE)
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\r\n", id="line break"),
        pytest.param(b"\r\n" * 40_000, id="many line breaks"),
        pytest.param(b"--", id="dashes"),
        pytest.param(MARK[:-1], id="most of a boundary"),
        pytest.param((MARK[:-1] + b"\0") * 5_000, id="most of many boundaries"),
        pytest.param(BOUNDARY.encode() * 5_000, id="boundaries without a line break"),
        pytest.param(b"\n--" + BOUNDARY.encode(), id="a boundary after half a line break"),
        pytest.param(bytes(range(256)) * 500, id="every byte"),
        pytest.param(b"\0" * 100_000, id="zeros"),
    ],
)
def test_bytes_that_look_like_a_boundary(content: bytes) -> None:
    """Bytes similar to the boundary are content."""
    assert [("file", "a.bin", content), ("note", None, b"text")] == read(
        form(Field("file", content, "a.bin"), NOTE)
    )


def test_preamble_and_epilogue_are_ignored() -> None:
    """RFC 2046 allows text before the first boundary and after the last one."""
    body = b"preamble\r\n" + form(NOTE) + b"epilogue" * 10_000

    assert [("note", None, b"text")] == read(body)


def test_other_headers_of_a_part_are_ignored() -> None:
    """RFC 7578, section 4.8, tells receivers to ignore them."""
    part = part_with(
        [b'content-disposition: form-data; name="note"', b"X-Other: 1", b"Content-Type: text/html"], b"text"
    )

    assert [("note", None, b"text")] == read(form(part))


def test_a_part_may_be_read_up_to_a_limit() -> None:
    """One byte above the limit is refused, whatever follows."""
    for size, limit in ((4, 4), (0, 1)):
        part = next(read_form(request(form(Field("note", b"x" * size))), NAMES, 1000))
        assert b"x" * size == part.content(limit)
    for size in (5, 500_000):
        part = next(read_form(request(form(Field("note", b"x" * size))), NAMES, 1_000_000))
        with pytest.raises(ContentTooLarge, match="The part note is larger than 4 bytes"):
            part.content(4)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        pytest.param(form(FILE, FILE), "The part file was given more than once.", id="twice"),
        pytest.param(form(NOTE, FILE, NOTE), "The part note was given more than once.", id="twice, apart"),
        pytest.param(form(Field("other", b"")), 'The part "other" is unknown: the form accepts file, note.', id="unknown"),
        pytest.param(form(Field("", b"")), 'The part "" is unknown', id="no name"),
        pytest.param(form(Field("File", b"")), 'The part "File" is unknown', id="another case"),
        pytest.param(form(Field("x" * 1000, b"")), "…", id="a long name"),
        pytest.param(form(Field("a\0\u202eb", b"")), r'The part "a\x00\u202eb" is unknown', id="a name not to be printed"),
        pytest.param(form(part_with([b"Content-Type: text/plain"])), 'The part "" is unknown', id="no disposition"),
        pytest.param(form(part_with([])), 'The part "" is unknown', id="no headers"),
        pytest.param(form(Field("\udcff", b"")), "are not UTF-8", id="a name that is not UTF-8"),
        pytest.param(form(part_with([b"X: " + b"x" * 5000])), "incomplete body part headers", id="long headers"),
        pytest.param(
            form(part_with([b'Content-Disposition: form-data; name="note"', b"Content-Transfer-Encoding: base64"])),
            "Content-Transfer-Encoding",
            id="an encoding",
        ),
        pytest.param(
            form(part_with([b"Content-Disposition: form-data; name=file; filename*=no-charset''a.bin"])),
            "no-charset",
            id="an unknown charset",
        ),
        pytest.param(b"no form", "The form is malformed: unexpected form structure.", id="no form"),
        pytest.param(b"{}", "The form is malformed", id="JSON"),
        pytest.param(b"\r\n" * 50_000, "The form is malformed", id="line breaks"),
        pytest.param(FILE.encode(), "The form is malformed: unexpected form structure.", id="no end"),
        pytest.param(FILE.encode() + MARK[2:], "The form is malformed", id="an incomplete end"),
        pytest.param(form(FILE).replace(MARK, MARK[2:]), "The form is malformed", id="no line break before the end"),
        pytest.param(b"--" + BOUNDARY.encode() + b"x\r\n\r\n" + form(), "The form is malformed", id="a longer boundary"),
        pytest.param(b"", "The request has no body: send a form with file, note.", id="empty"),
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused(body: bytes, rule: str) -> None:
    """The refusal is one printable line, with status 400."""
    refused = refusal(body)

    assert isinstance(refused, ValidationFailed)
    assert rule in str(refused)


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("application/json", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/mixed; boundary=x", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/form-data-x; boundary=x", "UNSUPPORTED_MEDIA_TYPE"),
        ("", "UNSUPPORTED_MEDIA_TYPE"),
        ("multipart/form-data", "VALIDATION_FAILED"),
        ("multipart/form-data; boundary=", "VALIDATION_FAILED"),
        ('multipart/form-data; boundary=""', "VALIDATION_FAILED"),
        ("multipart/form-data; boundary=" + "x" * 71, "VALIDATION_FAILED"),
        ("multipart/form-data; boundary=another", "VALIDATION_FAILED"),
        ("multipart/form-data; boundary=\xff", "VALIDATION_FAILED"),
    ],
)
def test_another_media_type_is_refused(content_type: str, code: str) -> None:
    """A media type without a boundary is refused, too."""
    refused = refusal(form(NOTE), content_type=content_type)

    assert code == refused.code


def test_the_media_type_may_be_in_any_case() -> None:
    """The boundary may be quoted."""
    assert [("note", None, b"text")] == read(
        form(NOTE), content_type=f'Multipart/Form-Data; boundary="{BOUNDARY}"'
    )


def test_a_body_without_a_length_is_refused() -> None:
    """It is refused with 411, as other bodies are."""
    environ = falcon.testing.create_environ(
        method="POST",
        headers={"Transfer-Encoding": "chunked", "Content-Type": "multipart/form-data; boundary=x"},
    )
    environ.pop("CONTENT_LENGTH", None)

    with pytest.raises(Refused) as refused:
        next(read_form(falcon.Request(environ), NAMES, 1000))
    assert "LENGTH_REQUIRED" == refused.value.code


class Unread(io.RawIOBase):
    """A body that fails the test if it is read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def test_a_body_beyond_the_limit_is_not_read() -> None:
    """Its Content-Length is enough to refuse it."""
    body = form(NOTE)
    with pytest.raises(ContentTooLarge):
        next(read_form(request(body, Unread()), NAMES, len(body) - 1))
    assert [("note", None, b"text")] == read(body, max_bytes=len(body))


@pytest.mark.parametrize("left", [1, 4, 30, 100])
def test_a_body_that_is_cut_off_is_refused(left: int) -> None:
    """A body shorter than its Content-Length is refused even if the form is complete."""
    body = form(NOTE, Field("file", b"x" * 200, "a.bin"))
    parts = read_form(request(body, io.BytesIO(body[:-left])), NAMES, 1000)

    with pytest.raises(ValidationFailed, match=f"ended after {len(body) - left} of {len(body)} bytes"):
        [b"".join(part.blocks()) for part in parts]
