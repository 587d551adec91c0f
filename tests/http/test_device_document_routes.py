"""What a device is served, over HTTP. The databases are shared: each test has devices and layers of its own."""

from __future__ import annotations

import json
import secrets

from tests.support.api import created, expect_problem
from tests.support.in_process import Service

ODD = '{ "x":[1.10,1E2],  "__proto__":{"a":2} }'


def test_a_document_is_shown_and_explained(both: Service) -> None:
    """Values are written as their source writes them; without `explain` there are none."""
    client, tag, name = both.client, f"t{secrets.token_hex(6)}", f"l{secrets.token_hex(6)}"
    device = created(client, {"n": 1})
    mac = device["mac_address"]
    assert 200 == client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": ODD}).status
    layer = {
        "name": name,
        "reaches": {"tags": [tag]},
        "rank": secrets.randbelow(900_000) + 1,
        "content": {"__proto__": {"a": 1, "b": 1.0}},
    }
    assert 201 == client.send_json("POST", "/api/layers", layer).status
    assert client.request("PUT", f"/api/devices/{mac}/tags/{tag}").status < 300
    served = client.request("GET", f"/api/configs/{mac}.json")
    answer = client.request("GET", f"/api/devices/{mac}/document")
    found = answer.json()
    assert 200 == answer.status, answer.body
    assert served.body.decode() in answer.body.decode()
    assert (served.headers["etag"], True, [{"layer": name, "revision": 1}]) == (
        found["etag"],
        found["is_served"],
        found["layers"],
    )
    assert "members" not in found
    explained = client.request("GET", f"/api/devices/{mac}/document?explain=true")

    assert '"value": [1.10,1E2]' in explained.body.decode()
    assert [("/__proto__/a", None, 2), ("/__proto__/b", name, 1.0), ("/x", None, [1.1, 100.0])] == [
        (each["pointer"], each["layer"], each["value"]) for each in explained.json()["members"]
    ]
    first = explained.json()["members"][0]
    assert [{"pointer": "/__proto__/a", "value": 1, "layer": name, "revision": 1}] == first["shadows"]


def test_what_was_served_before(both: Service) -> None:
    """At a time, byte for byte."""
    client = both.client
    device = created(client, {"n": 1})
    mac = device["mac_address"]
    before = client.request("GET", f"/api/configs/{mac}.json").body
    changed = client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"now": 1}})
    assert 200 == changed.status
    answer = client.request("GET", f"/api/devices/{mac}/document?at={device['updated_at']}")

    assert json.loads(before) == answer.json()["document"]
    missing = client.request("GET", f"/api/devices/{mac}/document?at=2001-01-01T00:00:00Z")
    expect_problem(missing, 404, "RECORD_NOT_FOUND")


def test_refusals(both: Service) -> None:
    """A device without a document, what is no MAC address, and unknown parameters."""
    client = both.client
    expect_problem(client.request("GET", "/api/devices/02:99:00:00:00:01/document"), 404, "RECORD_NOT_FOUND")
    expect_problem(client.request("GET", "/api/devices/lamp/document"), 400, "INVALID_OPERATION")
    expect_problem(
        client.request("GET", f"/api/devices/{created(client, {'n': 1})['mac_address']}/document?when=now"),
        400,
        "VALIDATION_FAILED",
    )
