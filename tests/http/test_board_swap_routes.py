"""A board swap: the config keeps id and history, and the old board's route names the new board."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import create, created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

CONTENT = '{"deviceName": "hall",  "n": 1.10}'


def _swap(client: Caller, config: Any, mac: str, **headers: str) -> Answer:
    return client.send_json(
        "POST", f"/api/configs/{config['id']}/replace-device", {"mac_address": mac}, **headers
    )


def _document(client: Caller, mac: str) -> Answer:
    return client.get(f"/api/configs/{mac}.json")


@pytest.fixture
def config(both: Service) -> Any:
    """A config at revision 3."""
    made = created(both.client, {})
    for content in ({"a": 1}, CONTENT):
        answer = both.client.send_json("PUT", f"/api/configs/{made['id']}", {"content": content})
    return answer.json()


def test_a_config_moves_with_its_history(both: Service, config: Any) -> None:
    """Id, content and creation time stay; the new board has one more revision."""
    new = new_mac()
    answer = _swap(both.client, config, new.replace(":", "-").upper())
    assert (200, '"4"') == (answer.status, answer.headers["etag"])
    moved = answer.json()
    changed = {
        "mac_address": new,
        "revision": 4,
        "updated_at": moved["updated_at"],
        "change": moved["change"],
    }
    assert {**config, **changed} == moved
    assert answer.body == both.client.get(f"/api/configs/{config['id']}").body
    assert CONTENT.encode() == _document(both.client, new).body
    history = both.client.get(f"/api/configs/{config['id']}/revisions").json()["revisions"]
    assert [(new, 4, "replace-device")] + [(config["mac_address"], n, "update") for n in (3, 2)] == [
        (one["mac_address"], one["revision"], one["operation"]) for one in history[:3]
    ]
    shown = both.client.get(f"/api/configs/{config['id']}/diff").json()
    assert ([], "") == (shown["json_patch"], shown["unified_diff"])


def test_the_route_of_the_old_board_names_the_new_one(both: Service, config: Any) -> None:
    """GET and HEAD answer 410 with any validator, until the board gets a new config."""
    old, new = config["mac_address"], new_mac()
    _swap(both.client, config, new)
    problem = expect_problem(_document(both.client, old), 410, "RECORD_GONE")
    assert {"mac_address": old, "replaced_by": new} == problem["details"]
    assert new in problem["error"]
    path = f"/api/configs/{old}.json"
    assert (410, b"") == ((head := both.client.request("HEAD", path)).status, head.body)
    expect_problem(both.client.get(path, If_None_Match=config["etag"]), 410, "RECORD_GONE")

    again = create(both.client, {"again": 1}, old)
    assert 5 == again.json()["revision"]
    assert b'{"again": 1}' == _document(both.client, old).body
    both.client.request("DELETE", f"/api/configs/{again.json()['id']}")
    expect_problem(_document(both.client, old), 404, "RECORD_NOT_FOUND")


def test_both_counters_continue_from_the_higher_one(both: Service) -> None:
    """Neither board gets a revision twice."""
    busy, spare = created(both.client, {}), created(both.client, {})
    for number in range(4):
        both.client.send_json("PUT", f"/api/configs/{spare['id']}", {"content": {"n": number}})
    both.client.request("DELETE", f"/api/configs/{spare['id']}")
    moved = _swap(both.client, busy, spare["mac_address"]).json()
    assert 7 == moved["revision"]
    assert 8 == create(both.client, {}, busy["mac_address"]).json()["revision"]
    changed = both.client.send_json("PUT", f"/api/configs/{busy['id']}", {"content": {"n": 9}})
    assert 8 == changed.json()["revision"]


def test_a_config_can_move_back(both: Service, config: Any) -> None:
    """Then the other board answers 410, and this one its document."""
    old, new = config["mac_address"], new_mac()
    _swap(both.client, config, new)
    assert (200, 5) == ((back := _swap(both.client, config, old)).status, back.json()["revision"])
    assert CONTENT.encode() == _document(both.client, old).body
    gone = expect_problem(_document(both.client, new), 410, "RECORD_GONE")
    assert old == gone["details"]["replaced_by"]


def test_the_history_includes_revisions_before_a_swap(both: Service, config: Any) -> None:
    """Rollback and restore reach them."""
    new = new_mac()
    _swap(both.client, config, new)
    path = f"/api/configs/{config['id']}"
    rolled = both.client.send_json("POST", f"{path}/rollback", {"revision": 2}).json()
    assert (5, {"a": 1}, new) == (rolled["revision"], rolled["content"], rolled["mac_address"])
    both.client.request("DELETE", path)
    restored = both.client.request("POST", f"/api/deleted-configs/{config['id']}/restore").json()
    assert (7, {"a": 1}, new) == (restored["revision"], restored["content"], restored["mac_address"])


def test_a_board_that_has_a_config_is_refused(both: Service, config: Any) -> None:
    """409 names it; a swap to the config's own board is refused as well."""
    other = created(both.client, {"other": 1})
    for mac in (other["mac_address"], config["mac_address"], config["mac_address"].upper()):
        problem = expect_problem(_swap(both.client, config, mac), 409, "RECORD_EXISTS")
        assert {"mac_address": mac.lower()} == problem["details"]
    for one in (config, other):
        assert one == both.client.get(f"/api/configs/{one['id']}").json()


def test_a_swap_evaluates_if_match(both: Service, config: Any) -> None:
    """412 if the config has changed, and the new board stays without a config."""
    new = new_mac()
    expect_problem(_swap(both.client, config, new, If_Match='"2"'), 412, "PRECONDITION_FAILED")
    expect_problem(_document(both.client, new), 404, "RECORD_NOT_FOUND")
    assert 200 == _swap(both.client, config, new, If_Match='"3"').status


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", {"mac_address": "nonsense"}, "INVALID_OPERATION"),
        ("", {"mac_address": "02:ab-00:00:00:01"}, "INVALID_OPERATION"),
        ("", {"mac_address": ""}, "INVALID_OPERATION"),
        ("", {"mac_address": None}, "VALIDATION_FAILED"),
        ("", {"mac_address": 1}, "VALIDATION_FAILED"),
        ("", {}, "VALIDATION_FAILED"),
        ("", [], "VALIDATION_FAILED"),
        ("", {"mac_address": "02ab00000001", "content": {}}, "VALIDATION_FAILED"),
        ("", {"mac_address": "02ab00000001", "message": 1}, "VALIDATION_FAILED"),
        ("?dry_run=true", {"mac_address": "02ab00000001"}, "VALIDATION_FAILED"),
        ("?x=1", {"mac_address": "02ab00000001"}, "VALIDATION_FAILED"),
    ],
)
def test_a_swap_with_bad_input_is_refused(
    both: Service, config: Any, query: str, body: object, code: str
) -> None:
    """The config is unchanged."""
    path = f"/api/configs/{config['id']}/replace-device{query}"
    expect_problem(both.client.send_json("POST", path, body), 400, code)
    assert config == both.client.get(f"/api/configs/{config['id']}").json()


@pytest.mark.parametrize("segment", ["0", "9223372036854775807", "9" * 19, "x"])
def test_a_swap_of_an_unknown_config(untouched: Caller, segment: str) -> None:
    """404, and the new board stays unknown."""
    mac = new_mac()
    expect_problem(_swap(untouched, {"id": segment}, mac), 404, "RECORD_NOT_FOUND")
    expect_problem(_document(untouched, mac), 404, "RECORD_NOT_FOUND")
