"""A MAC address names a config wherever an id does; `PUT …/by-mac/{mac}` can be tried."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest

from iotconfig.adapters.http.requests.queries import parameters_of
from iotconfig.adapters.http.routes import ROUTES
from iotconfig.adapters.http.routes.shared import ID, MAC
from iotconfig.adapters.http.routing import Route
from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service
from tests.support.paths import path_of

SPELLINGS: dict[str, Callable[[str], str]] = {
    "colons": str,
    "upper case": str.upper,
    "dashes": lambda mac: mac.replace(":", "-"),
    "dots": lambda mac: ".".join(mac.replace(":", "")[i : i + 4] for i in (0, 4, 8)),
    "bare": lambda mac: mac.replace(":", ""),
}


def _lettered_mac() -> str:
    """A MAC address that is not digits only without its separators."""
    return f"{new_mac()[:-2]}fe"


@pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)
def test_changes_and_history_by_mac_address(single: Service, spelled: Callable[[str], str]) -> None:
    """Reads, changes, the history, and the restoration of a deleted config."""
    client = single.client
    config = created(client, {"a": 1}, _lettered_mac())
    path = f"/api/configs/{spelled(config['mac_address'])}"
    new = spelled(_lettered_mac())

    assert config == client.get(path).json()
    assert 2 == client.send_json("PUT", path, {"content": {"a": 2}}).json()["revision"]
    merged = client.request(
        "PATCH", path, body=b'{"b": 3}', headers={"Content-Type": "application/merge-patch+json"}
    )
    assert {"a": 2, "b": 3} == merged.json()["content"]
    assert 202 == client.request("POST", f"{path}/announce").status
    assert [3, 2, 1] == [each["revision"] for each in client.get(f"{path}/revisions").json()["revisions"]]
    assert {"a": 1} == client.get(f"{path}/revisions/1").json()["content"]
    assert 2 == client.get(f"{path}/diff?to=2").json()["to"]["revision"]
    assert {"a": 1} == client.send_json("POST", f"{path}/rollback", {"revision": 1}).json()["content"]
    assert 204 == client.request("DELETE", path).status
    assert "delete" == client.get(f"{path}/revisions").json()["revisions"][0]["operation"]
    restored = client.request("POST", f"/api/deleted-configs/{spelled(config['mac_address'])}/restore")
    assert config["id"] == restored.json()["id"]
    moved = client.send_json("POST", f"{path}/replace-device", {"mac_address": new})
    assert config["id"] == moved.json()["id"] == client.get(f"/api/configs/{new}").json()["id"]
    gone = expect_problem(client.get(path), 410, "RECORD_GONE")
    assert moved.json()["mac_address"] in gone["error"]


def _rows_by_mac() -> Iterator[tuple[Route, str]]:
    """Each method of each row of the API whose path has an id or a MAC address."""
    for route in ROUTES:
        if route.path.startswith("/api/") and any(each in (ID, MAC) for each in route.parameters):
            yield from ((route, method) for method in route.operations)


def test_rows_say_that_their_path_has_a_mac_address() -> None:
    """The next test looks at these rows."""
    named = {route.path for route in ROUTES if re.match(r"/api/.*\{(segment|mac)\}", route.path)}
    assert named == {route.path for route, _ in _rows_by_mac()}


def _asked(client: Caller, route: Route, method: str, segment: str) -> Answer:
    """The answer to a request with the first body that the row has as an example."""
    operation = route.operations[method]
    path = path_of(route, segment=segment, mac=segment)
    if operation.query is not None and "to" in parameters_of(operation.query):
        path += "?to=1"
    if operation.body is None:
        return client.request(method, path)
    media_type, kind = next(iter(operation.body.kinds.items()))
    example = next(iter(kind.examples.values()))
    if isinstance(example, dict) and "mac_address" in example:
        # A board that was given away is not given away again.
        example = {"mac_address": new_mac()}
    return client.request(method, path, json.dumps(example).encode(), {"Content-Type": media_type})


_MIXED = "02:00-00:00:00:fe"
"""Separators that are mixed: no MAC address."""


@pytest.mark.parametrize(
    ("route", "method"), [*_rows_by_mac()], ids=lambda given: getattr(given, "path", given)
)
def test_each_row_takes_each_spelling(single: Service, route: Route, method: str) -> None:
    """The outcome is that of the canonical spelling, also on a row that is added; a MAC address that is none is refused."""

    def outcome(spelled: Callable[[str], str]) -> tuple[int, str]:
        config = created(single.client, {"a": 1}, _lettered_mac())
        answer = _asked(single.client, route, method, spelled(config["mac_address"]))
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer.status, ""
        problem = answer.json()
        own = rf"{config['mac_address']}|\b{config['id']}\b"
        return answer.status, f"{problem['code']}: {re.sub(own, 'it', problem['error'])}"

    found = {name: outcome(spelled) for name, spelled in SPELLINGS.items()}
    refused = _asked(single.client, route, method, _MIXED).json()

    assert {found["colons"]} == set(found.values())
    assert refused["code"] in {"INVALID_OPERATION", "RECORD_NOT_FOUND"}
    assert refused["error"].replace(_MIXED, "it") not in found["colons"][1]
    assert "INVALID_OPERATION" not in found["colons"][1]


def test_digits_are_an_id(single: Service) -> None:
    """Twelve digits could be either, and are an id: no config has it. With separators they are a MAC address."""
    mac = f"02:{':'.join(['10'] * 5)}"
    config = created(single.client, {}, mac)

    expect_problem(single.client.get(f"/api/configs/{mac.replace(':', '')}"), 404, "RECORD_NOT_FOUND")
    assert config["id"] == single.client.get(f"/api/configs/{mac}").json()["id"]


def test_the_condition_of_a_change_by_mac_address_holds(single: Service) -> None:
    """`If-Match` is compared with the config's revision, however the path names it."""
    config = created(single.client, {"a": 1})
    path = f"/api/configs/{config['mac_address']}"

    refused = single.client.send_json("PUT", path, {"content": {}}, if_match='"7"')
    assert 1 == expect_problem(refused, 412, "PRECONDITION_FAILED")["details"]["revision"]
    assert 200 == single.client.send_json("PUT", path, {"content": {}}, if_match='"1"').status


def test_a_dry_run_by_mac_address_shows_what_would_be_stored(single: Service) -> None:
    """The difference to the content, and of a new config to nothing."""
    config = created(single.client, {"a": 1})
    changed = single.client.send_json("PUT", _dry(config["mac_address"]), {"content": {"a": 2}}).json()
    mac = new_mac()
    new = single.client.send_json("PUT", _dry(mac), {"content": {"a": 2}}).json()

    replaced = [{"op": "replace", "path": "/a", "value": 2}]
    assert (config["id"], 1, True, replaced) == tuple(
        changed[name] for name in ("id", "revision", "changed", "json_patch")
    )
    assert (None, None, True, mac) == tuple(
        new[name] for name in ("id", "revision", "changed", "mac_address")
    )
    assert "+{" in new["unified_diff"]


def test_a_dry_run_by_mac_address_stores_nothing(untouched: Caller) -> None:
    """A condition that excludes the present state refuses it as it would refuse the change."""
    path = _dry(new_mac())

    assert untouched.send_json("PUT", path, {"content": {}}).json()["dry_run"]
    refused = untouched.send_json("PUT", path, {"content": {}}, if_match="*")
    expect_problem(refused, 412, "PRECONDITION_FAILED")


def _dry(mac: str) -> str:
    return f"/api/configs/by-mac/{mac}?dry_run=true"
