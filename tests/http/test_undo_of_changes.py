"""`POST /api/changes/{change}/undo`, and the ids of changes in answers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service


def _undo(client: Caller, change: str, query: str = "", **members: object) -> Any:
    return client.send_json("POST", f"/api/changes/{change}/undo{query}", members)


def _two(client: Caller) -> tuple[str, list[Any]]:
    """Two configs that one patch has changed: as they were before, and the id of the change."""
    configs = [created(client, {"deviceName": secrets.token_hex(8), "a": 1}) for _ in range(2)]
    body = {"mac_addresses": [config["mac_address"] for config in configs], "merge": {"a": 2}}
    patched = client.send_json("POST", "/api/configs/patch", body).json()
    return patched["change"], configs


def _contents(client: Caller, configs: list[Any]) -> list[Any]:
    return [client.get(f"/api/configs/{config['id']}").json()["content"] for config in configs]


def test_every_answer_to_a_write_has_the_id(both: Service) -> None:
    """It is that of the revision, and other for each write; the answer to a deletion has it in a header."""
    client = both.client
    config = created(client, {"a": 1})
    path = f"/api/configs/{config['id']}"
    ids = [
        config["change"],
        client.send_json("PUT", path, {"content": {"a": 2}}).json()["change"],
        client.send_json("POST", f"{path}/rollback", {"revision": 1}).json()["change"],
        client.request("DELETE", path).headers["iotconfig-change"],
        client.request("POST", f"/api/deleted-configs/{config['id']}/restore").json()["change"],
    ]

    assert 5 == len({each for each in ids if re.fullmatch("[0-9a-f]{16}", each)})
    revisions = client.get(f"{path}/revisions").json()["revisions"]
    assert ids == [revision["change"] for revision in reversed(revisions)]
    assert ids[-1] == client.get(path).json()["change"] == client.get(f"{path}/revisions/5").json()["change"]


def test_a_patch_is_undone_and_redone(both: Service) -> None:
    """The answer has the outcome of each config and the id of the undo, with which it is undone itself."""
    client = both.client
    change, configs = _two(client)
    dry = _undo(client, change, "?dry_run=true").json()
    assert (True, 2, False, None) == (dry["dry_run"], dry["changed"], dry["stored"], dry["change"])
    assert [2, 2] == [content["a"] for content in _contents(client, configs)]
    answer = _undo(client, change, message="too much")
    undone = answer.json()

    assert (200, "application/json") == (answer.status, answer.headers["content-type"])
    assert (2, 0, True) == (undone["changed"], undone["refused"], undone["stored"])
    assert [(config["id"], "changed", 3) for config in configs] == sorted(
        (one["id"], one["outcome"], one["revision"]) for one in undone["results"]
    )
    assert [config["content"] for config in configs] == _contents(client, configs)
    newest = client.get(f"/api/configs/{configs[0]['id']}/revisions").json()["revisions"][0]
    assert ("rollback", "too much", undone["change"]) == (
        newest["operation"],
        newest["message"],
        newest["change"],
    )
    assert 200 == client.request("POST", f"/api/changes/{undone['change']}/undo").status
    assert [2, 2] == [content["a"] for content in _contents(client, configs)]


def test_a_board_that_was_replaced_since_refuses_undo_and_restore(both: Service) -> None:
    """410 names the successor, and nothing is stored; the undo of a creation there makes the board a replaced one again."""
    client = both.client
    deleted = created(client, {"a": 1})
    address, successor = deleted["mac_address"], new_mac()
    change = client.request("DELETE", f"/api/configs/{deleted['id']}").headers["iotconfig-change"]
    other = client.send_json("POST", "/api/configs", {"mac_address": address, "content": {}}).json()
    client.send_json("POST", f"/api/configs/{other['id']}/replace-device", {"mac_address": successor})
    restored = expect_problem(
        client.request("POST", f"/api/deleted-configs/{deleted['id']}/restore"), 410, "RECORD_GONE"
    )
    undone = expect_problem(_undo(client, change), 410, "RECORD_GONE")

    assert {"config_id": deleted["id"], "mac_address": address, "replaced_by": successor} == restored[
        "details"
    ]
    (listed,) = undone["details"]["errors"]
    assert (restored["error"], restored["details"]) == (listed["error"], listed["details"])
    gone = expect_problem(client.get(f"/api/configs/{address}.json"), 410, "RECORD_GONE")
    own = client.send_json("POST", "/api/configs", {"mac_address": address, "content": {}}).json()
    assert 1 == _undo(client, own["change"]).json()["deleted"]
    assert gone["details"] == client.get(f"/api/configs/{address}.json").json()["details"]


def test_a_config_that_changed_again_refuses_the_undo(both: Service) -> None:
    """409 lists it, and nothing is undone; with `keep_going`, the other is."""
    client = both.client
    change, configs = _two(client)
    path = f"/api/configs/{configs[0]['id']}"
    client.send_json("PUT", path, {"content": {"mine": 1}})
    problem = expect_problem(_undo(client, change), 409, "CHANGED_SINCE")

    assert configs[0]["mac_address"] in problem["error"]
    assert (1, None, 0) == tuple(
        problem["details"][name] for name in ("refused", "change", "errors_left_out")
    )
    assert [(configs[0]["mac_address"], "CHANGED_SINCE", {"config_id": configs[0]["id"], "revision": 3})] == [
        (one["place"], one["code"], one["details"]) for one in problem["details"]["errors"]
    ]
    assert [{"mine": 1}, {**configs[1]["content"], "a": 2}] == _contents(client, configs)
    kept = _undo(client, change, "?keep_going=true").json()
    assert (1, 1, True) == (kept["changed"], kept["refused"], kept["stored"])
    assert [{"mine": 1}, configs[1]["content"]] == _contents(client, configs)


def test_a_board_swap_is_refused_with_the_command(both: Service) -> None:
    """422, and the config stays on its board."""
    client = both.client
    config = created(client, {})
    body = {"mac_address": f"02:{':'.join(re.findall('..', secrets.token_hex(5)))}"}
    moved = client.send_json("POST", f"/api/configs/{config['id']}/replace-device", body).json()
    problem = expect_problem(_undo(client, moved["change"]), 422, "UNPROCESSABLE")

    assert f"replace-device {config['id']} {config['mac_address']}" in problem["error"]
    assert body["mac_address"] == client.get(f"/api/configs/{config['id']}").json()["mac_address"]


@pytest.mark.parametrize("change", ["0" * 16, "1", "x" * 16, "F" * 16, "0" * 17, "%00" * 16, "last"])
def test_an_unknown_change_is_not_found(single: Service, change: str) -> None:
    """404, for text that is no id, too."""
    expect_problem(_undo(single.client, change), 404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("query", ["?keep_going=1x", "?dry_run=", "?on_conflict=skip", "?message=%00"])
def test_other_parameters_are_refused(single: Service, query: str) -> None:
    """400, and nothing is undone."""
    config = created(single.client, {})
    expect_problem(_undo(single.client, config["change"], query), 400, "VALIDATION_FAILED")
    assert 200 == single.client.get(f"/api/configs/{config['id']}").status


def test_a_patch_of_thousands_of_which_one_changed_again(start_single: Callable[..., Service]) -> None:
    """It is refused for the one that it names; with `keep_going`, the others are undone. They are more than two pages of a write."""
    client = start_single().client
    macs = [f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}" for number in range(2_100)]
    body = "\n".join(f'{{"mac_address": "{mac}", "content": {{"a": 1}}}}' for mac in macs).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    assert 200 == client.request("POST", "/api/configs/import", body, headers).status
    selection = {"all": True, "merge": {"a": 2}}
    change = client.send_json("POST", "/api/configs/patch", selection).json()["change"]
    path = f"/api/configs/{macs[1050]}"
    assert 200 == client.send_json("PUT", path, {"content": {"mine": 1}}).status
    problem = expect_problem(_undo(client, change), 409, "CHANGED_SINCE")

    assert [macs[1050]] == [one["place"] for one in problem["details"]["errors"]]
    assert 2 == client.get(f"/api/configs/{macs[0]}").json()["content"]["a"]
    kept = _undo(client, change, "?keep_going=true").json()
    assert (2_099, 1, True) == (kept["changed"], kept["refused"], kept["stored"])
    assert {"mine": 1} == client.get(path).json()["content"]
    assert {"a": 1} == client.get(f"/api/configs/{macs[-1]}").json()["content"]
