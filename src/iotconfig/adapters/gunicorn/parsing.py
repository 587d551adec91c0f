"""Parsing of request heads in gunicorn: the compiled parser if it is installed, with the same refusals as the other."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from iotconfig.adapters.http.api.fetches import REPORT

# NUL, CR and LF are not among them: RFC 9110, section 5.5, lets a server keep the others only, because parsers in front
# of it can take these three for the end of a line, and so for the begin of another request.
_CONTROLS: Final = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OF_DEVICES: Final = re.compile(
    rf"(?:\A|\r\n)(?:{re.escape(REPORT)}|If-None-Match):[^\r\n]*".encode(), re.IGNORECASE
)
_IN_NO_VALUE: Final = b"\xff"
"""A byte that a header may have, and no report and no ETag of ours has."""


class OneVerdictRequest(Request):
    """A request whose refusal does not depend on which parser is installed.

    The compiled parser has its own limits (256 headers, a Content-Length below 2^63) and
    fewer error types. Requests that it refuses are therefore parsed again in Python, which
    decides; `buf` has the bytes read so far.

    A control character in `Config-Report` or `If-None-Match` makes the value of this header invalid, and not the request:
    devices fill them from their flash, and a damaged value must not cost a device its document.
    """

    def parse_headers(self, data: Any, from_trailer: bool = False) -> Any:  # noqa: FBT001 - gunicorn's signature
        try:
            return super().parse_headers(data, from_trailer)
        except InvalidHeader:
            mended = data if from_trailer else _OF_DEVICES.sub(_without_controls, data)
            if mended == data:
                raise
            return super().parse_headers(mended)

    def _parse_fast(self, unreader: Any, buf: bytearray) -> Any:
        try:
            rest = super()._parse_fast(unreader, buf)
        except (LimitRequestLine, LimitRequestHeaders):
            raise
        except ParseException:
            return self._parse_python(unreader, buf)
        # It accepts several spaces between the parts of the first line (RFC 9112, section 3).
        line = f"{self.method} {self.uri} HTTP/".encode("latin-1")
        return (
            rest
            if buf.startswith(line, 2 if buf.startswith(b"\r\n") else 0)
            else self._parse_python(unreader, buf)
        )


def _without_controls(header: re.Match[bytes]) -> bytes:
    return _CONTROLS.sub(_IN_NO_VALUE, header[0])


def install() -> None:
    """Make gunicorn use this class, for which it has no setting, and load the compiled parser before the first request."""
    RequestParser.mesg_class = OneVerdictRequest
    with suppress(ImportError):
        import_module("gunicorn_h1c")
