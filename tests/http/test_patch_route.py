"""`POST /api/configs/patch`: one merge patch to every config that a filter selects."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.api import created, expect_problem
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

PATH = "/api/configs/patch"
COUNTS = ["dry_run", "new", "changed", "deleted", "restored", "same", "skipped", "refused", "stored"]


def _patch(client: Caller, match: object, merge: object, query: str = "", **more: object) -> Answer:
    return client.send_json("POST", f"{PATH}{query}", {"match": match, "merge": merge, **more})


def _group(client: Caller, *contents: Mapping[str, object]) -> tuple[str, list[Any]]:
    """Configs whose names contain a unique word; the word, and the configs sorted by MAC address."""
    word = f"Group{secrets.token_hex(6)}"
    configs = [
        created(client, {"deviceName": f"{word} {number}", **content})
        for number, content in enumerate(contents)
    ]
    return word, sorted(configs, key=lambda config: str(config["mac_address"]))


def _now(client: Caller, configs: list[Any]) -> list[Any]:
    return [client.get(f"/api/configs/{config['id']}").json() for config in configs]


def _counts(members: dict[str, Any]) -> dict[str, int]:
    return {name: members[name] for name in COUNTS if members[name]}


def test_each_device_has_its_result(both: Service) -> None:
    """Results are sorted by MAC address, with outcome and revision; an unchanged config gets no revision."""
    word, configs = _group(both.client, {"a": 1}, {"a": 2}, {"a": 1}, {"b": 1})
    answer = _patch(both.client, word, {"a": 2}, message="all to 2")
    assert (200, "application/json") == (answer.status, answer.headers["content-type"])
    assert str(len(answer.body)) == answer.headers["content-length"]
    body = answer.json()
    assert ["results", *COUNTS, "errors", "errors_left_out"] == list(body)
    assert {"changed": 3, "same": 1, "stored": True} == _counts(body)
    expected = [
        {
            "mac_address": config["mac_address"],
            "id": config["id"],
            "outcome": "same" if config["content"].get("a") == 2 else "changed",
            "revision": 1 if config["content"].get("a") == 2 else 2,
        }
        for config in configs
    ]
    assert expected == body["results"]
    for before, after in zip(configs, _now(both.client, configs), strict=True):
        assert {**before["content"], "a": 2} == after["content"]
        newest = both.client.get(f"/api/configs/{after['id']}/revisions").json()["revisions"][0]
        if after["revision"] == 2:
            assert ("update", "anonymous", "all to 2") == (
                *(newest["operation"], newest["author"], newest["message"]),
            )


def test_a_repeated_patch_changes_nothing(both: Service) -> None:
    """A run can be repeated after a kill without a second change."""
    word, configs = _group(both.client, {}, {}, {})
    assert {"changed": 3, "stored": True} == _counts(_patch(both.client, word, {"a": 2}).json())
    after = _now(both.client, configs)
    assert {"same": 3} == _counts(_patch(both.client, word, {"a": 2}).json())
    assert after == _now(both.client, configs)


def test_a_dry_run_shows_samples(both: Service) -> None:
    """It has counts, each device's result, and the diffs of the first few; nothing is stored."""
    word, configs = _group(both.client, *[{"a": 1}] * 7)
    body = _patch(both.client, word, {"a": 2}, "?dry_run=true").json()
    assert ["results", *COUNTS, "errors", "errors_left_out", "samples"] == list(body)
    assert {"dry_run": True, "changed": 7} == _counts(body)
    assert 7 == len(body["results"])
    assert [config["id"] for config in configs[:5]] == [sample["id"] for sample in body["samples"]]
    for sample in body["samples"]:
        assert ["mac_address", "id", "revision", "json_patch", "unified_diff"] == list(sample)
        assert [{"op": "replace", "path": "/a", "value": 2}] == sample["json_patch"]
        assert '+  "a": 2' in sample["unified_diff"]
        assert 1 == sample["revision"]
    assert configs == _now(both.client, configs)


def test_one_invalid_result_refuses_the_patch(both: Service) -> None:
    """400 has device and reason; with `keep_going`, the others are patched."""
    long = json.dumps({"a": "x" * (256 * 1024 - 200)})
    word, configs = _group(both.client, {}, {}, {})
    large = created(both.client, {**json.loads(long), "deviceName": f"{word} large"})
    merge = {"b": "y" * 300}
    refused = _patch(both.client, word, merge)
    problem = expect_problem(refused, 400, "VALIDATION_FAILED")
    assert large["mac_address"] in problem["error"]
    details = problem["details"]
    assert {"refused": 1, "changed": 3} == _counts(details)
    assert [(large["mac_address"], "CONTENT_TOO_LARGE")] == [
        (one["place"], one["code"]) for one in details["errors"]
    ]
    everyone = [*configs, large]
    assert everyone == _now(both.client, everyone)

    dry = _patch(both.client, word, merge, "?dry_run=true")
    assert (200, {"dry_run": True, "changed": 3, "refused": 1}) == (dry.status, _counts(dry.json()))
    assert everyone == _now(both.client, everyone)

    kept = _patch(both.client, word, merge, "?keep_going=true").json()
    assert {"changed": 3, "refused": 1, "stored": True} == _counts(kept)
    assert details["errors"] == kept["errors"]
    assert [2, 2, 2, 1] == [config["revision"] for config in _now(both.client, everyone)]


@pytest.mark.parametrize("merge", [{"deviceName": 1}, {"enableOTA": "yes"}, {"deviceEntityId": "x" * 256}])
def test_a_patch_with_invalid_results_only(both: Service, merge: object) -> None:
    """400 lists every device, and nothing is changed."""
    word, configs = _group(both.client, {}, {})
    problem = expect_problem(_patch(both.client, word, merge), 400, "VALIDATION_FAILED")
    assert [config["mac_address"] for config in configs] == [
        one["place"] for one in problem["details"]["errors"]
    ]
    assert configs == _now(both.client, configs)


def test_the_filter_is_that_of_lists(both: Service) -> None:
    """It matches name, entity id or MAC address, literally and without case, and `enable_ota`."""
    word, (first, second) = _group(both.client, {"enableOTA": True}, {"enableOTA": False})
    on = first if first["enable_ota"] else second
    for match, more, expected in (
        (word.upper(), {}, 2),
        (word.lower(), {"enable_ota": None}, 2),
        (word, {"enable_ota": True}, 1),
        (on["mac_address"].upper(), {}, 1),
        (f"{word}%", {}, 0),
        (f"{word[:-1]}_", {}, 0),
        (f"{word}.*", {}, 0),
    ):
        found = _patch(both.client, match, {"a": 1}, "?dry_run=true", **more).json()
        assert expected == found["changed"], match
    assert [on["id"]] == [
        one["id"] for one in _patch(both.client, word, {"a": 1}, enable_ota=True).json()["results"]
    ]


def test_an_empty_selection_is_a_success(both: Service) -> None:
    """Nothing is selected, and nothing is changed."""
    answer = _patch(both.client, f"unknown-{secrets.token_hex(8)}", {"a": 1})
    assert (200, [], {}) == (
        answer.status,
        answer.json()["results"],
        _counts(answer.json()),
    )


def test_an_empty_filter_selects_all(start_service: Callable[..., Service]) -> None:
    """It must be given explicitly."""
    client = start_service().client
    for _ in range(3):
        created(client, {})
    body = _patch(client, "", {"nowhere": None}, "?dry_run=true").json()
    assert (3, {"dry_run": True, "same": 3}) == (len(body["results"]), _counts(body))


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"merge": {"a": 1}}),
        ("", {"match": None, "merge": {"a": 1}}),
        ("", {"match": 1, "merge": {"a": 1}}),
        ("", {"match": ["x"], "merge": {"a": 1}}),
        ("", {"match": "x"}),
        ("", {"match": "x", "merge": None}),
        ("", {"match": "x", "merge": []}),
        ("", {"match": "x", "merge": '{"a": 1}'}),
        ("", {"match": "x", "merge": {"a": "\0"}}),
        ("", {"match": "a\0b", "merge": {"a": 1}}),
        ("", {"match": "x" * 256, "merge": {"a": 1}}),
        ("", {"match": "x", "merge": {"a": 1}, "enable_ota": "true"}),
        ("", {"match": "x", "merge": {"a": 1}, "message": 1}),
        ("", {"match": "x", "merge": {"a": 1}, "message": "m" * 1001}),
        ("", {"match": "x", "merge": {"a": 1}, "dry_run": True}),
        ("", []),
        ("?match=x", {"merge": {"a": 1}}),
        ("?dry_run=1", {"match": "", "merge": {"a": 1}}),
        ("?dry_run=true&dry_run=true", {"match": "", "merge": {"a": 1}}),
        ("?keep_going=yes", {"match": "", "merge": {"a": 1}}),
        ("?on_conflict=replace", {"match": "", "merge": {"a": 1}}),
        ("?message=a", {"match": "", "merge": {"a": 1}, "message": "b"}),
    ],
)
def test_an_invalid_filter_is_refused(untouched_single: Caller, query: str, body: object) -> None:
    """A missing or misspelt filter could mean all configs."""
    expect_problem(untouched_single.send_json("POST", f"{PATH}{query}", body), 400, "VALIDATION_FAILED")
