"""gunicorn's Python parser and its compiled parser agree about each request."""

from __future__ import annotations

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader

from iotconfig.adapters.gunicorn.parsing import OneVerdictRequest
from iotconfig.adapters.gunicorn.worker import OPTIONS

pytest.importorskip("gunicorn_h1c")

GOOD = b"POST /api/configs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"

INSERTED = [
    b" ", b"  ", b"\t", b"\r", b"\n", b"\r\n", b"\r\n ", b"\0", b"\x0b", b"\x7f", b"\x80", b"\xff", b":", b",", b"+", b"-",
    b"_", b"#", b"?", b"%", b'"', b"a", b"9" * 30, b"HTTP/1.0", b"HTTP/2.0", b"http://a/b", b"//x//y",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: Chunked\r\n", b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: chunked, gzip\r\n", b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding : chunked\r\n", b"Transfer_Encoding: chunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding: chunked\r\n\tx\r\n", b"Content-Length: 2\r\n", b"Content-Length: 3\r\n", b"Content-Length: +2\r\n",
    b"Content-Length: 2, 2\r\n", b"Content-Length:\r\n", b"content-length: 02\r\n", b"Content-Length: \xb2\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive, close\r\n", b"Expect: 100-continue\r\n", b"Expect: x\r\n",
    b"X-Forwarded-Proto: https\r\n", b"X-Forwarded-Proto: https\r\nX-Forwarded-SSL: off\r\n", b"SCRIPT_NAME: /x\r\n",
    b"Upgrade: h2c\r\n", b"N: 1\r\n" * 101, b"N: 1\r\n" * 300, b"N: " + b"a" * 9000 + b"\r\n",
]  # fmt: skip


def config(parser: str) -> Config:
    """gunicorn's settings as the service has them, with this parser."""
    config = Config()
    for name, value in {**OPTIONS, "http_parser": parser}.items():
        config.set(name, value)
    return config


PYTHON, COMPILED = config("python"), config("fast")


def verdict(kind: type[Any], config: Config, data: bytes) -> tuple[Any, ...] | None:
    """The parsed request; None if it is refused or incomplete."""
    try:
        found = kind(config, IterUnreader([data]), ("127.0.0.1", 1))
    except (ParseException, NoMoreData):
        return None
    reader = found.body.reader
    return (
        found.method, found.uri, found.path, found.query, found.version, tuple(found.headers), found.should_close(),
        type(reader), getattr(reader, "length", None), found.unreader.buf.getvalue(),
    )  # fmt: skip


def expect_one_verdict(data: bytes) -> None:
    assert verdict(Request, PYTHON, data) == verdict(OneVerdictRequest, COMPILED, data), data


@pytest.mark.parametrize("inserted", INSERTED, ids=lambda data: repr(data[:30]))
def test_both_parsers_agree_about_inserted_bytes(inserted: bytes) -> None:
    """Bytes are inserted at each position of a request."""
    for place in range(len(GOOD) - 2):
        expect_one_verdict(GOOD[:place] + inserted + GOOD[place:])


@pytest.mark.parametrize("length", [1, 2])
def test_both_parsers_agree_about_missing_bytes(length: int) -> None:
    """Each byte, and each pair of bytes, is removed."""
    for place in range(len(GOOD) - 4):
        expect_one_verdict(GOOD[:place] + GOOD[place + length :])


CONTROLS = [bytes([code]) for code in (*range(0x20), 0x7F) if code != ord("\t")]
DANGEROUS = (b"\0", b"\r", b"\n")
FETCH = b"GET /api/configs/x.json HTTP/1.1\r\nHost: x\r\n%b: %b\r\nN: 1\r\n\r\n"


@pytest.mark.parametrize("parser", [PYTHON, COMPILED], ids=["python", "compiled"])
@pytest.mark.parametrize("control", CONTROLS, ids=repr)
def test_a_control_character_in_a_header_of_devices(parser: Config, control: bytes) -> None:
    """It makes the value invalid, not the request; NUL, CR and LF are refused, and so are all of them elsewhere."""
    for name in (b"Config-Report", b"if-none-match"):
        for place in range(4):
            value = b"abc"[:place] + control + b"abc"[place:]
            found = verdict(OneVerdictRequest, parser, FETCH % (name, value))
            expected = (name.decode().upper(), value.replace(control, b"\xff").decode("latin-1"))
            if control in DANGEROUS:
                assert found is None
            else:
                assert found is not None
                assert [("HOST", "x"), expected, ("N", "1")] == list(found[5])
    for other in (b"X-Config-Report", b"Config-Report-X", b"Host", b"Content-Length", b"N: 1\nConfig-Report"):
        assert verdict(OneVerdictRequest, parser, FETCH % (other, b"a" + control)) is None
    assert verdict(OneVerdictRequest, parser, FETCH % (b"N: \x01\r\nConfig-Report", control)) is None


@pytest.mark.parametrize("parser", [PYTHON, COMPILED], ids=["python", "compiled"])
@pytest.mark.parametrize(
    "head",
    [
        b"Config-Report : \x01",
        b"Config-Report: a\r\n \x01",
        b"Config-Report\x01: a",
        b"Config-Report: \x01\r\nContent-Length: 1\r\nContent-Length: 2",
        b"Config-Report: \x01\0",
        b"Config-Report: \x01\n",
        b"Config-Report: \x01\r",
        b"Config-Report: \x01" + b"a" * 8200,
    ],
)
def test_a_control_character_hides_no_other_fault(parser: Config, head: bytes) -> None:
    """Framing, names, folded lines and limits are checked as without it."""
    assert verdict(OneVerdictRequest, parser, b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n") is None
