"""gunicorn's gevent worker, with deadlines for clients and with problems for error pages."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from typing import Any, ClassVar, Final

import falcon
import gevent
from gevent import get_hub
from gunicorn.glogging import Logger
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from iotconfig.adapters.http.problems import problem
from iotconfig.adapters.networks import Network
from iotconfig.adapters.telemetry import UNMATCHED, Answered, Observer

from . import parsing
from .connection_limit import DEFAULT_PER_ADDRESS
from .deadlines import Deadlines, DeadlineSocket, HeadersTooSlow
from .open_connections import OpenConnections

log = logging.getLogger(__name__)

_PARSE_PROBLEMS = {
    LimitRequestLine: (414, "The first line of the request is too long."),
    LimitRequestHeaders: (431, "The headers of the request are too long or too many."),
}


OPTIONS: Final = {
    # No header may change the path of a request.
    "forwarder_headers": "",
    # BASEURL states the scheme. With these headers, gunicorn would refuse requests whose proxies disagree.
    "secure_scheme_headers": {},
    "sendfile": False,
}
"""gunicorn's settings for reading and answering requests that differ from its defaults."""

_TOO_MANY = "Too many open connections from this address: close some."
_FILLED = 90
"""Percent of a worker's connections that may be in use; the rest lets it accept while others are closed."""


class ProcessLogger(Logger):
    """gunicorn's logger, which writes to the log of the process."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True


class DeadlineWorker(GeventWorker):
    """Serves each connection in a greenlet and enforces `deadlines`."""

    deadlines: ClassVar[Deadlines] = Deadlines()
    observers: ClassVar[Sequence[Observer]] = ()
    connections_per_address: ClassVar[int] = DEFAULT_PER_ADDRESS
    proxies: ClassVar[Sequence[Network]] = ()
    """Networks of trusted proxies, whose connections are not counted: they may carry many clients."""

    at_stop: ClassVar[Sequence[Callable[[], None]]] = ()
    """Called when the worker has to stop: each ends answers that would otherwise go on."""

    def prepare(self) -> None:
        """Be ready to handle connections."""
        most_in_all = self.worker_connections * _FILLED // 100
        self._open = OpenConnections(self.connections_per_address, most_in_all, self.proxies)
        parsing.install()

    def init_process(self) -> None:
        # gevent would print the error, in many lines, with its message.
        setattr(get_hub(), "print_exception", _log_greenlet)  # noqa: B010 - mypy has methods assigned in no other way
        self.prepare()
        super().init_process()

    def handle_exit(self, sig: Any, frame: Any) -> None:
        super().handle_exit(sig, frame)
        for end in self.at_stop:
            # A signal is handled in gevent's hub, which must not wait for a lock.
            gevent.spawn(end)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        connection = DeadlineSocket(client, self.deadlines, self)
        source = self._open.source(addr)
        if source is None:
            super().handle(listener, connection, addr)
        elif self._open.admit(source, connection):
            try:
                super().handle(listener, connection, addr)
            finally:
                self._open.leave(source, connection)
        else:
            with closing(connection):
                self._refuse(connection, "TOO_MANY_REQUESTS", _TOO_MANY, 429, retry_after=1)

    timeout_ctx = staticmethod(nullcontext)
    """The context in which gunicorn waits for a request: the socket limits the wait."""

    def handle_request(self, listener_name: Any, req: Any, sock: DeadlineSocket, addr: Any) -> None:
        if _lists_close(req):
            req.force_close()
        # gunicorn sends the head of an answer, and then its body.
        sock.holds_head = True
        # A chunked body has no length; it is never read.
        length = getattr(req.body.reader, "length", None)
        if length == 0:
            super().handle_request(listener_name, req, sock, addr)
        else:
            sock.expect_body(length or 0)
            self._handle_request_with_body(listener_name, req, sock, addr)
        sock.expect_request()

    def _handle_request_with_body(
        self, listener_name: Any, req: Any, sock: DeadlineSocket, addr: Any
    ) -> None:
        # Evaluated when the headers of the answer are written. Otherwise gunicorn would read the rest of a
        # refused body, however long, to find the next request.
        asked_to_close = req.should_close
        req.should_close = lambda: asked_to_close() or _has_unread_body(req)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            if _has_unread_body(req):
                sock.linger()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        if isinstance(exc, HeadersTooSlow):
            self._refuse(client, "REQUEST_TIMEOUT", "The request's headers did not arrive in time.", 408)
        elif isinstance(exc, ParseException):
            status, sentence = _PARSE_PROBLEMS.get(type(exc), (400, "The request is not well-formed HTTP."))
            self._refuse(client, "VALIDATION_FAILED", sentence, status)
        else:
            request_id = uuid.uuid4().hex
            log.error("a connection failed", exc_info=exc, extra={"fields": {"request_id": request_id}})
            self._refuse(client, "INTERNAL_ERROR", "The service failed to answer.", 500, request_id)

    def _refuse(
        self,
        client: DeadlineSocket,
        code: str,
        sentence: str,
        status: int,
        request_id: str = "",
        retry_after: int = 0,
    ) -> None:
        request_id = request_id or uuid.uuid4().hex
        _, body = problem(code, sentence, {}, request_id, status)
        head = (
            f"HTTP/1.1 {falcon.code_to_http_status(status)}\r\n"
            "Content-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Request-ID: {request_id}\r\n"
            + (f"Retry-After: {retry_after}\r\n" if retry_after else "")
            + "Connection: close\r\n\r\n"
        )
        answer = Answered("OTHER", UNMATCHED, status, 0.0, request_id, code)
        for observer in self.observers:
            observer.answered(answer)
        try:
            client.holds_head = False
            client.sendall(head.encode() + body)
            # Lingering would keep a connection open that exceeds the limit.
            if not retry_after:
                client.linger()
        except OSError as error:
            log.debug("a refusal could not be sent: %s", error)


def _log_greenlet(_context: object, _kind: object, error: BaseException | None, _trace: object) -> None:
    log.error("a greenlet ended", exc_info=error)


def _lists_close(req: Any) -> bool:
    """Whether `close` is among the options of `Connection` (RFC 9110, section 7.6.1); gunicorn checks for it alone."""
    return any(
        option.strip(" \t").lower() == "close"
        for name, value in req.headers
        if name == "CONNECTION"
        for option in value.split(",")
    )


def _has_unread_body(req: Any) -> bool:
    """Whether the application left body bytes unread; chunked bodies are never read."""
    return getattr(req.body.reader, "length", 1) > 0 or bool(req.body.failed)
