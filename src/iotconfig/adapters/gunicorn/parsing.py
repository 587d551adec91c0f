"""Parsing of request heads in gunicorn: the compiled parser if it is installed, with the same refusals as the other."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser


class OneVerdictRequest(Request):
    """A request whose refusal does not depend on which parser is installed.

    The compiled parser has its own limits (256 headers, a Content-Length below 2^63) and
    fewer error types. Requests that it refuses are therefore parsed again in Python, which
    decides; `buf` has the bytes read so far.
    """

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


def install() -> None:
    """Make gunicorn use this class, for which it has no setting, and load the compiled parser before the first request."""
    RequestParser.mesg_class = OneVerdictRequest
    with suppress(ImportError):
        import_module("gunicorn_h1c")
