"""`/api/models`, a device's model, and what an enforced one refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service
from tests.support.secrets_keys import SETTING

SCHEMA: Final = '{ "type":"object", "properties":{"n":{"type":"integer","maximum":9}} }'


@pytest.fixture
def client(start_service: Callable[..., Service]) -> Caller:
    """The API on an empty database of each kind, with a key for secrets."""
    return start_service(**SETTING).client


@pytest.fixture
def quick(start_single: Callable[..., Service]) -> Caller:
    """The same on SQLite, for what has nothing to do with the kind of database."""
    return start_single().client


def put(
    client: Caller, name: str = "lamp", schema: str = SCHEMA, mode: str = "enforce", **headers: str
) -> Any:
    """The answer to a model that is put."""
    body = f'{{"schema":{schema},"mode":"{mode}"}}'.encode()
    return client.request("PUT", f"/api/models/{name}", body, {"Content-Type": "application/json", **headers})


def device(client: Caller, content: object, model: str | None = "lamp") -> str:
    """A new device with this content, of a model."""
    mac = new_mac()
    assert 201 == client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": content}).status
    if model is not None:
        assert 204 == client.send_json("PUT", f"/api/devices/{mac}/model", {"model": model}).status
    return mac


def test_a_model_is_made_read_and_removed(client: Caller) -> None:
    """Its schema is kept to the byte, its ETag is the revision, and the header has the id of the removal."""
    made = put(client)
    again = put(client)
    read = client.get("/api/models/lamp")
    listed = client.get("/api/models").json()["models"]
    removed = client.request("DELETE", "/api/models/lamp?message=gone")

    assert (201, "/api/models/lamp", '"1"') == (made.status, made.headers["location"], made.headers["etag"])
    assert (200, False) == (again.status, "change" in again.json())
    assert SCHEMA.encode() in read.body
    assert [("lamp", "enforce", {}, 1, 0)] == [
        (each["name"], each["mode"], each["budget"], each["revision"], each["devices"]) for each in listed
    ]
    assert "schema" not in listed[0]
    assert 204 == removed.status
    assert [
        ("model", "create", made.json()["change"]),
        ("model", "delete", removed.headers["iotconfig-change"]),
    ] == [
        (row["kind"], row["operation"], row["change"])
        for row in client.get("/api/changes?order=oldest").json()["changes"]
    ]
    expect_problem(client.get("/api/models/lamp"), 404, "RECORD_NOT_FOUND")


def test_preconditions(quick: Caller) -> None:
    """As those of layers."""
    put(quick)
    expect_problem(put(quick, mode="warn", **{"If-Match": '"2"'}), 412, "PRECONDITION_FAILED")
    expect_problem(put(quick, **{"If-None-Match": "*"}), 412, "PRECONDITION_FAILED")
    assert 200 == put(quick, mode="warn", **{"If-Match": '"1"'}).status
    unchanged = quick.request("GET", "/api/models/lamp", None, {"If-None-Match": '"2"'})
    assert (304, b"") == (unchanged.status, unchanged.body)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ('{"type":"nonsense"}', "nonsense"),
        ('{"$ref":"file:///etc/passwd"}', "itself only"),
        ('{"$ref":"http://127.0.0.1:1/x"}', "itself only"),
        ("7", "schema"),
    ],
)
def test_schemas_that_are_refused(quick: Caller, schema: str, reason: str) -> None:
    """The error says which part; nothing is stored."""
    answer = put(quick, schema=schema)
    assert answer.status in (400, 422), answer
    assert reason in answer.json()["detail"]
    assert [] == quick.get("/api/models").json()["models"]


def test_a_write_that_breaks_the_model_is_refused(client: Caller) -> None:
    """With each pointer, what was expected, what was found, and the layer that brings it; nothing is stored."""
    put(client)
    mac = device(client, {"n": 9})
    by_put = client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"n": 10}})
    layer = {"reaches": {"all": True}, "content": {"n": 11, "m": 1}}
    reaching = client.send_json("PUT", "/api/layers/base", layer)
    bare = client.send_json("POST", "/api/devices", {"mac_address": new_mac(), "model": "lamp"})

    problem = expect_problem(by_put, 422, "UNPROCESSABLE")
    (failure,) = problem["details"]["failures"]
    assert {"pointer": "/n", "found": "10"}.items() <= failure.items()
    assert "layer" not in failure
    assert "at /n" in problem["detail"]
    # The device's own content wins over the layer; one without content gets what the layer says.
    assert 201 == reaching.status, reaching
    assert 422 == bare.status
    refused = client.send_json("POST", "/api/devices", {"mac_address": new_mac(), "model": "lamp"})
    (failure,) = expect_problem(refused, 422, "UNPROCESSABLE")["details"]["failures"]
    assert "base" == failure["layer"]
    assert b'"n": 9' in client.get(f"/api/configs/{mac.replace(':', '')}.json").body


def test_values_of_secrets_are_checked_and_not_shown(client: Caller) -> None:
    """A reference is no string: the rules are about the value, which no answer has."""
    put(client, schema='{"properties":{"psk":{"type":"string","minLength":8}}}')
    client.send_json("PUT", "/api/secrets/psk", {"value": "short"})
    mac = device(client, {"psk": "long enough"})
    named = {"content": {"psk": {"$secret": "psk"}}}
    answer = client.send_json("PUT", f"/api/configs/by-mac/{mac}", named)

    (failure,) = expect_problem(answer, 422, "UNPROCESSABLE")["details"]["failures"]
    assert ("/psk", "a secret") == (failure["pointer"], failure["found"])
    assert b"short" not in answer.body
    client.send_json("PUT", "/api/secrets/psk", {"value": "long enough, too"})
    assert 200 == client.send_json("PUT", f"/api/configs/by-mac/{mac}", named).status


def test_rules_that_devices_break_are_not_enforced(client: Caller) -> None:
    """The error lists the devices; `warn` stores them, and a validation lists the devices."""
    put(client, schema="true")
    good, bad = device(client, {"n": 1}), device(client, {"n": 10, "__proto__": 1, "": 2, "a/b~c": 3})
    refused = put(client)
    warned = put(client, mode="warn")
    found = client.send_json("POST", "/api/devices/validate", {}).json()
    other = client.send_json("POST", "/api/devices/validate", {"schema": {"maxProperties": 0}}).json()

    (listed,) = expect_problem(refused, 422, "UNPROCESSABLE")["details"]["devices"]
    assert (bad, "/n") == (listed["mac_address"], listed["failures"][0]["pointer"])
    assert 200 == warned.status
    assert (2, [(bad, "lamp")]) == (
        found["checked"],
        [(each["mac_address"], each["model"]) for each in found["failing"]],
    )
    assert sorted([good, bad]) == [each["mac_address"] for each in other["failing"]]


def test_a_schema_that_refuses_everything(client: Caller) -> None:
    """No device can have it while it is enforced."""
    put(client, "none", "false")
    mac = device(client, {"n": 1}, None)
    answer = client.send_json("PUT", f"/api/devices/{mac}/model", {"model": "none"})
    expect_problem(answer, 422, "UNPROCESSABLE")
    assert "model" not in client.get(f"/api/devices/{mac}").json()


def test_numbers_beyond_doubles_are_compared_exactly(client: Caller) -> None:
    """2^53 + 1 is above 2^53."""
    put(client, schema=f'{{"properties":{{"n":{{"maximum":{2**53}}}}}}}')
    mac = device(client, {"n": 2**53})
    answer = client.request(
        "PUT",
        f"/api/configs/by-mac/{mac}",
        b'{"content":{"n":%d}}' % (2**53 + 1),
        {"Content-Type": "application/json"},
    )
    (failure,) = expect_problem(answer, 422, "UNPROCESSABLE")["details"]["failures"]
    assert str(2**53 + 1) == failure["found"]


def test_a_model_in_use_stays(client: Caller) -> None:
    """A device that has it is in the way of its removal; without it, it can go."""
    put(client)
    mac = device(client, {"n": 1})
    expect_problem(client.request("DELETE", "/api/models/lamp"), 422, "UNPROCESSABLE")
    assert [mac] == [each["mac_address"] for each in client.get("/api/devices?model=lamp").json()["devices"]]
    assert 204 == client.request("DELETE", f"/api/devices/{mac}/model").status
    assert 204 == client.request("DELETE", "/api/models/lamp").status
    expect_problem(
        client.send_json("PUT", f"/api/devices/{mac}/model", {"model": "lamp"}), 422, "UNPROCESSABLE"
    )


def test_bad_bodies(quick: Caller) -> None:
    """Unknown members, modes and limits."""
    bodies: list[dict[str, object]] = [
        {"mode": "strict"},
        {"budget": {"bites": 1}},
        {"schemas": {}},
        {"budget": {"bytes": -1}},
    ]
    for body in bodies:
        assert quick.send_json("PUT", "/api/models/lamp", body).status in (400, 422), body
    assert 400 == quick.request("GET", "/api/models/-lamp").status
    assert [] == json.loads(quick.get("/api/models").body)["models"]
