"""The routes of layers. The databases are shared: each test makes layers of its own, for tags of its own."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.support.api import created, expect_problem
from tests.support.http import Answer, Caller
from tests.support.in_process import Service, Starter

MERGE = {"Content-Type": "application/merge-patch+json"}
ODD = '{ "n":[1.10,1E2,-0],  "__proto__":{"a":null}, "u":"\u2028 \\u00fc" }'


def _new(**given: Any) -> dict[str, Any]:
    """A layer that is not stored yet."""
    return {
        "name": f"l{secrets.token_hex(6)}",
        "reaches": {"tags": [f"t{secrets.token_hex(6)}"]},
        "rank": secrets.randbelow(900_000) + 1,
        "content": {"a": 1},
        **given,
    }


def _made(client: Caller, **given: Any) -> dict[str, Any]:
    """A layer that is stored."""
    answer = client.send_json("POST", "/api/layers", _new(**given))
    assert 201 == answer.status, answer.body
    layer: dict[str, Any] = answer.json()
    assert f"/api/layers/{layer['name']}" == answer.headers["location"]
    return layer


def _path(layer: Any, rest: str = "") -> str:
    return f"/api/layers/{layer['name']}{rest}"


def _patch(client: Caller, layer: Any, patch: str, query: str = "", **headers: str) -> Answer:
    return client.request("PATCH", _path(layer, query), patch.encode(), headers={**MERGE, **headers})


def test_a_layer_is_made_and_read(both: Service) -> None:
    """With its document to the byte; its `ETag` is the revision."""
    client, given = both.client, _new(message="why")
    given["reaches"] = {"tags": ["b", "a"], "not_tags": ["c"]}
    body = json.dumps(given).replace('{"a": 1}', ODD)
    answer = client.request(
        "POST", "/api/layers", body.encode(), headers={"Content-Type": "application/json"}
    )
    layer = answer.json()

    assert (201, '"1"') == (answer.status, answer.headers["etag"])
    assert ODD in answer.body.decode()
    assert {
        "name": given["name"],
        "reaches": {"tags": ["a", "b"], "not_tags": ["c"]},
        "rank": given["rank"],
        "enabled": True,
        "revision": 1,
    } == {name: layer[name] for name in ("name", "reaches", "rank", "enabled", "revision")}
    again = client.get(_path(layer))
    assert (answer.body, '"1"') == (again.body, again.headers["etag"])
    unchanged = client.request("GET", _path(layer), headers={"If-None-Match": '"1"'})
    assert (304, b"") == (unchanged.status, unchanged.body)
    listed = next(e for e in client.get("/api/layers").json()["layers"] if e["name"] == layer["name"])
    assert listed == {name: value for name, value in layer.items() if name != "content"}


def test_put_makes_and_replaces(both: Service) -> None:
    """201, then 200; a definition that is stored already makes no revision."""
    client, given = both.client, _new()
    path, name = _path(given), given.pop("name")
    first = client.send_json("PUT", path, given)
    again = client.send_json("PUT", path, given)
    second = client.send_json("PUT", path, {**given, "enabled": False})

    assert (201, f"/api/layers/{name}") == (first.status, first.headers["location"])
    assert [(200, '"1"'), (200, '"2"')] == [(e.status, e.headers["etag"]) for e in (again, second)]
    assert [True, True, False] == [e.json()["enabled"] for e in (first, again, second)]
    refused = client.request(
        "PUT",
        path,
        json.dumps(given).encode(),
        headers={"If-None-Match": "*", "Content-Type": "application/json"},
    )
    expect_problem(refused, 412, "PRECONDITION_FAILED")


def test_a_patch_changes_members(both: Service) -> None:
    """Of the layer, and of its document, whose other members keep their bytes."""
    client, given = both.client, _new()
    body = json.dumps(given).replace('{"a": 1}', '{"x":1.10 ,"y":{"z":1E2}}')
    client.request("POST", "/api/layers", body.encode(), headers={"Content-Type": "application/json"})
    answer = _patch(
        client, given, '{"enabled": false, "content": {"y": {"n": [ 1 ]}}, "reaches": {"not_tags": ["q"]}}'
    )

    assert (200, "application/merge-patch+json") == (answer.status, answer.headers["accept-patch"])
    assert '"content": {"x":1.10 ,"y":{"z":1E2,"n": [ 1 ]}}' in answer.body.decode()
    layer = answer.json()
    assert (False, given["rank"], {**given["reaches"], "not_tags": ["q"]}) == (
        layer["enabled"],
        layer["rank"],
        layer["reaches"],
    )
    removed = _patch(client, given, '{"content": {"y": null}, "rank": 999983}')
    assert '"content": {"x":1.10 }' in removed.body.decode()
    assert 999983 == removed.json()["rank"]


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ('{"name": "other"}', "/name"),
        ('{"revision": 7}', "/revision"),
        ('{"reaches": null}', "/reaches"),
        ('{"reaches": {"all": true}}', "/reaches"),
        ('{"content": null}', "/content"),
        ('{"content": {"deviceName": 7}}', "/content/deviceName"),
        ('{"enabled": "no"}', "/enabled"),
        ('{"rank": 1.5}', "/rank"),
    ],
)
def test_patches_that_are_refused(single: Service, patch: str, pointer: str) -> None:
    """With the place, and nothing is stored."""
    layer = _made(single.client)
    problem = expect_problem(_patch(single.client, layer, patch), 400, "VALIDATION_FAILED")

    assert pointer == problem["details"]["pointer"]
    assert layer == single.client.get(_path(layer)).json()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": "order"}, "a path of the API has this word"),
        ({"name": "A"}, "is no name of a layer"),
        ({"name": 7}, "At /name: expected a string"),
        ({"rank": None}, "needs a rank"),
        ({"rank": 0}, "from 1 to 1000000"),
        ({"rank": 10**18}, "from 1 to 1000000"),
        ({"rank": True}, "At /rank: expected a whole number"),
        ({"reaches": {"all": True}}, "has no rank"),
        ({"reaches": {"all": False}}, "At /reaches: expected exactly one of"),
        ({"reaches": {"all": 1}}, "At /reaches: expected exactly one of"),
        ({"reaches": {}}, "At /reaches: expected exactly one of"),
        ({"reaches": []}, "At /reaches: expected"),
        ({"reaches": {"tags": []}}, "At /reaches/tags: expected at least one tag"),
        ({"reaches": {"tags": "a"}}, "At /reaches/tags: expected an array of strings"),
        ({"reaches": {"tags": ["a", 7]}}, "At /reaches/tags: expected an array of strings"),
        ({"reaches": {"not_tags": ["a"]}}, "At /reaches: expected exactly one of"),
        ({"reaches": {"tags": ["a"], "model": "lamp"}}, "At /reaches: expected exactly one of"),
        ({"reaches": {"tags": ["A"]}}, "is no tag"),
        ({"reaches": {"tags": [f"t{n}" for n in range(9)]}}, "at most 8 tags"),
        ({"reaches": {"model": "Lamp"}, "rank": None}, "is no name of a model"),
        ({"reaches": {"model": None}}, "At /reaches: expected exactly one of"),
        ({"content": {"deviceName": 7}}, "At /content/deviceName"),
        ({"content": []}, "At /content"),
        ({"enabled": None}, "At /enabled"),
        ({"other": 1}, "other"),
    ],
)
def test_layers_that_are_refused(single: Service, given: dict[str, Any], error: str) -> None:
    """With the rule, and the place in the body."""
    answer = single.client.send_json("POST", "/api/layers", _new(**given))

    assert error in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_layers_do_not_tie(both: Service) -> None:
    """409 for a rank, a model or a name that is taken."""
    client = both.client
    model = f"m{secrets.token_hex(6)}"
    of_model = _made(client, reaches={"model": model}, rank=None)
    layer = _made(client)
    for taken in (
        _new(rank=layer["rank"]),
        _new(name=layer["name"]),
        _new(reaches={"model": model}, rank=None),
    ):
        expect_problem(client.send_json("POST", "/api/layers", taken), 409, "RECORD_EXISTS")
    problem = expect_problem(_patch(client, layer, json.dumps({"reaches": None})), 400, "VALIDATION_FAILED")
    assert "/reaches" == problem["details"]["pointer"]
    expect_problem(client.send_json("PUT", _path(_new()), _body_of(of_model)), 409, "RECORD_EXISTS")


def _body_of(layer: Any) -> dict[str, Any]:
    return {name: layer[name] for name in ("reaches", "rank", "enabled", "content")}


def test_a_deletion_and_its_undo(both: Service) -> None:
    """The history stays; `undo` of the change brings the layer back."""
    client, layer = both.client, _made(both.client)
    answer = client.request("DELETE", _path(layer, "?message=old"))
    assert (204, b"") == (answer.status, answer.body)
    expect_problem(client.get(_path(layer)), 404, "RECORD_NOT_FOUND")
    history = client.get(_path(layer, "/revisions")).json()
    assert [("delete", None, "old"), ("create", layer["etag"], None)] == [
        (e["operation"], e["etag"], e["message"]) for e in history["revisions"]
    ]
    change = answer.headers["iotconfig-change"]
    logged = client.get(f"/api/changes?change={change}").json()["changes"]
    assert [("layer", layer["name"], 2)] == [(e["kind"], e["subject"], e["revision"]) for e in logged]
    undone = client.send_json("POST", f"/api/changes/{change}/undo", {}).json()
    assert (1, True, 0) == (undone["restored"], undone["stored"], undone["refused"])
    assert {**layer, "revision": 3} == {
        **client.get(_path(layer)).json(),
        **{name: layer[name] for name in ("created_at", "updated_at", "change")},
    }
    expect_problem(client.send_json("POST", f"/api/changes/{change}/undo", {}), 409, "CHANGED_SINCE")


def test_preconditions(both: Service) -> None:
    """`If-Match` compares the revision of the layer, for every change of it."""
    client, layer = both.client, _made(both.client)
    body = json.dumps({**_body_of(layer), "enabled": False}).encode()
    plain = {"Content-Type": "application/json"}
    stale = {"If-Match": '"7"'}
    for answer in (
        client.request("PUT", _path(layer), body, headers={**plain, **stale}),
        _patch(client, layer, '{"enabled": false}', **stale),
        client.request("DELETE", _path(layer), headers=stale),
        client.request("POST", _path(layer, "/rollback"), b'{"revision": 1}', headers={**plain, **stale}),
        client.request("GET", _path(layer), headers=stale),
    ):
        expect_problem(answer, 412, "PRECONDITION_FAILED")
    assert 200 == client.request("PUT", _path(layer), body, headers={**plain, "If-Match": '"1"'}).status
    assert 204 == client.request("DELETE", _path(layer), headers={"If-Match": '"2"'}).status


def test_dry_runs_store_nothing(both: Service) -> None:
    """They say which layers would change, and how many devices they concern."""
    client, layer = both.client, _made(both.client)
    tag = layer["reaches"]["tags"][0]
    for _ in range(3):
        mac = created(client, {})["mac_address"]
        client.request("PUT", f"/api/devices/{mac}/tags/{tag}")
    new = _new(reaches={"tags": [tag]})
    plain = {"Content-Type": "application/json"}
    body = json.dumps({**_body_of(layer), "enabled": False}).encode()
    before = client.get("/api/layers").json()
    for answer, changed, deleted in (
        (client.send_json("POST", "/api/layers?dry_run=true", new), [(new["name"], 1)], []),
        (client.request("PUT", _path(layer, "?dry_run=true"), body, headers=plain), [(layer["name"], 2)], []),
        (_patch(client, layer, '{"enabled": false}', "?dry_run=true"), [(layer["name"], 2)], []),
        (client.request("DELETE", _path(layer, "?dry_run=true")), [], [layer["name"]]),
    ):
        found = answer.json()
        assert (200, True, 3, 0) == (answer.status, found["dry_run"], found["devices"], found["refused"])
        assert found["changed"] == len(found["samples"])
        assert (changed, deleted) == (
            [(each["name"], each["revision"]) for each in found["layers"]],
            found["deleted"],
        )
    assert before == client.get("/api/layers").json()


def test_the_order_of_all_layers(on_sqlite: Starter) -> None:
    """They exchange their ranks; a list that lacks one, or names another, is refused."""
    with on_sqlite() as service:
        client = service.client
        _made(client, name="base", reaches={"all": True}, rank=None)
        for rank, name in ((10, "one"), (20, "two"), (30, "three")):
            _made(client, name=name, rank=rank)
        order = {"layers": ["three", "one", "two"], "message": "why"}
        dry = client.send_json("POST", "/api/layers/order?dry_run=true", order).json()
        assert ["three", "one", "two"] == [each["name"] for each in dry["layers"]]
        found = client.send_json("POST", "/api/layers/order", order).json()["layers"]
        assert ["base", "three", "one", "two"] == [each["name"] for each in found]
        assert [None, 10, 20, 30] == [each["rank"] for each in found]
        assert found == client.get("/api/layers").json()["layers"]
        for names, status, code in (
            (["three", "one"], 400, "VALIDATION_FAILED"),
            (["three", "one", "two", "base"], 400, "VALIDATION_FAILED"),
            (["three", "one", "two", "two"], 400, "VALIDATION_FAILED"),
            (["three", "one", "two", "four"], 404, "RECORD_NOT_FOUND"),
            (["three", "one", "No name"], 400, "VALIDATION_FAILED"),
        ):
            expect_problem(client.send_json("POST", "/api/layers/order", {"layers": names}), status, code)
        expect_problem(client.get("/api/layers/order"), 405, "METHOD_NOT_ALLOWED")


def test_the_history_of_a_layer(both: Service) -> None:
    """Pages of it, single revisions, any two compared, and the way back."""
    client, layer = both.client, _made(both.client)
    for number in (2, 3):
        _patch(client, layer, f'{{"content": {{"a": {number}}}}}')
    page = client.get(_path(layer, "/revisions?limit=2")).json()
    rest = client.get(_path(layer, f"/revisions?limit=2&cursor={page['next']}")).json()
    assert ([3, 2], [1], None) == (
        [e["revision"] for e in page["revisions"]],
        [e["revision"] for e in rest["revisions"]],
        rest["next"],
    )
    assert {"a": 2} == client.get(_path(layer, "/revisions/2")).json()["content"]
    diff = client.get(_path(layer, "/diff?from=1")).json()
    assert (1, 3) == (diff["from"]["revision"], diff["to"]["revision"])
    assert [{"op": "replace", "path": "/a", "value": 3}] == diff["json_patch"]
    assert f"--- layer {layer['name']} revision 1" in diff["unified_diff"]
    first = client.get(_path(layer, "/diff?to=1")).json()
    assert (None, 1) == (first["from"], first["to"]["revision"])
    back = client.send_json("POST", _path(layer, "/rollback"), {"revision": 1, "message": "as it was"})
    assert ({"a": 1}, 4) == (back.json()["content"], back.json()["revision"])
    assert "rollback" == client.get(_path(layer, "/revisions/4")).json()["operation"]
    for path in ("/revisions/9", "/revisions/0", "/diff?from=9"):
        expect_problem(client.get(_path(layer, path)), 404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("name", ["A", "-a", "a%0A", "x" * 64, "a.b", "order%20"])
def test_what_is_no_name_is_refused(single: Service, name: str) -> None:
    """Before anything is looked for."""
    for path in ("", "/revisions", "/diff"):
        answer = single.client.get(f"/api/layers/{name}{path}")
        assert "is no name of a layer" in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_a_service_that_requires_if_match(on_sqlite: Starter) -> None:
    """Changes of a layer need it, too; a new one is made with `If-None-Match: *`."""
    with on_sqlite(IOTCONFIG_REQUIRE_IF_MATCH="true") as service:
        client, given = service.client, _new()
        path, _ = _path(given), given.pop("name")
        body, plain = json.dumps(given).encode(), {"Content-Type": "application/json"}
        expect_problem(client.request("PUT", path, body, headers=plain), 428, "PRECONDITION_REQUIRED")
        assert 201 == client.request("PUT", path, body, headers={**plain, "If-None-Match": "*"}).status
        expect_problem(client.request("DELETE", path), 428, "PRECONDITION_REQUIRED")
        assert 204 == client.request("DELETE", path, headers={"If-Match": '"1"'}).status


def test_the_progress_of_an_edit_of_many_devices(on_sqlite: Starter) -> None:
    """The answer names the change, and the route counts the devices; an edit of few has none."""
    with on_sqlite() as service:
        client = service.client
        lines = "".join(
            f'{{"mac_address": "02:00:00:00:{n // 256:02x}:{n % 256:02x}", "content": {{}}}}\n'
            for n in range(501)
        )
        ndjson = {"Content-Type": "application/x-ndjson"}
        assert client.request("POST", "/api/configs/import", lines.encode(), headers=ndjson).status == 200
        few = client.send_json("POST", "/api/layers", _new())
        assert "iotconfig-recomposition" not in few.headers
        expect_problem(client.get(f"/api/recompositions/{few.json()['change']}"), 404, "RECORD_NOT_FOUND")
        expect_problem(client.get("/api/recompositions/nothing"), 404, "RECORD_NOT_FOUND")
        assert {"recompositions": []} == client.get("/api/recompositions").json()

        given = {"reaches": {"all": True}, "content": {"a": 1}, "message": "why"}
        answer = client.send_json("PUT", "/api/layers/base", given)
        change = answer.json()["change"]
        assert change == answer.headers["iotconfig-recomposition"]
        progress = client.get(f"/api/recompositions/{change}").json()
        assert (change, "why", 501, 0, 0, 0, None) == tuple(
            progress[name]
            for name in ("change", "message", "total", "done", "changed", "failed", "finished_at")
        )
        assert {"recompositions": [progress]} == client.get("/api/recompositions?limit=1").json()
        expect_problem(client.get("/api/recompositions?limit=0"), 400, "VALIDATION_FAILED")
        for method, path, body in (
            ("POST", "/api/layers/base/rollback", {"revision": 1}),
            ("PUT", "/api/layers/base", {**given, "content": {"a": 2}}),
            ("DELETE", "/api/layers/base", None),
        ):
            edited = client.request(method, path) if body is None else client.send_json(method, path, body)
            is_edit = "rollback" not in path  # It has this document already.
            assert is_edit == ("iotconfig-recomposition" in edited.headers), edited
        assert 3 == len(client.get("/api/recompositions").json()["recompositions"])
