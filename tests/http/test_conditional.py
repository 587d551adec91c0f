"""Conditional requests (RFC 9110): 304 for reads, 412 for writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.in_process import Service

# If-None-Match values in which {} stands for the current ETag, quotes included.
FRESH = ["{}", "W/{}", '"other", {}', '{}, "other"', 'W/"x",W/{}', "*", " {} ", '"a,b", {}', '"",{}']
CHANGED = ['"other"', 'W/"other"', '"other", "another"', '"*"', '""']
MALFORMED = ["other", "1", '"open', "W/", "w/{}", "'1'", "{} {}", "*, {}", "**", "{};q=1", "W/*", "0x1"]


@pytest.fixture
def config(single: Service) -> Any:
    """A config at revision 2."""
    made = created(single.client, {"a": 1})
    return single.client.send_json("PUT", f"/api/configs/{made['id']}", {"content": {"a": 2}}).json()


def _reads(config: Any) -> list[tuple[str, str]]:
    """The routes that return an ETag, and their current tags."""
    return [
        (f"/api/configs/{config['id']}", f'"{config["revision"]}"'),
        (f"/api/configs/{config['mac_address']}.json", config["etag"]),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("header", FRESH)
def test_a_matching_read_gets_304(single: Service, config: Any, header: str, method: str) -> None:
    """304 has no body, and ETag and Cache-Control as 200 has them; weak tags match."""
    for path, tag in _reads(config):
        full = single.client.get(path)
        answer = single.client.request(method, path, headers={"If-None-Match": header.format(tag)})
        assert (304, b"") == (answer.status, answer.body)
        assert tag == answer.headers["etag"]
        assert full.headers["cache-control"] == answer.headers["cache-control"]
        assert "x-request-id" in answer.headers


@pytest.mark.parametrize("header", CHANGED + MALFORMED)
def test_other_tags_get_the_whole_answer(single: Service, config: Any, header: str) -> None:
    """This includes malformed headers."""
    for path, tag in _reads(config):
        if header in ("{} {}", "*, {}", "{};q=1", "w/{}") and path.endswith(".json"):
            continue
        full = single.client.get(path)
        answer = single.client.get(path, If_None_Match=header.format(tag, tag))
        assert (200, full.body) == (answer.status, answer.body)
        assert tag == answer.headers["etag"]


def test_the_two_tags_are_not_mixed_up(single: Service, config: Any) -> None:
    """The revision does not validate the document, and the content ETag does not validate the config."""
    (by_id, revision), (document, etag) = _reads(config)
    assert 200 == single.client.get(by_id, If_None_Match=etag).status
    assert 200 == single.client.get(document, If_None_Match=revision).status


def test_a_missing_config_is_404_with_any_condition(single: Service) -> None:
    """`If-None-Match: *` does not give 304 for a missing config."""
    for path in ("/api/configs/99999999", f"/api/configs/{new_mac()}.json"):
        expect_problem(single.client.get(path, If_None_Match="*"), 404, "RECORD_NOT_FOUND")


# If-Match values at revision 2, and whether they allow a write.
MATCHES = {
    "current": ('"2"', True),
    "list": ('"1", "2"', True),
    "list without blanks": ('"7","2","9"', True),
    "list with empty elements": (',, "2" ,', True),
    "any": ("*", True),
    "stale": ('"1"', False),
    "ahead": ('"3"', False),
    "list of others": ('"1", "3"', False),
    "weak": ('W/"2"', False),
    "weak in a list": ('"1", W/"2"', False),
    "weak beside strong": ('W/"1", "2"', True),
    "leading zero": ('"02"', False),
    "no number": ('"two"', False),
    "star in quotes": ('"*"', False),
    "empty tag": ('""', False),
    "beyond 64 bits": ('"99999999999999999999"', False),
}


@pytest.mark.parametrize(("header", "allowed"), list(MATCHES.values()), ids=list(MATCHES))
@pytest.mark.parametrize("route", ["PUT by id", "PUT by MAC", "DELETE"])
def test_if_match_guards_writes(single: Service, config: Any, route: str, header: str, allowed: bool) -> None:
    """The current revision is compared strongly; 412 means that nothing was stored."""
    by_id = f"/api/configs/{config['id']}"
    path = f"/api/configs/by-mac/{config['mac_address']}" if route == "PUT by MAC" else by_id
    before = single.client.get(by_id).body
    if route == "DELETE":
        answer = single.client.request("DELETE", path, headers={"If-Match": header})
    else:
        answer = single.client.send_json("PUT", path, {"content": {"a": 3}}, If_Match=header)
    if allowed:
        assert (204 if route == "DELETE" else 200) == answer.status
    else:
        problem = expect_problem(answer, 412, "PRECONDITION_FAILED")
        assert 2 == problem["details"]["revision"]
        assert before == single.client.get(by_id).body


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("header", [text.format('"2"', '"2"') for text in MALFORMED])
def test_a_malformed_condition_stops_a_write(single: Service, config: Any, name: str, header: str) -> None:
    """400: a conditional write must not become unconditional."""
    path = f"/api/configs/{config['id']}"
    conditions = {name: header, "Content-Type": "application/json"}
    writes = [
        single.client.request("PUT", path, b'{"content": {}}', conditions),
        single.client.request(
            "PUT", f"/api/configs/by-mac/{config['mac_address']}", b'{"content": {}}', conditions
        ),
        single.client.request("DELETE", path, headers={name: header}),
    ]
    for answer in writes:
        expect_problem(answer, 400, "VALIDATION_FAILED")
    assert config == single.client.get(path).json()


def test_if_match_is_evaluated_for_equal_content(single: Service, config: Any) -> None:
    """An outdated tag is refused although the content equals the stored one."""
    path = f"/api/configs/{config['id']}"
    answer = single.client.send_json("PUT", path, {"content": config["content"]}, If_Match='"1"')
    expect_problem(answer, 412, "PRECONDITION_FAILED")


def test_create_only(single: Service) -> None:
    """`If-None-Match: *` on by-mac creates once; a second request is refused and changes nothing."""
    path = f"/api/configs/by-mac/{new_mac()}"
    first = single.client.send_json("PUT", path, {"content": {"a": 1}}, If_None_Match="*")
    second = single.client.send_json("PUT", path, {"content": {"a": 2}}, If_None_Match="*")
    assert 201 == first.status
    expect_problem(second, 412, "PRECONDITION_FAILED")
    assert first.body == single.client.get(first.headers["location"]).body


@pytest.mark.parametrize("header", ["*", '"1"'])
def test_update_only(single: Service, header: str) -> None:
    """`If-Match` on by-mac does not create a missing config."""
    mac = new_mac()
    answer = single.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {}}, If_Match=header)
    expect_problem(answer, 412, "PRECONDITION_FAILED")
    expect_problem(single.client.get(f"/api/configs/{mac}.json"), 404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_condition_on_a_missing_config_is_404(single: Service, method: str) -> None:
    """A missing id precedes the condition."""
    body = b'{"content": {}}' if method == "PUT" else None
    answer = single.client.request(method, "/api/configs/99999999", body, {"If-Match": '"1"'})
    expect_problem(answer, 404, "RECORD_NOT_FOUND")
