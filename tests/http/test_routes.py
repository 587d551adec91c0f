"""Every route of configs: status, headers and members, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tests.support.api import CONFIG_MEMBERS, create, created, expect_problem, new_mac
from tests.support.in_process import Service

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_create_answers_with_the_config(both: Service) -> None:
    """201 has all members in their order, Location and ETag."""
    mac = new_mac()
    content = {"deviceName": "Küche", "deviceEntityId": "kitchen", "enableOTA": True, "x": [1]}

    answer = create(both.client, content, mac.upper())
    config = answer.json()

    assert CONFIG_MEMBERS == list(config)
    expected = {
        "mac_address": mac,
        "device_name": "Küche",
        "device_entity_id": "kitchen",
        "enable_ota": True,
        "revision": 1,
        "content": content,
    }
    assert expected == {name: config[name] for name in expected}
    assert "application/json" == answer.headers["content-type"]
    assert f"/api/configs/{config['id']}" == answer.headers["location"]
    assert '"1"' == answer.headers["etag"]
    assert answer.body == both.client.get(answer.headers["location"]).body


def test_times_are_utc_and_now(both: Service) -> None:
    """Times are RFC 3339 with Z; both are equal after a creation."""
    config = created(both.client, {})
    assert config["created_at"] == config["updated_at"]
    assert _TIME.fullmatch(config["created_at"])
    assert abs(datetime.now(UTC) - datetime.fromisoformat(config["created_at"])) < timedelta(minutes=1)


def test_absent_and_null_fields_are_null(both: Service) -> None:
    """Derived fields that content does not have, or has as null, are null."""
    for content in ({}, {"deviceName": None, "deviceEntityId": None, "enableOTA": None}):
        config = created(both.client, content)
        fields = [config[name] for name in ("device_name", "device_entity_id", "enable_ota")]
        assert [None, None, None] == fields


def test_a_config_is_read_by_id(both: Service) -> None:
    """200 has the config, and the revision as ETag."""
    made = created(both.client, {"a": 1})
    answer = both.client.get(f"/api/configs/{made['id']}")
    assert (200, made) == (answer.status, answer.json())
    assert '"1"' == answer.headers["etag"]


def test_update_replaces_the_content(both: Service) -> None:
    """200 has the next revision and the new derived fields; id and creation time stay."""
    made = created(both.client, {"deviceName": "old", "enableOTA": True})

    answer = both.client.send_json(
        "PUT", f"/api/configs/{made['id']}", {"content": {"deviceEntityId": "new", "enableOTA": False}}
    )
    config = answer.json()

    assert (200, '"2"') == (answer.status, answer.headers["etag"])
    assert CONFIG_MEMBERS == list(config)
    assert "location" not in answer.headers
    same = ("id", "mac_address", "created_at")
    assert [made[name] for name in same] == [config[name] for name in same]
    derived = [config[name] for name in ("device_name", "device_entity_id", "enable_ota", "revision")]
    assert [None, "new", False, 2] == derived
    assert config["updated_at"] > made["updated_at"]
    assert made["etag"] != config["etag"]
    assert answer.body == both.client.get(f"/api/configs/{made['id']}").body


def test_put_by_mac_creates_and_then_updates(both: Service) -> None:
    """201 with Location at first, then 200 without it; there is one config."""
    path = f"/api/configs/by-mac/{new_mac()}"

    first = both.client.send_json("PUT", path, {"content": {"a": 1}})
    second = both.client.send_json("PUT", path, {"content": {"a": 2}})

    assert [201, 200] == [first.status, second.status]
    assert ['"1"', '"2"'] == [first.headers["etag"], second.headers["etag"]]
    assert f"/api/configs/{first.json()['id']}" == first.headers["location"]
    assert "location" not in second.headers
    assert first.json()["id"] == second.json()["id"]
    assert CONFIG_MEMBERS == list(first.json()) == list(second.json())


def test_a_write_that_changes_nothing_makes_no_revision(both: Service) -> None:
    """The same bytes by id or MAC address, as object or string, leave the config unchanged."""
    text = '{"a":  1.0}'
    made = create(both.client, text)
    config = made.json()
    by_id = f"/api/configs/{config['id']}"

    same = [
        both.client.send_json("PUT", by_id, {"content": text}),
        both.client.request("PUT", by_id, b'{"content": %s}' % text.encode()),
        both.client.send_json("PUT", f"/api/configs/by-mac/{config['mac_address']}", {"content": text}),
    ]

    assert [200] * 3 == [answer.status for answer in same]
    assert [made.body] * 3 == [answer.body for answer in same]


def test_other_bytes_of_the_same_value_are_a_change(both: Service) -> None:
    """A document with other spacing has another ETag."""
    made = created(both.client, '{"a": 1}')
    changed = both.client.send_json("PUT", f"/api/configs/{made['id']}", {"content": '{"a":1}'}).json()
    assert 2 == changed["revision"]
    assert made["etag"] != changed["etag"]


def test_delete_removes_the_config(both: Service) -> None:
    """204 has no body; then both routes and a second deletion get 404."""
    made = created(both.client, {})
    path = f"/api/configs/{made['id']}"

    answer = both.client.request("DELETE", path)

    assert (204, b"") == (answer.status, answer.body)
    expect_problem(both.client.get(path), 404, "RECORD_NOT_FOUND")
    expect_problem(both.client.request("DELETE", path), 404, "RECORD_NOT_FOUND")
    expect_problem(both.client.send_json("PUT", path, {"content": {}}), 404, "RECORD_NOT_FOUND")
    document = both.client.get(f"/api/configs/{made['mac_address']}.json")
    expect_problem(document, 404, "RECORD_NOT_FOUND")


def test_revisions_continue_after_delete_and_create(both: Service) -> None:
    """The counter belongs to the MAC address; ids are not reused."""
    mac = new_mac()
    first = created(both.client, {"a": 1}, mac)
    both.client.request("DELETE", f"/api/configs/{first['id']}")
    second = created(both.client, {"a": 1}, mac)
    both.client.request("DELETE", f"/api/configs/{second['id']}")
    third = both.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": 1}})

    assert 201 == third.status
    assert [1, 3, 5] == [config["revision"] for config in (first, second, third.json())]
    assert first["id"] < second["id"] < third.json()["id"]
    assert first["etag"] == third.json()["etag"]


def test_writes_that_fail_take_no_revision(both: Service) -> None:
    """A conflict, an outdated precondition and an invalid document leave no gap."""
    made = created(both.client, {"a": 1})
    mac, path = made["mac_address"], f"/api/configs/{made['id']}"

    refused = [
        both.client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {"a": 2}}),
        both.client.send_json("PUT", path, {"content": {"a": 2}}, If_Match='"7"'),
        both.client.send_json("PUT", path, {"content": {"enableOTA": 2}}),
        both.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": 2}}, If_None_Match="*"),
    ]
    changed = both.client.send_json("PUT", path, {"content": {"a": 3}})

    assert [409, 412, 400, 412] == [answer.status for answer in refused]
    assert 2 == changed.json()["revision"]


def test_the_device_route_sends_the_bytes_and_nothing_else(both: Service) -> None:
    """It sends the stored JSON with the content ETag, and requires revalidation."""
    text = '{ "interval" : 1.10 }\n'
    config = created(both.client, text)

    answer = both.client.get(f"/api/configs/{config['mac_address']}.json")

    assert (200, text.encode()) == (answer.status, answer.body)
    assert "application/json" == answer.headers["content-type"]
    assert "no-cache" == answer.headers["cache-control"]
    assert config["etag"] == answer.headers["etag"]
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', answer.headers["etag"])


def test_the_same_bytes_have_the_same_tag_everywhere(
    shared_sqlite: Service, shared_postgresql: Service
) -> None:
    """The content ETag does not depend on the database, the device or the revision."""
    text = '{"a": "é"}'
    tags = {
        created(serve.client, text)["etag"] for serve in (shared_sqlite, shared_postgresql) for _ in range(2)
    }
    assert 1 == len(tags)


def test_health_says_healthy(both: Service) -> None:
    """200 while the database answers; the answer may not be cached."""
    answer = both.client.get("/api/health")
    assert 200 == answer.status
    assert {"status": "healthy", "database": "connected"}.items() <= answer.json().items()
    assert "no-store" == answer.headers["cache-control"]
