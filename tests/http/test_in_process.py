"""The tools of this directory: detection of writes, and requests as a server passes them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from wsgiref.types import StartResponse

import pytest

from tests.support.api import created, new_mac
from tests.support.in_process import Service
from tests.support.wsgi_client import WsgiClient


def test_each_write_is_detected(both: Service, writes: Callable[[], object]) -> None:
    """A create, an update, an announcement alone and a delete are detected; a read and a refusal are not writes."""
    config = created(both.client, {})
    seen = [writes()]
    path = f"/api/configs/{config['id']}"
    both.client.send_json("PUT", path, {"content": {"a": 1}})
    seen.append(writes())
    both.client.send_json("PUT", path, {"content": {"a": 1}})
    seen.append(writes())
    both.client.get(path)
    both.client.send_json("PUT", f"/api/configs/by-mac/{new_mac()}", {"content": {"n": "\0"}})
    assert seen[-1] == writes()
    both.client.request("DELETE", path)
    seen.append(writes())

    assert 4 == len(set(map(str, seen)))


def test_a_request_arrives_as_it_was_sent() -> None:
    """The path is unescaped, the query is not; headers have their names, bodies a length."""
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return [b""]

    WsgiClient(app).request("PUT", "/a%ff/%2f?q=%00", b"12", {"If-Match": ' "1" ', "Content-Type": "x/y"})

    assert ("/a\xff//", "q=%00", "2") == (seen["PATH_INFO"], seen["QUERY_STRING"], seen["CONTENT_LENGTH"])
    assert ('"1"', "x/y") == (seen["HTTP_IF_MATCH"], seen["CONTENT_TYPE"])


def test_an_application_that_breaks_the_protocol_is_noticed() -> None:
    """PEP 3333 requires a status of three digits."""

    def app(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        start_response("fine", [("Content-Type", "text/plain")])
        return [b""]

    with pytest.raises(AssertionError):
        WsgiClient(app).request("GET", "/")
