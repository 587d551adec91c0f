"""A client of a WSGI application in the process of the test."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication
from wsgiref.validate import validator

from attrs import field, frozen

from .http import Answer, Caller


@frozen
class WsgiClient(Caller):
    """Calls a WSGI application as gunicorn does; each call checks both sides against PEP 3333.

    Target and headers are passed unchanged, so that a test can send requests that no client library would.
    """

    app: WSGIApplication = field(converter=validator)
    host: str = "127.0.0.1:8080"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}"

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        errors, begun = StringIO(), _Begun()
        environ = self._environ(method, path, body, headers or {}) | {"wsgi.errors": errors}
        parts = self.app(environ, begun)
        with closing(parts):  # type: ignore[type-var] # the validator's iterator can be closed
            content = b"".join(parts)
        assert "" == errors.getvalue()
        assert begun.status
        # As gunicorn does, whatever the application says.
        no_content = method == "HEAD" or begun.status[:3] in ("204", "304")
        return Answer.of(int(begun.status[:3]), begun.headers, b"" if no_content else content)

    def _environ(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        path, _, query = target.partition("?")
        sent = {"Host": self.host, "Accept-Encoding": "identity", **headers}
        names = {name.lower() for name in sent}
        if not names & {"content-length", "transfer-encoding"} and (
            body is not None or method in ("POST", "PUT", "PATCH")
        ):
            sent["Content-Length"] = str(len(body or b""))
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": "50000",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body or b""),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in sent.items():
            key = name.upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            environ[key] = value.strip(" \t")
        return environ


class _Begun:
    """`start_response`: records the status and the headers."""

    status: str = ""

    def __call__(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
        self.status, self.headers = status, headers
        return lambda _data: None
