"""gunicorn's gevent worker, with deadlines for clients and with problems for error pages."""

from __future__ import annotations

import logging
import uuid
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import falcon
from gevent.local import local
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from .deadlines import Deadlines, DeadlineSocket, HeadersTooSlow
from .problems import problem

log = logging.getLogger(__name__)

_PARSE_PROBLEMS = {
    LimitRequestLine: (414, "The request's first line is longer than this service takes."),
    LimitRequestHeaders: (431, "The request's headers are longer, or more, than this service takes."),
}


class DeadlineWorker(GeventWorker):
    """Serves every connection in a greenlet, and holds each client to `deadlines`."""

    deadlines: ClassVar[Deadlines] = Deadlines()

    def init_process(self) -> None:
        # The greenlet's own connection; gunicorn's hooks do not all get it passed.
        self._connection = local()
        super().init_process()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        self._connection.socket = DeadlineSocket(client, self.deadlines, lambda: self.alive)
        super().handle(listener, self._connection.socket, addr)

    def timeout_ctx(self) -> AbstractContextManager[Any]:
        """Called before a wait for a request: the socket bounds the wait."""
        self._connection.socket.expect_request()
        return nullcontext()

    def handle_request(self, listener_name: Any, req: Any, sock: DeadlineSocket, addr: Any) -> None:
        sock.expect_body(_content_length(req))
        # Asked when the answer's headers are made: gunicorn would otherwise read the
        # rest of a refused body, however long, to find the next request behind it.
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
            log.error("a connection failed", exc_info=exc)
            self._refuse(client, "INTERNAL_ERROR", "The service failed to answer.", 500)

    def _refuse(self, client: DeadlineSocket, code: str, sentence: str, status: int) -> None:
        request_id = uuid.uuid4().hex
        _, body = problem(code, sentence, {}, request_id, status)
        head = (
            f"HTTP/1.1 {falcon.code_to_http_status(status)}\r\n"
            "Content-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Request-ID: {request_id}\r\n"
            "Connection: close\r\n\r\n"
        )
        try:
            client.sendall(head.encode() + body)
            client.linger()
        except OSError as error:
            log.debug("nobody was there to read a refusal: %s", error)


def _content_length(req: Any) -> int:
    for name, value in req.headers:
        if name == "CONTENT-LENGTH":
            return int(value)
    return 0


def _has_unread_body(req: Any) -> bool:
    """Whether the application left some of the body; of a chunked one, which it never takes, all."""
    return getattr(req.body.reader, "length", 1) > 0 or bool(req.body.failed)
