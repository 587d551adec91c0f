"""The routes of tags and notes, and the filter `tag` of lists and selections."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service


def _tag(client: Caller, method: str, mac: str, tag: str) -> str | None:
    answer = client.request(method, f"/api/devices/{mac}/tags/{tag}")
    assert (204, b"") == (answer.status, answer.body)
    return answer.headers.get("iotconfig-change")


def _labels(client: Caller, config: Any) -> tuple[list[str], str | None]:
    now = client.get(f"/api/configs/{config['id']}").json()
    assert config["revision"] == now["revision"]
    return now["tags"], now["note"]


def test_tags_are_set_one_by_one(both: Service) -> None:
    """Both methods are idempotent: only a change has an id, and undo takes it back. The MAC address has any spelling."""
    client, config = both.client, created(both.client, {})
    mac, word = config["mac_address"], f"t{secrets.token_hex(6)}"
    change = _tag(client, "PUT", mac.replace(":", "-").upper(), f"{word}:b")
    assert change is not None
    assert None is _tag(client, "PUT", mac, f"{word}:b")
    assert None is not _tag(client, "PUT", mac, f"{word}.a")
    assert ([f"{word}.a", f"{word}:b"], None) == _labels(client, config)
    counts = [each for each in client.get("/api/tags").json()["tags"] if each["tag"].startswith(word)]
    assert [{"tag": f"{word}.a", "devices": 1}, {"tag": f"{word}:b", "devices": 1}] == counts
    expect_problem(client.send_json("POST", f"/api/changes/{change}/undo", {}), 409, "CHANGED_SINCE")
    removed = _tag(client, "DELETE", mac, f"{word}.a")
    assert None is _tag(client, "DELETE", mac, f"{word}.a")
    undone = client.send_json("POST", f"/api/changes/{removed}/undo", {}).json()
    assert (1, True) == (undone["changed"], undone["stored"])
    assert ([f"{word}.a", f"{word}:b"], None) == _labels(client, config)


def test_the_note_is_set_and_removed(both: Service) -> None:
    """It is verbatim, and has its limits."""
    client, config = both.client, created(both.client, {})
    path = f"/api/devices/{config['mac_address']}/note"
    for note in ("Küche\n\x1b[31m", "\U0001f6aa" * 500):
        answer = client.send_json("PUT", path, {"note": note, "message": "why"})
        assert (204, True) == (answer.status, "iotconfig-change" in answer.headers)
        assert ([], note) == _labels(client, config)
    for bad in ("", "x" * 501, "\0"):
        expect_problem(client.send_json("PUT", path, {"note": bad}), 400, "VALIDATION_FAILED")
    for present in (True, False):
        answer = client.request("DELETE", path)
        assert (204, present) == (answer.status, "iotconfig-change" in answer.headers)
    assert ([], None) == _labels(client, config)


@pytest.mark.parametrize("tag", ["A", "-a", "a%2Fb", "ä", "a" * 64, "a%20b", "!a", "a%0A"])
def test_what_is_no_tag_is_refused(both: Service, tag: str) -> None:
    """Before the device is looked for."""
    answer = both.client.request("PUT", f"/api/devices/{new_mac()}/tags/{tag}")
    if tag == "a%2Fb":
        assert 404 == answer.status
        return
    assert "is no tag" in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_devices_without_a_config_are_refused(both: Service) -> None:
    """404, and 410 for a replaced board; a malformed MAC address is 400 for every method."""
    client, config = both.client, created(both.client, {})
    swap = {"mac_address": new_mac()}
    assert 200 == client.send_json("POST", f"/api/configs/{config['id']}/replace-device", swap).status
    expect_problem(client.request("PUT", f"/api/devices/{new_mac()}/tags/a"), 404, "RECORD_NOT_FOUND")
    for query in ("", "?dry_run=true"):
        path = f"/api/devices/{config['mac_address']}/tags/a{query}"
        expect_problem(client.request("PUT", path), 410, "RECORD_GONE")
    expect_problem(client.request("DELETE", "/api/devices/zz/note"), 400, "INVALID_OPERATION")


def test_a_selection_is_tagged(both: Service) -> None:
    """All or nothing, with exact counts; lists and patches select by tags."""
    client, word = both.client, f"g{secrets.token_hex(6)}"
    configs = sorted(
        (created(client, {"deviceName": f"{word} {n}", "n": n}) for n in range(3)),
        key=lambda config: str(config["mac_address"]),
    )
    path = "/api/devices/tags"
    body = {"match": word, "add": [word, f"{word}.x"], "note": "n", "expect": 3}
    dry = client.send_json("POST", f"{path}?dry_run=true", body).json()
    assert (3, False, None, True) == (dry["changed"], dry["stored"], dry["change"], dry["dry_run"])
    done = client.send_json("POST", path, body).json()
    assert (3, 0, True) == (done["changed"], done["same"], done["stored"])
    expected = [
        {
            "mac_address": config["mac_address"],
            "id": config["id"],
            "outcome": "changed",
            "revision": 1,
            "tags": {"added": [word, f"{word}.x"], "removed": []},
            "note": {"before": None, "after": "n"},
        }
        for config in configs
    ]
    assert expected == done["results"] == dry["results"]
    assert 3 == client.send_json("POST", path, body).json()["same"]
    one = {"where": {"/n": configs[0]["content"]["n"]}, "tags": [word], "remove": [f"{word}.x"], "note": ""}
    assert 1 == client.send_json("POST", path, one).json()["changed"]
    assert [([word], None), ([word, f"{word}.x"], "n")] == [_labels(client, config) for config in configs[:2]]

    def found(*words: str) -> list[int]:
        query = "&".join(f"tag={each}" for each in words)
        page = client.get(f"/api/configs?{query}").json()
        assert page["count"] == len(page["configs"])
        return [each["id"] for each in page["configs"]]

    assert [c["id"] for c in configs] == found(word)
    assert [configs[0]["id"]] == found(word, f"!{word}.x")
    assert [c["id"] for c in configs[1:]] == found(word, f"{word}.x")
    patch = {"tags": [word, f"!{word}.x"], "merge": {"a": 1}}
    patched = client.send_json("POST", "/api/configs/patch?dry_run=true", patch).json()
    assert [configs[0]["id"]] == [each["id"] for each in patched["results"]]


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"all": True}, 400, "VALIDATION_FAILED", "tags to add or to remove"),
        ({"add": ["a"]}, 400, "VALIDATION_FAILED", "Select configs by"),
        ({"all": True, "add": ["a"], "remove": ["a"]}, 400, "VALIDATION_FAILED", "both added and removed"),
        ({"all": True, "add": ["A"]}, 400, "VALIDATION_FAILED", "is no tag"),
        ({"all": True, "add": "abc"}, 400, "VALIDATION_FAILED", "/add"),
        ({"tags": ["nothing-has-this"], "add": ["a"]}, 422, "UNPROCESSABLE", ""),
        ({"match": "refused here", "add": ["a"], "expect": 99999}, 412, "PRECONDITION_FAILED", "99999"),
        (
            {"mac_addresses": ["02:ff:ff:ff:ff:ff"], "add": ["a"]},
            422,
            "UNPROCESSABLE",
            "No config is selected",
        ),
        (
            {"match": "refused here", "add": [f"t{n}" for n in range(33)]},
            400,
            "VALIDATION_FAILED",
            "at most 32 tags",
        ),
    ],
)
def test_selections_that_are_refused(
    both: Service, body: dict[str, object], status: int, code: str, words: str
) -> None:
    """Nothing is stored, and the error names the rule."""
    created(both.client, {"deviceName": "refused here"})
    answer = both.client.send_json("POST", "/api/devices/tags", body)
    assert words in expect_problem(answer, status, code)["error"]


@pytest.mark.parametrize("query", ["tag=", "tag=A", "tag=a&tag=!a", "tag=!", "tag=!!a"])
def test_filters_that_are_refused(both: Service, query: str) -> None:
    """A word that is no tag, and a contradiction."""
    assert (
        "parameter"
        in expect_problem(both.client.get(f"/api/configs?{query}"), 400, "VALIDATION_FAILED")["details"]
    )


def test_a_dry_run_says_who_is_served_another_document(both: Service) -> None:
    """Each device that a layer begins to reach, with both ETags; a write says the same, and a repetition nothing."""
    client, word = both.client, f"t{secrets.token_hex(6)}"
    reached, alike = created(client, {}), created(client, {"floor": 3})
    layer = {
        "name": word,
        "reaches": {"tags": [word]},
        "rank": secrets.randbelow(900_000) + 1,
        "content": {"floor": 3},
    }
    assert 201 == client.send_json("POST", "/api/layers", layer).status
    path = f"/api/devices/{reached['mac_address']}/tags/{word}"
    one = client.request("PUT", f"{path}?dry_run=true").json()
    assert ("changed", {"added": [word], "removed": []}) == (one["outcome"], one["tags"])
    assert "same" == client.request("DELETE", f"{path}?dry_run=true").json()["outcome"]
    absent = f"/api/devices/{new_mac()}/tags/{word}?dry_run=true"
    expect_problem(client.request("PUT", absent), 404, "RECORD_NOT_FOUND")
    body = {"mac_addresses": [reached["mac_address"], alike["mac_address"]], "add": [word]}
    dry = client.send_json("POST", "/api/devices/tags?dry_run=true", body).json()
    found = {each["mac_address"]: each.get("document") for each in dry["results"]}
    assert None is found[alike["mac_address"]]
    assert one["document"] == found[reached["mac_address"]]
    assert reached["etag"] == found[reached["mac_address"]]["before"]
    assert reached == client.get(f"/api/configs/{reached['id']}").json()

    written = client.send_json("POST", "/api/devices/tags", body).json()
    assert dry["results"] == written["results"]
    after = client.get(f"/api/configs/{reached['id']}").json()["etag"]
    assert after == found[reached["mac_address"]]["after"]
    again = client.send_json("POST", "/api/devices/tags", body).json()
    assert [None, None] == [each.get("document") for each in again["results"]]
