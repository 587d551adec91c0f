"""A config's history over HTTP: lists, single revisions, and differences."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonpatch import JsonPatch

from iotconfig.domain.configs.revisions import Retention
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from tests.support.api import created, expect_problem
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

SUMMARY = [
    "config_id",
    "mac_address",
    "revision",
    "operation",
    "etag",
    "author",
    "message",
    "created_at",
    "change",
]

CONTENTS = ['{"a":1.10,  "deviceName": "é"}', '{"b": [1E2, {"c": "\\u00e9"}]}', '{"b": [true], "d": null}']

# Spellings of a revision that are not accepted in a path or a parameter.
NO_NUMBERS = [
    *("0", "-1", "%2B1", "01", "1.0", "1e0", "1_0", "0x1", "%201", "1%20", "1%0A", "x", "null", "latest"),
    *("%D9%A1", "%EF%BC%91", "%C2%B9", "1%00", "9" * 19, "9223372036854775808", "9" * 400),
]


@pytest.fixture
def config(both: Service) -> Any:
    """A config with three contents, at revision 3."""
    return _third(both.client)


@pytest.fixture(scope="module")
def on_single(single: Service) -> Any:
    """The same on SQLite, for tests without changes."""
    return _third(single.client)


def _third(client: Caller) -> Any:
    made = created(client, CONTENTS[0])
    for content in CONTENTS[1:]:
        answer = client.send_json("PUT", _path(made), {"content": content})
        assert 200 == answer.status, answer.body
    return answer.json()


def _path(config: Any, rest: str = "") -> str:
    return f"/api/configs/{config['id']}{rest}"


def _ok(answer: Answer) -> Any:
    assert 200 == answer.status, answer.body
    assert ("application/json", "private, no-cache") == (
        answer.headers["content-type"],
        answer.headers["cache-control"],
    )
    return answer.json()


def test_the_list_shows_every_change(both: Service, config: Any) -> None:
    """The newest is first, with all the documented members and no content."""
    client = both.client
    assert 204 == client.request("DELETE", f"{_path(config)}?message=broken").status
    answer = _ok(client.get(_path(config, "/revisions")))
    assert ["revisions", "next"] == list(answer)
    assert None is answer["next"]
    found = answer["revisions"]
    assert [SUMMARY] * 4 == [list(revision) for revision in found]
    assert [
        (4, "delete", "broken"),
        (3, "update", None),
        (2, "update", None),
        (1, "create", None),
    ] == [(one["revision"], one["operation"], one["message"]) for one in found]
    assert [None, config["etag"]] == [one["etag"] for one in found[:2]]
    assert {(config["id"], config["mac_address"], "anonymous")} == {
        (one["config_id"], one["mac_address"], one["author"]) for one in found
    }
    times = [one["created_at"] for one in found]
    assert sorted(times, reverse=True) == times
    assert (config["created_at"], config["updated_at"]) == (times[3], times[1])


def test_pages_hold_every_revision_once(both: Service, config: Any) -> None:
    """This holds during further changes: each page continues the one before."""
    seen = []
    cursor = ""
    for number in range(3):
        page = _ok(both.client.get(_path(config, f"/revisions?limit=1{cursor}")))
        seen += [revision["revision"] for revision in page["revisions"]]
        cursor = f"&cursor={page['next']}"
        assert (page["next"] is None) == (number == 2)
        both.client.send_json("PUT", _path(config), {"content": {"later": number}})
    assert [3, 2, 1] == seen
    assert {"revisions": [], "next": None} == _ok(both.client.get(_path(config, "/revisions?cursor=1")))


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={value}" for value in ("", "0", "-1", "1001", "1.0", "x", "%D9%A3")),
        *(f"cursor={value}" for value in ("", *NO_NUMBERS)),
        *("limit=1&limit=1", "cursor=1&cursor=1", "count=true", "q=a", "from=1", "x"),
    ],
    ids=lambda query: query[:30],
)
def test_a_list_with_a_bad_query_is_refused(untouched_single: Caller, query: str) -> None:
    """Each parameter has one form, and the refusal names it."""
    first = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    problem = expect_problem(
        untouched_single.get(_path(first, f"/revisions?{query}")), 400, "VALIDATION_FAILED"
    )
    assert {"parameter": query.partition("=")[0]} == problem["details"]


def test_one_revision_has_its_content_verbatim(both: Service, config: Any) -> None:
    """It has the exact bytes; a deletion has none."""
    for number, content in enumerate(CONTENTS, start=1):
        answer = both.client.get(_path(config, f"/revisions/{number}"))
        assert [*SUMMARY, "content"] == list(_ok(answer))
        assert answer.body.endswith(f'"content": {content}}}'.encode()), answer.body
    both.client.request("DELETE", _path(config))
    deletion = _ok(both.client.get(_path(config, "/revisions/4")))
    assert ("delete", None, None) == (deletion["operation"], deletion["etag"], deletion["content"])


@pytest.mark.parametrize("number", [*NO_NUMBERS, "4", "999999999999999999"], ids=lambda text: text[:20])
def test_invalid_revisions_are_not_found(single: Service, on_single: Any, number: str) -> None:
    """Every other spelling gets 404, as for an id."""
    answer = single.client.get(_path(on_single, f"/revisions/{number}"))
    expect_problem(answer, 404, "RECORD_NOT_FOUND")


@pytest.mark.parametrize("rest", ["/revisions", "/revisions/1", "/diff"])
@pytest.mark.parametrize(
    "segment", [*NO_NUMBERS, "9223372036854775807", "02:fe:ed:00:00:01"], ids=lambda text: text[:20]
)
def test_an_unknown_config(untouched_single: Caller, segment: str, rest: str) -> None:
    """404 repeats the requested id."""
    answer = untouched_single.get(f"/api/configs/{segment}{rest}")
    problem = expect_problem(answer, 404, "RECORD_NOT_FOUND")
    assert problem["error"].startswith("Config "), problem


@pytest.mark.parametrize(
    "rest", ["/revisions/1?x=1", "/diff?x=1", "/diff?from=1&from=2", "/diff?dry_run=true"]
)
def test_unknown_and_repeated_parameters_are_refused(single: Service, on_single: Any, rest: str) -> None:
    """A misspelt parameter is noticed."""
    expect_problem(single.client.get(_path(on_single, rest)), 400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("query", "first", "second"),
    [
        ("", 2, 3),
        ("?to=2", 1, 2),
        ("?from=1", 1, 3),
        ("?from=3&to=1", 3, 1),
        ("?from=2&to=2", 2, 2),
    ],
)
def test_a_diff_turns_one_into_the_other(
    both: Service, config: Any, query: str, first: int, second: int
) -> None:
    """By default it is of the last change; the applied JSON Patch gives the other document."""
    answer = _ok(both.client.get(_path(config, f"/diff{query}")))
    assert ["from", "to", "json_patch", "unified_diff"] == list(answer)
    assert [SUMMARY, SUMMARY] == [list(answer["from"]), list(answer["to"])]
    assert (first, second) == (answer["from"]["revision"], answer["to"]["revision"])
    source, target = (json.loads(CONTENTS[number - 1]) for number in (first, second))
    assert target == JsonPatch(answer["json_patch"]).apply(source)
    assert (first == second) == (answer["json_patch"] == [])
    mac = config["mac_address"]
    head = f"--- {mac}.json revision {first}\n+++ {mac}.json revision {second}\n@@"
    assert answer["unified_diff"].startswith(head) if first != second else "" == answer["unified_diff"]


def test_the_first_revision_is_compared_with_null(both: Service, config: Any) -> None:
    """No document precedes it, which is null, as for a deletion."""
    answer = _ok(both.client.get(_path(config, "/diff?to=1")))
    assert (None, 1) == (answer["from"], answer["to"]["revision"])
    assert [{"op": "replace", "path": "", "value": json.loads(CONTENTS[0])}] == answer["json_patch"]
    assert answer["unified_diff"].startswith("--- /dev/null\n+++ ")


def test_a_diff_shows_numbers_as_they_were_written(both: Service, config: Any) -> None:
    """The diff has one line for each member, whatever the spacing is."""
    lines = _ok(both.client.get(_path(config, "/diff?from=1&to=2")))["unified_diff"].splitlines()
    assert ['-  "a": 1.10,', '-  "deviceName": "é"'] == [line for line in lines if line.startswith("-  ")]
    assert "+    1E2," in lines


def test_a_deletion_in_a_diff_has_no_document(both: Service, config: Any) -> None:
    """Its side is null, and every line is removed or added."""
    both.client.request("DELETE", _path(config))
    gone = _ok(both.client.get(_path(config, "/diff")))
    assert (3, 4, "delete") == (gone["from"]["revision"], gone["to"]["revision"], gone["to"]["operation"])
    assert [{"op": "replace", "path": "", "value": None}] == gone["json_patch"]
    assert "+{" not in gone["unified_diff"]
    back = _ok(both.client.get(_path(config, "/diff?from=4&to=3")))
    assert [{"op": "replace", "path": "", "value": json.loads(CONTENTS[2])}] == back["json_patch"]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("value", ["", *NO_NUMBERS], ids=lambda text: text[:20])
def test_a_diff_takes_numbers_of_revisions_only(
    single: Service, on_single: Any, name: str, value: str
) -> None:
    """Other spellings get 400, which names the parameter."""
    answer = single.client.get(_path(on_single, f"/diff?{name}={value}"))
    assert {"parameter": name} == expect_problem(answer, 400, "VALIDATION_FAILED")["details"]


@pytest.mark.parametrize("query", ["from=4", "to=4", "from=1&to=99", "to=999999999999999999"])
def test_a_diff_with_an_unknown_revision(both: Service, config: Any, query: str) -> None:
    """404 names the revision."""
    problem = expect_problem(both.client.get(_path(config, f"/diff?{query}")), 404, "RECORD_NOT_FOUND")
    assert problem["error"].startswith(f"Revision {query.rpartition('=')[2]} of config {config['id']}")


def test_a_pruned_revision_is_gone(start_service: Callable[..., Service], database_url: str) -> None:
    """Each use gets 410, which has the last pruned revision."""
    client = start_service().client
    config = _third(client)
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        (step,) = services.history.prune(Retention(keep=1, older_than=datetime.now(UTC)))
    assert 2 == step.revisions
    assert [3] == [one["revision"] for one in client.get(_path(config, "/revisions")).json()["revisions"]]
    rollback = client.send_json("POST", _path(config, "/rollback"), {"revision": 2})
    paths = ("/revisions/1", "/revisions/2", "/diff?from=1", "/diff?from=3&to=2")
    for answer in (rollback, *(client.get(_path(config, rest)) for rest in paths)):
        assert {"pruned_to": 2} == expect_problem(answer, 410, "RECORD_GONE")["details"]
    expect_problem(client.get(_path(config, "/revisions/4")), 404, "RECORD_NOT_FOUND")
    unknown = expect_problem(client.get(_path(config, "/diff")), 410, "RECORD_GONE")
    assert "Revision 3 of config 1 has no earlier revision" in unknown["error"]


@pytest.mark.parametrize("rest", ["/revisions", "/revisions/2", "/diff"])
def test_head_answers_as_get_does(single: Service, on_single: Any, rest: str) -> None:
    """Headers are equal, and the body is empty."""
    full = single.client.get(_path(on_single, rest))
    head = single.client.request("HEAD", _path(on_single, rest))
    assert (200, b"") == (head.status, head.body)
    for name in ("content-type", "content-length", "cache-control"):
        assert full.headers[name] == head.headers[name]
