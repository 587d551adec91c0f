"""Undo of deletions: deleted configs are listed, and are restored with their id."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import create, created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

DELETED = ["id", "mac_address", "device_name", "revision", "author", "message", "deleted_at"]
CONTENT = '{"deviceName": "gone é",  "n": 1.10}'


def _deleted(client: Caller, message: str = "m") -> Any:
    """A config that was just deleted."""
    config = created(client, CONTENT)
    assert 204 == client.request("DELETE", f"/api/configs/{config['id']}?message={message}").status
    return config


def _restore(config: Any) -> str:
    return f"/api/deleted-configs/{config['id']}/restore"


def test_deleted_configs_are_listed(both: Service) -> None:
    """The latest is first; each has its last name, author, message and time."""
    first, second = _deleted(both.client, "one"), _deleted(both.client, "two")
    answer = both.client.get("/api/deleted-configs?limit=2")
    assert (200, "private, no-cache") == (answer.status, answer.headers["cache-control"])
    assert ["configs", "next"] == list(answer.json())
    found = answer.json()["configs"]
    assert [DELETED, DELETED] == [list(one) for one in found]
    assert [(second["id"], "two"), (first["id"], "one")] == [(one["id"], one["message"]) for one in found]
    assert (first["mac_address"], "gone é", 2, "anonymous") == (
        *(found[1]["mac_address"], found[1]["device_name"], found[1]["revision"], found[1]["author"]),
    )
    assert first["updated_at"] < found[1]["deleted_at"] < found[0]["deleted_at"]
    head = both.client.request("HEAD", "/api/deleted-configs?limit=2")
    assert (200, b"", str(len(answer.body))) == (head.status, head.body, head.headers["content-length"])


def test_pages_hold_every_deletion_once(both: Service) -> None:
    """This holds during further deletions: each page continues the one before."""
    mine = [_deleted(both.client)["id"] for _ in range(5)]
    seen, query = [], "?limit=2"
    for _ in range(3):
        page = both.client.get(f"/api/deleted-configs{query}").json()
        seen += [one["id"] for one in page["configs"]]
        query = f"?limit=2&cursor={page['next']}"
        _deleted(both.client)
    assert mine[::-1] == seen[:5]


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={value}" for value in ("", "0", "-1", "1001", "1.0", "x")),
        *(f"cursor={value}" for value in ("", "0", "1", "1-0", "-1-1", "1-1-1", "1-%D9%A1", "1-1%0A", "x-1")),
        *("cursor=" + "9" * 18 + "-1", "cursor=1-" + "9" * 19, "cursor=02ab00000001"),
        *("limit=1&limit=1", "q=a", "count=true", "x"),
    ],
)
def test_a_list_with_a_bad_query_is_refused(untouched_single: Caller, query: str) -> None:
    """Each parameter has one form, and the refusal names it."""
    problem = expect_problem(untouched_single.get(f"/api/deleted-configs?{query}"), 400, "VALIDATION_FAILED")
    assert {"parameter": query.partition("=")[0]} == problem["details"]


@pytest.mark.parametrize("cursor", ["0-1", "99999999999999999-999999999999999999"])
def test_a_cursor_at_the_maximum_time(both: Service, cursor: str) -> None:
    """It is valid."""
    assert 200 == both.client.get(f"/api/deleted-configs?cursor={cursor}").status


def test_a_deleted_config_is_restored(both: Service) -> None:
    """It has its id, bytes and creation time, and the next revision; it is not listed any more."""
    config = _deleted(both.client)
    answer = both.client.request("POST", _restore(config))
    path = f"/api/configs/{config['id']}"
    assert (200, '"3"', path) == (answer.status, answer.headers["etag"], answer.headers["location"])
    restored = answer.json()
    changed = {"revision": 3, "updated_at": restored["updated_at"], "change": restored["change"]}
    assert {**config, **changed} == restored
    assert answer.body == both.client.get(path).body
    assert CONTENT.encode() == both.client.get(f"/api/configs/{config['mac_address']}.json").body
    listed = both.client.get("/api/deleted-configs?limit=1000").json()["configs"]
    assert config["id"] not in [one["id"] for one in listed]
    history = both.client.get(f"{path}/revisions").json()["revisions"]
    assert ["restore", "delete", "create"] == [one["operation"] for one in history]


def test_an_existing_config_cannot_be_restored(both: Service) -> None:
    """409 names the device."""
    config = created(both.client, {})
    problem = expect_problem(both.client.request("POST", _restore(config)), 409, "RECORD_EXISTS")
    assert config["mac_address"] in problem["error"]
    assert config == both.client.get(f"/api/configs/{config['id']}").json()


def test_a_config_is_not_restored_to_a_device_in_use(both: Service) -> None:
    """409 until the newer config is deleted, which is then listed itself."""
    config = _deleted(both.client)
    newer = created(both.client, {"newer": True}, config["mac_address"])
    problem = expect_problem(both.client.request("POST", _restore(config)), 409, "RECORD_EXISTS")
    assert {"mac_address": config["mac_address"]} == problem["details"]
    assert newer == both.client.get(f"/api/configs/{newer['id']}").json()
    both.client.request("DELETE", f"/api/configs/{newer['id']}")
    assert (200, 5) == (
        (answer := both.client.request("POST", _restore(config))).status,
        answer.json()["revision"],
    )
    expect_problem(both.client.request("POST", _restore(newer)), 409, "RECORD_EXISTS")


@pytest.mark.parametrize(
    "segment",
    [
        "0",
        "01",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "9" * 19,
        "x",
        "02:fe:ed:00:00:01",
        "%D9%A1",
    ],
)
def test_an_unknown_config_cannot_be_restored(untouched: Caller, segment: str) -> None:
    """404 repeats the requested id."""
    answer = untouched.request("POST", f"/api/deleted-configs/{segment}/restore")
    assert expect_problem(answer, 404, "RECORD_NOT_FOUND")["error"].startswith("Config ")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        *(("?dry_run=true", b""), ("?x=1", b""), ("?message=a&message=b", b""), ("?message=%00", b"")),
        *(
            ("", b"[]"),
            ("", b'{"x": 1}'),
            ("", b'{"message": 1}'),
            ("", b"{"),
            ("?message=a", b'{"message": "b"}'),
        ),
    ],
)
def test_a_restore_with_bad_input_is_refused(both: Service, query: str, body: bytes) -> None:
    """The config stays deleted."""
    config = _deleted(both.client)
    answer = both.client.request("POST", f"{_restore(config)}{query}", body)
    expect_problem(answer, 400, "VALIDATION_FAILED")
    expect_problem(both.client.get(f"/api/configs/{config['id']}"), 404, "RECORD_NOT_FOUND")


def test_a_device_keeps_its_counter_over_deletions(both: Service) -> None:
    """No revision is used twice, by any config of the device."""
    mac = new_mac()
    for revision in (1, 3, 5):
        config = create(both.client, {}, mac).json()
        assert revision == config["revision"]
        both.client.request("DELETE", f"/api/configs/{config['id']}")
