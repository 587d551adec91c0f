"""New boards: which requests put a MAC address on the list, and adoption."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import CONFIG_MEMBERS, created, expect_problem, new_mac
from tests.support.http import Answer
from tests.support.in_process import Service
from tests.support.tokens import api_token, bearer, device_token

Start = Callable[..., Service]


@pytest.fixture
def start(start_single: Start) -> Start:
    """Starts the API that records fetches, on an empty SQLite file; the test writes them itself."""
    return lambda **environ: start_single(**{"IOTCONFIG_SIGHTINGS_INTERVAL": "3600", **environ})


@pytest.fixture
def service(start: Start) -> Service:
    """The API that records fetches."""
    return start()


def fetch(service: Service, mac: str, query: str = "", method: str = "GET", **headers: str) -> int:
    """The status of a device's fetch."""
    dashed = {name.replace("_", "-"): value for name, value in headers.items()}
    return service.client.request(method, f"/api/configs/{mac}.json{query}", headers=dashed).status


def listed(service: Service, headers: Mapping[str, str] | None = None) -> list[Any]:
    """The new boards, after they were written."""
    assert service.flush is not None
    assert service.flush()
    answer = service.client.request("GET", "/api/new-devices", headers=headers or {})
    assert 200 == answer.status
    assert ["new_devices"] == list(answer.json())
    found: list[Any] = answer.json()["new_devices"]
    return found


def addresses(service: Service, headers: Mapping[str, str] | None = None) -> list[str]:
    return [each["mac_address"] for each in listed(service, headers)]


def adopt(
    service: Service, mac: str, body: object, query: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    path = f"/api/new-devices/{mac}/adopt{query}"
    return service.client.request("POST", path, json.dumps(body).encode(), headers or {})


def test_from_the_first_request_to_the_document(start_service: Start) -> None:
    """A board asks, is listed, is adopted with one call, and fetches; then it is on no list of new boards. On each database."""
    service = start_service(IOTCONFIG_SIGHTINGS_INTERVAL="3600")
    mac = new_mac()
    assert 404 == fetch(service, mac)
    [board] = listed(service)
    assert ["mac_address", "source", "network", "first_seen", "last_seen"] == list(board)
    assert (mac, "127.0.0.1", "127.0.0.1") == (board["mac_address"], board["source"], board["network"])

    adopted = adopt(service, mac.replace(":", "-"), {"content": {"deviceName": "Porch"}, "message": "found"})

    assert (201, CONFIG_MEMBERS) == (adopted.status, list(adopted.json()))
    config = adopted.json()
    assert (mac, 1, {"deviceName": "Porch"}) == (config["mac_address"], config["revision"], config["content"])
    assert (f"/api/configs/{config['id']}", '"1"') == (adopted.headers["location"], adopted.headers["etag"])
    history = service.client.request("GET", f"/api/configs/{config['id']}/revisions").json()["revisions"]
    assert [("create", "found", config["change"])] == [
        (each["operation"], each["message"], each["change"]) for each in history
    ]
    assert 200 == fetch(service, mac)
    assert [] == listed(service)


def test_which_requests_are_of_new_boards(start: Start) -> None:
    """Neither HEAD, `?peek`, operators and browsers, nor requests that are refused for another reason."""
    service = start(IOTCONFIG_AUTH="on")
    reader = bearer(api_token(service.database_url, Role.VIEWER))
    asking, none = new_mac(), new_mac()

    assert 404 == fetch(service, none, method="HEAD")
    assert 404 == fetch(service, none, "?peek")
    assert 404 == fetch(service, none, **reader)
    assert 404 == fetch(service, none, Sec_Fetch_Mode="navigate")
    assert 404 == fetch(service, asking, "?other=1")

    assert [asking] == addresses(service, reader)


def test_devices_and_former_devices_are_not_new(service: Service) -> None:
    """Deleted, replaced, restored and present ones; a board whose creation was undone was a device, too."""
    client = service.client
    deleted, replaced, restored, present, undone = (created(client, {}) for _ in range(5))
    assert 204 == client.request("DELETE", f"/api/configs/{deleted['id']}").status
    successor = {"mac_address": new_mac()}
    assert 200 == client.send_json("POST", f"/api/configs/{replaced['id']}/replace-device", successor).status
    assert 204 == client.request("DELETE", f"/api/configs/{restored['id']}").status
    assert 200 == client.send_json("POST", f"/api/deleted-configs/{restored['id']}/restore", {}).status
    assert 200 == client.send_json("POST", f"/api/changes/{undone['change']}/undo", {}).status

    statuses = [
        fetch(service, each["mac_address"]) for each in (deleted, replaced, restored, present, undone)
    ]
    assert [404, 410, 200, 200, 404] == statuses
    assert [] == listed(service)


def test_a_network_counts_once(start: Start) -> None:
    """Of an IPv6 address its /64, behind trusted proxies as in front; no client pushes out the boards of others."""
    service = start(IOTCONFIG_TRUSTED_PROXIES="127.0.0.0/8")
    home = new_mac()
    fetch(service, home, X_Forwarded_For="2001:db8:7::1")
    for number in range(1_200):
        mac = f"06:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        assert 404 == fetch(service, mac, X_Forwarded_For=f"2001:db8::{number % 9}")

    found = listed(service)
    assert 51 == len(found)
    assert {"2001:db8::/64": 50, "2001:db8:7::/64": 1} == {
        each["network"]: [other["network"] for other in found].count(each["network"]) for each in found
    }
    assert "06:00:00:00:04:af" in [each["mac_address"] for each in found]
    assert home == found[-1]["mac_address"]


def test_device_tokens(start: Start) -> None:
    """While they are optional, boards without one appear; a board with a token of its own, too. While required, none."""
    optional = start(IOTCONFIG_DEVICE_AUTH="optional")
    plain, owner = new_mac(), new_mac()
    token = bearer(device_token(optional.database_url, owner))
    assert [404, 404] == [fetch(optional, plain), fetch(optional, owner, **token)]
    assert {plain, owner} == set(addresses(optional))

    required = start(IOTCONFIG_DEVICE_AUTH="required")
    assert 401 == fetch(required, new_mac())
    assert {plain, owner} == set(addresses(required))


def test_like_another_device(service: Service) -> None:
    """Content and tags are copied, the note is not. Undo removes all of it."""
    model = created(service.client, {"deviceName": "Lamp", "gain": 1.5})
    body = {"mac_addresses": [model["mac_address"]], "add": ["hall", "lamp"], "note": "Behind the door"}
    assert 200 == service.client.send_json("POST", "/api/devices/tags", body).status
    mac = new_mac()

    adopted = adopt(service, mac, {"like": model["mac_address"].replace(":", "")}, "?message=same%20kind")

    assert 201 == adopted.status
    config = adopted.json()
    assert (model["content"], model["etag"]) == (config["content"], config["etag"])
    assert (["hall", "lamp"], None) == (config["tags"], config["note"])
    undone = service.client.send_json("POST", f"/api/changes/{config['change']}/undo", {})
    assert (200, 1) == (undone.status, undone.json()["deleted"])
    assert 404 == fetch(service, mac)
    tags = service.client.request("GET", "/api/tags").json()["tags"]
    assert [1, 1] == [each["devices"] for each in tags]


def test_former_devices_are_refused(service: Service) -> None:
    """The error names the way out."""
    deleted, replaced, present = (created(service.client, {}) for _ in range(3))
    service.client.request("DELETE", f"/api/configs/{deleted['id']}")
    successor = new_mac()
    path = f"/api/configs/{replaced['id']}/replace-device"
    service.client.send_json("POST", path, {"mac_address": successor})

    problem = expect_problem(adopt(service, deleted["mac_address"], {"content": {}}), 410, "RECORD_GONE")
    assert f"'iotconfig config restore {deleted['mac_address']}' brings it back." in problem["error"]
    assert deleted["id"] == problem["details"]["config_id"]
    problem = expect_problem(adopt(service, replaced["mac_address"], {"content": {}}), 410, "RECORD_GONE")
    assert f"its config belongs to {successor} now" in problem["error"]
    assert successor == problem["details"]["replaced_by"]
    problem = expect_problem(adopt(service, present["mac_address"], {"content": {}}), 409, "RECORD_EXISTS")
    assert present["mac_address"] in problem["error"]


def test_a_board_from_its_adoption_to_its_successor(service: Service) -> None:
    """Adopted, seen, swapped, deleted, restored and swapped back: each address is new only before its first config."""
    client = service.client
    first, second = new_mac(), new_mac()
    fetch(service, first)
    fetch(service, second)
    assert {first, second} == set(addresses(service))
    config = adopt(service, first, {"content": {"n": 1}}).json()
    assert 304 == fetch(service, first, If_None_Match=config["etag"])
    assert [second] == addresses(service)
    device = client.request("GET", f"/api/devices/{first}").json()
    assert ("in_sync", 1, 1) == (device["state"], device["wanted"], device["held"])

    path = f"/api/configs/{config['id']}"
    swapped = client.send_json("POST", f"{path}/replace-device", {"mac_address": second})
    assert 200 == swapped.status
    assert [410, 200] == [fetch(service, first), fetch(service, second)]
    assert [] == addresses(service)
    assert (
        second
        == expect_problem(adopt(service, first, {"content": {}}), 410, "RECORD_GONE")["details"][
            "replaced_by"
        ]
    )
    assert 204 == client.request("DELETE", path).status
    assert [410, 404] == [fetch(service, first), fetch(service, second)]
    assert [] == addresses(service)
    refused = expect_problem(adopt(service, second, {"content": {}}), 410, "RECORD_GONE")
    assert f"config restore {second}" in refused["error"]

    restored = client.send_json("POST", f"/api/deleted-configs/{config['id']}/restore", {})
    assert 200 == restored.status
    expect_problem(adopt(service, second, {"content": {}}), 409, "RECORD_EXISTS")
    back = client.send_json("POST", f"{path}/replace-device", {"mac_address": first})
    assert 200 == back.status
    assert [200, 410] == [fetch(service, first), fetch(service, second)]
    assert [] == addresses(service)
    refused = expect_problem(adopt(service, second, {"content": {}}), 410, "RECORD_GONE")
    assert first == refused["details"]["replaced_by"]


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({}, 422, "UNPROCESSABLE", "no layer reaches it"),
        ({"content": None, "like": None}, 422, "UNPROCESSABLE", "no layer reaches it"),
        ({"content": {}, "like": "020000000001"}, 400, "VALIDATION_FAILED", "content or like"),
        ({"content": [1]}, 400, "VALIDATION_FAILED", "At /content: expected a JSON object"),
        ({"content": {"deviceName": 1}}, 400, "VALIDATION_FAILED", "/content/deviceName"),
        ({"content": {"a": "x" * 300_000}}, 413, "CONTENT_TOO_LARGE", "larger than 262144 bytes"),
        ({"like": 7}, 400, "VALIDATION_FAILED", "At /like: expected a string"),
        ({"like": "kitchen"}, 400, "INVALID_OPERATION", "invalid format"),
        ({"like": "02:00:00:00:00:99"}, 404, "RECORD_NOT_FOUND", "02:00:00:00:00:99 was not found"),
        ({"content": {}, "tags": []}, 400, "VALIDATION_FAILED", "tags"),
        ({"content": {}, "message": "a\0b"}, 400, "VALIDATION_FAILED", "message"),
    ],
)
def test_what_is_refused(
    untouched_single: Any, single: Service, body: object, status: int, code: str, words: str
) -> None:
    """Nothing is stored; the error says what is wrong."""
    problem = expect_problem(adopt(single, new_mac(), body), status, code)
    assert words in problem["error"]


def test_roles(start: Start) -> None:
    """Readers see the list; adopting is a change. Without credentials neither is possible."""
    service = start(IOTCONFIG_AUTH="on")
    reader = bearer(api_token(service.database_url, Role.VIEWER))
    administrator = bearer(api_token(service.database_url, Role.ADMIN))
    mac = new_mac()

    expect_problem(service.client.request("GET", "/api/new-devices"), 401, "AUTHENTICATION_REQUIRED")
    assert [] == listed(service, reader)
    expect_problem(adopt(service, mac, {"content": {}}), 401, "AUTHENTICATION_REQUIRED")
    refused = adopt(service, mac, {"content": {}}, headers=reader)
    expect_problem(refused, 403, "AUTHORIZATION_FAILED")
    assert 201 == adopt(service, mac, {"content": {}}, headers=administrator).status
