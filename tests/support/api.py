"""The HTTP API for tests: configs to work on, and the shape of refusals."""

from __future__ import annotations

import re
import secrets
from typing import Any

from .http import Answer, Caller

PROBLEM_MEMBERS = ["type", "title", "status", "detail", "error", "code", "details", "correlationId"]

CONFIG_MEMBERS = [
    "id",
    "mac_address",
    "device_name",
    "device_entity_id",
    "enable_ota",
    "revision",
    "etag",
    "content",
    "created_at",
    "updated_at",
    "change",
    "tags",
    "note",
    "model",
]

_INTERNALS = re.compile(
    r'Traceback|File \\?"|SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|sqlite3|psycopg|sqlalchemy|gunicorn'
)


def new_mac() -> str:
    """Return a locally administered MAC address that no other test uses."""
    return "02:" + ":".join(f"{octet:02x}" for octet in secrets.token_bytes(5))


def create(client: Caller, content: object, mac: str | None = None) -> Answer:
    """Store the first config of a device; it must succeed."""
    body = {"mac_address": mac or new_mac(), "content": content}
    answer = client.send_json("POST", "/api/configs", body)
    assert 201 == answer.status, answer.body
    return answer


def created(client: Caller, content: object, mac: str | None = None) -> Any:
    """Create a config, and return its members."""
    return create(client, content, mac).json()


def expect_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Check that `answer` is a problem of the documented shape, without internal details."""
    assert status == answer.status, answer.body
    assert "application/problem+json" == answer.headers["content-type"]
    body: dict[str, Any] = answer.json()
    assert PROBLEM_MEMBERS == list(body)
    assert (status, code) == (body["status"], body["code"]), body
    assert [] == [name for name in ("type", "title", "detail", "error") if not isinstance(body[name], str)]
    assert "" not in (body["title"], body["detail"], body["error"]), body
    assert "\n" not in body["error"], body
    assert isinstance(body["details"], dict)
    assert answer.headers["x-request-id"] == body["correlationId"]
    assert str(len(answer.body)) == answer.headers["content-length"]
    assert None is _INTERNALS.search(answer.body.decode()), answer.body
    return body
