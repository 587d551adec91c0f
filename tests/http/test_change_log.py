"""`GET /api/changes`: the change log as a list. Other tests share the services, so each has its own devices and tags."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

MEMBERS = [
    "position",
    "change",
    "kind",
    "operation",
    "subject",
    "revision",
    "author",
    "message",
    "created_at",
]


def _changes(client: Caller, query: str, cursor: int | str | None = None) -> list[Any]:
    """All pages after `cursor`."""
    found: list[Any] = []
    while True:
        answer = client.get(f"/api/changes?{query}" + (f"&cursor={cursor}" if cursor is not None else ""))
        assert 200 == answer.status, answer.body
        page = answer.json()
        assert ["changes", "next", "position", "oldest"] == list(page)
        found += page["changes"]
        cursor = page["next"]
        if cursor is None:
            return found


def test_changes_of_a_device(both: Service) -> None:
    """The newest comes first, with the write's id, its author and message; a change of tags keeps the revision."""
    client, config = both.client, created(both.client, {})
    mac, path = config["mac_address"], f"/api/configs/{config['id']}"
    changed = client.send_json("PUT", f"{path}?message=why", {"content": {"a": 1}}).json()
    tagged = client.request("PUT", f"/api/devices/{mac}/tags/t1").headers["iotconfig-change"]
    noted = client.send_json("PUT", f"/api/devices/{mac}/note", {"note": "by the door"})
    found = _changes(client, f"device={mac.upper().replace(':', '-')}&limit=1")

    assert [[*MEMBERS, "note"], [*MEMBERS, "tags"], MEMBERS, MEMBERS] == [list(each) for each in found]
    assert [
        ("tags", "note", 2, noted.headers["iotconfig-change"], None),
        ("tags", "tag", 2, tagged, None),
        ("config", "update", 2, changed["change"], "why"),
        ("config", "create", 1, config["change"], None),
    ] == [(c["kind"], c["operation"], c["revision"], c["change"], c["message"]) for c in found]
    assert {(mac, "anonymous")} == {(each["subject"], each["author"]) for each in found}
    assert {"before": None, "after": "by the door"} == found[0]["note"]
    assert {"added": ["t1"], "removed": []} == found[1]["tags"]
    assert changed["updated_at"] == found[2]["created_at"]
    assert found[0]["position"] > found[1]["position"] > found[2]["position"]
    assert found[::-1] == _changes(client, f"device={mac}&order=oldest")


def test_filters(both: Service) -> None:
    """By author, operation, tags and time, all of which must match."""
    client, tag, author = both.client, f"t{secrets.token_hex(6)}", secrets.token_hex(6)
    one, other = (
        client.request(
            "POST",
            "/api/configs",
            f'{{"mac_address":"{new_mac()}","content":{{}}}}'.encode(),
            {"Content-Type": "application/json", "Iotconfig-Author": author},
        ).json()
        for _ in range(2)
    )
    client.request("PUT", f"/api/devices/{one['mac_address']}/tags/{tag}")
    by_author = f"author={quote(f'{author} (unverified)')}"

    def subjects(query: str) -> list[str]:
        return [each["subject"] for each in _changes(client, query)]

    macs = [other["mac_address"], one["mac_address"]]
    assert macs[1:] == subjects(f"change={one['change']}")
    assert [] == subjects(f"change={one['change']}&operation=tag")
    assert macs == subjects(by_author)
    assert macs[1:] == subjects(f"{by_author}&tag={tag}")
    assert macs[:1] == subjects(f"{by_author}&tag=!{tag}")
    assert [macs[1]] * 2 == subjects(f"tag={tag}")
    assert macs[1:] == subjects(f"tag={tag}&operation=create")
    assert [] == subjects(f"{by_author}&operation=delete")
    assert macs[1:] == subjects(f"tag={tag}&operation=tag")
    assert [] == subjects(f"tag={tag}&operation=note")
    assert macs[:1] == subjects(f"{by_author}&from={quote(other['created_at'])}")
    assert macs[1:] == subjects(f"{by_author}&until={quote(other['created_at'])}")
    local = datetime.fromisoformat(other["created_at"]).astimezone(UTC).isoformat()
    assert macs[:1] == subjects(f"{by_author}&from={quote(local)}")


def test_a_reader_goes_on_where_it_was(both: Service) -> None:
    """`position` is the cursor of a reader that has read everything: it gets what comes later, the oldest first."""
    client = both.client
    begin = client.get("/api/changes?limit=1").json()
    macs = [created(client, {})["mac_address"] for _ in range(3)]
    found = _changes(client, "order=oldest&limit=2", begin["position"])

    assert macs == [each["subject"] for each in found]
    assert [begin["position"] + n for n in (1, 2, 3)] == [each["position"] for each in found]


@pytest.mark.parametrize(
    "query", ["order=oldest&cursor=1000000000", "cursor=1000000000", "cursor=999999999999999999"]
)
def test_a_cursor_of_another_log_is_refused(both: Service, query: str) -> None:
    """410 names the end of the log, as after an older backup was put back."""
    problem = expect_problem(both.client.get(f"/api/changes?{query}"), 410, "RECORD_GONE")

    assert "an older backup of the database was put back" in problem["error"]
    assert {"position", "oldest"} == set(problem["details"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("cursor=-1", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%D9%A3", "cursor"),
        ("cursor=1000000000000000000", "cursor"),
        ("order=sideways", "newest, oldest"),
        ("operation=explode", "create, update"),
        ("from=yesterday", "2027-06-30T12:00:00Z"),
        ("from=2026-01-01", "2027-06-30T12:00:00Z"),
        ("until=2026-01-01T00:00:00+01:00", "%2B"),
        ("until=2026-13-01T00:00:00Z", "2027-06-30T12:00:00Z"),
        ("from=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "first time must be before"),
        ("change=", "16 hexadecimal digits"),
        ("change=0123456789ABCDEF", "16 hexadecimal digits"),
        ("author=", "author"),
        ("author=%00", "author"),
        (f"author={'a' * 256}", "author"),
        ("tag=A", "is no tag"),
        ("tag=a&tag=!a", "finds nothing"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("author=a&author=b", "more than once"),
    ],
)
def test_what_is_no_query_is_refused(untouched: Caller, query: str, words: str) -> None:
    """The sentence names the parameter, and what it takes."""
    assert words in expect_problem(untouched.get(f"/api/changes?{query}"), 400, "VALIDATION_FAILED")["error"]


def test_a_malformed_device_is_refused(untouched: Caller) -> None:
    """As everywhere else."""
    expect_problem(untouched.get("/api/changes?device=zz"), 400, "INVALID_OPERATION")
