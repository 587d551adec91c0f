"""A MAC address names a config wherever an id does; `PUT …/by-mac/{mac}` can be tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

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
def test_every_route_takes_a_mac_address(single: Service, spelled: Callable[[str], str]) -> None:
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
