"""Devices that layers alone serve, over HTTP. The databases are shared: each test makes a layer for a tag of its own."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service


def layer_tag(client: Caller) -> str:
    """A tag for whose devices there is a layer."""
    tag = f"t{secrets.token_hex(6)}"
    layer = {
        "name": f"l{secrets.token_hex(6)}",
        "reaches": {"tags": [tag]},
        "rank": secrets.randbelow(900_000) + 1,
        "content": {"layered": True},
    }
    assert 201 == client.send_json("POST", "/api/layers", layer).status
    return tag


def fetched(client: Caller, mac: str) -> Any:
    """What a device is served; the status where it is served nothing."""
    answer = client.request("GET", f"/api/configs/{mac}.json")
    return answer.json() if answer.status == 200 else answer.status


def test_from_a_new_device_to_its_end(both: Service) -> None:
    """It is made with its labels, served by a layer, given content, and ended; a restore brings it back."""
    client, mac = both.client, new_mac()
    tag = layer_tag(client)
    made = client.send_json(
        "POST", "/api/devices", {"mac_address": mac, "tags": [tag], "note": "hall", "message": "planned"}
    )

    assert (201, '"1"', f"/api/devices/{mac}") == (
        made.status,
        made.headers["etag"],
        made.headers["location"],
    )
    device = made.json()
    assert (mac, [tag], "hall") == (device["mac_address"], device["tags"], device["note"])
    assert "content" not in device
    assert {"layered": True} == fetched(client, mac)
    path = f"/api/configs/{device['id']}"
    for unknown in (path, f"/api/configs/{mac}"):
        problem = expect_problem(client.request("GET", unknown), 404, "RECORD_NOT_FOUND")
        assert f"PUT /api/configs/by-mac/{mac}" in problem["error"]
        assert (mac, 1) == (problem["details"]["served_by_layers"], problem["details"]["revision"])
    assert 0 == client.request("GET", f"/api/configs?q={mac}").json()["count"]
    alone = client.request("GET", f"/api/configs?content=false&tag={tag}").json()
    assert (1, [mac]) == (alone["count"], [each["mac_address"] for each in alone["configs"]])
    [listed] = client.request("GET", f"/api/devices?tag={tag}").json()["devices"]
    assert (mac, [tag]) == (listed["mac_address"], listed["tags"])
    [revision] = client.request("GET", f"{path}/revisions").json()["revisions"]
    assert ("create", None, "planned") == (revision["operation"], revision["etag"], revision["message"])

    patched = client.request(
        "PATCH", f"/api/configs/{mac}", b'{"a": 1}', {"Content-Type": "application/merge-patch+json"}
    )
    assert (200, device["id"], {"a": 1}) == (patched.status, patched.json()["id"], patched.json()["content"])
    assert {"layered": True, "a": 1} == fetched(client, mac)
    assert 204 == client.request("DELETE", path).status
    assert {"layered": True} == fetched(client, mac)
    expect_problem(client.request("DELETE", path), 404, "RECORD_NOT_FOUND")
    ended = client.request("DELETE", f"/api/devices/{mac}?message=broken")
    assert (204, 404) == (ended.status, fetched(client, mac))
    undone = client.send_json("POST", f"/api/changes/{ended.headers['iotconfig-change']}/undo", {})
    assert (200, {"layered": True}) == (undone.status, fetched(client, mac))
    assert 204 == client.request("DELETE", f"/api/devices/{mac}").status
    back = client.send_json("POST", f"/api/deleted-configs/{device['id']}/restore", {})
    assert (200, device["id"], False) == (back.status, back.json()["id"], "content" in back.json())
    moved = client.send_json("POST", f"/api/configs/{mac}/replace-device", {"mac_address": new_mac()})
    assert (200, False) == (moved.status, "content" in moved.json())
    assert [410, {"layered": True}] == [fetched(client, mac), fetched(client, moved.json()["mac_address"])]
    restored = client.send_json("POST", f"/api/deleted-configs/{device['id']}/restore", {})
    assert (200, {"a": 1}) == (restored.status, restored.json()["content"])


def test_with_content_no_layer_is_needed(both: Service) -> None:
    """As with `POST /api/configs`; a content may be given as text."""
    mac = new_mac()
    made = both.client.send_json("POST", "/api/devices", {"mac_address": mac, "content": '{"a": 1.10}'})

    assert (201, {"a": 1.1}) == (made.status, fetched(both.client, mac))
    assert {"a": 1.1} == both.client.request("GET", f"/api/configs/{mac}").json()["content"]


def test_a_dry_run_of_a_put_gives_it_its_first_content(single: Service) -> None:
    """It is compared with nothing."""
    client, mac = single.client, new_mac()
    tag = layer_tag(client)
    assert 201 == client.send_json("POST", "/api/devices", {"mac_address": mac, "tags": [tag]}).status
    by_mac = f"/api/configs/by-mac/{mac}?dry_run=true"
    tried = client.send_json("PUT", by_mac, {"content": {"a": 1}})
    patched = client.request(
        "PATCH",
        f"/api/configs/{mac}?dry_run=true",
        b'{"a": 1}',
        {"Content-Type": "application/merge-patch+json"},
    )

    assert [(200, True), (200, True)] == [(each.status, each.json()["changed"]) for each in (tried, patched)]
    assert {"layered": True} == fetched(client, mac)


def test_an_adoption_without_content(both: Service) -> None:
    """The layer must reach every device of the model or the tags, which an adoption does not give: it is refused."""
    problem = expect_problem(
        both.client.send_json("POST", f"/api/new-devices/{new_mac()}/adopt", {}), 422, "UNPROCESSABLE"
    )

    assert "no layer reaches it" in problem["error"]


def test_the_last_layer_is_not_taken_away(both: Service) -> None:
    """Neither by its deletion nor with the tag; the list names the device."""
    client, mac = both.client, new_mac()
    tag = layer_tag(client)
    assert 201 == client.send_json("POST", "/api/devices", {"mac_address": mac, "tags": [tag]}).status
    [name] = [
        each["name"]
        for each in client.request("GET", "/api/layers").json()["layers"]
        if each["reaches"].get("tags") == [tag]
    ]

    problem = expect_problem(client.request("DELETE", f"/api/layers/{name}"), 422, "UNPROCESSABLE")
    assert [mac] == [each["mac_address"] for each in problem["details"]["refused"]]
    untagged = client.request("DELETE", f"/api/devices/{mac}/tags/{tag}")
    expect_problem(untagged, 422, "UNPROCESSABLE")
    assert {"layered": True} == fetched(client, mac)


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({}, 400, "VALIDATION_FAILED", "mac_address"),
        ({"mac_address": "kitchen"}, 400, "INVALID_OPERATION", "invalid format"),
        ({"mac_address": "020000000077"}, 422, "UNPROCESSABLE", "no layer reaches it"),
        ({"mac_address": "020000000077", "tags": "x"}, 400, "VALIDATION_FAILED", "/tags"),
        ({"mac_address": "020000000077", "tags": ["a b"]}, 400, "VALIDATION_FAILED", "a b"),
        (
            {"mac_address": "020000000077", "tags": [f"t{n}" for n in range(33)]},
            400,
            "VALIDATION_FAILED",
            "32",
        ),
        ({"mac_address": "020000000077", "note": "x" * 501}, 400, "VALIDATION_FAILED", "500"),
        ({"mac_address": "020000000077", "model": "no-such", "content": {}}, 422, "UNPROCESSABLE", "no-such"),
        ({"mac_address": "020000000077", "content": [1]}, 400, "VALIDATION_FAILED", "/content"),
        ({"mac_address": "020000000077", "other": 1}, 400, "VALIDATION_FAILED", "other"),
    ],
)
def test_what_is_refused(
    untouched_single: Any, single: Service, body: object, status: int, code: str, words: str
) -> None:
    """Nothing is stored; the error says what is wrong."""
    problem = expect_problem(single.client.send_json("POST", "/api/devices", body), status, code)
    assert words in problem["error"]


def test_an_end_is_refused(both: Service) -> None:
    """Of what is no device, and of one that the condition excludes."""
    client = both.client
    expect_problem(client.request("DELETE", f"/api/devices/{new_mac()}"), 404, "RECORD_NOT_FOUND")
    config = created(client, {"a": 1})
    path = f"/api/devices/{config['mac_address']}"
    expect_problem(client.request("DELETE", path, headers={"If-Match": '"7"'}), 412, "PRECONDITION_FAILED")
    assert 204 == client.request("DELETE", path, headers={"If-Match": '"1"'}).status

    expect_problem(client.request("DELETE", path), 404, "RECORD_NOT_FOUND")
    expect_problem(
        client.send_json("POST", "/api/devices", {"mac_address": config["mac_address"], "content": {}}),
        410,
        "RECORD_GONE",
    )
