"""Settings that affect HTTP callers: required `If-Match`, and the limit of content."""

from __future__ import annotations

import json

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.in_process import Service

_MAX = 2048


def _sized(size: int) -> str:
    return '{"s": "' + "x" * (size - 9) + '"}'


def test_changes_by_id_need_if_match(tuned: Service) -> None:
    """An update and a deletion without it get 428, and change nothing."""
    config = created(tuned.client, {"a": 1})
    path = f"/api/configs/{config['id']}"
    for answer in (
        tuned.client.send_json("PUT", path, {"content": {"a": 2}}),
        tuned.client.send_json("PUT", path, {"content": {"a": 2}}, If_None_Match='"7"'),
        tuned.client.request("DELETE", path),
    ):
        expect_problem(answer, 428, "PRECONDITION_REQUIRED")
    assert config == tuned.client.get(path).json()


def test_changes_with_if_match_are_accepted(tuned: Service) -> None:
    """The revision that was read, or `*`, suffices."""
    config = created(tuned.client, {"a": 1})
    path = f"/api/configs/{config['id']}"
    statuses = [
        tuned.client.send_json("PUT", path, {"content": {"a": 2}}, If_Match='"1"').status,
        tuned.client.send_json("PUT", path, {"content": {"a": 3}}, If_Match='"1"').status,
        tuned.client.send_json("PUT", path, {"content": {"a": 3}}, If_Match="*").status,
        tuned.client.request("DELETE", path, headers={"If-Match": '"3"'}).status,
    ]
    assert [200, 412, 200, 204] == statuses


def test_a_missing_config_precedes_a_missing_if_match(tuned: Service) -> None:
    """The answer is 404, not 428."""
    expect_problem(tuned.client.request("DELETE", "/api/configs/0"), 404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("form", ["object", "string", "escaped string"])
@pytest.mark.parametrize(("size", "status"), [(_MAX, 201), (_MAX + 1, 413)])
def test_the_limit_of_content_is_a_setting(tuned: Service, form: str, size: int, status: int) -> None:
    """It counts the bytes of the document, not of the body."""
    document = _sized(size)
    content = {
        "object": document,
        "string": json.dumps(document),
        "escaped string": '"' + "".join(f"\\u{ord(character):04x}" for character in document) + '"',
    }[form]
    body = f'{{"content": {content}}}'.encode()
    answer = tuned.client.request("PUT", f"/api/configs/by-mac/{new_mac()}", body)
    if status == 201:
        assert 201 == answer.status
    else:
        assert {"max_bytes": _MAX} == expect_problem(answer, 413, "CONTENT_TOO_LARGE")["details"]


@pytest.mark.parametrize(("extra", "status"), [(0, 201), (1, 413)])
def test_the_limit_of_a_body_follows(tuned: Service, extra: int, status: int) -> None:
    """It is six times the limit of content plus 4 KiB."""
    body = b'{"content": {}}'.ljust(6 * _MAX + 4096 + extra)
    assert status == tuned.client.request("PUT", f"/api/configs/by-mac/{new_mac()}", body).status
