"""`POST /api/configs/patch`: one merge patch to every config that is selected."""

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
    assert ["results", *COUNTS, "change", "errors", "errors_left_out"] == list(body)
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
    assert ["results", *COUNTS, "change", "errors", "errors_left_out", "samples"] == list(body)
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


def test_match_is_the_text_of_lists(both: Service) -> None:
    """It matches name, entity id or MAC address, literally and without case, together with `enable_ota`."""
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
        found = _patch(both.client, match, {"a": 1}, "?dry_run=true", allow_empty=True, **more).json()
        assert expected == found["changed"], match
    assert [on["id"]] == [
        one["id"] for one in _patch(both.client, word, {"a": 1}, enable_ota=True).json()["results"]
    ]


def _select(client: Caller, query: str = "?dry_run=true", **selection: object) -> list[str]:
    """The MAC addresses of the configs that a patch selects."""
    answer = client.send_json("POST", f"{PATH}{query}", {"merge": {"seen": 1}, **selection})
    assert 200 == answer.status, answer.json()
    return [one["mac_address"] for one in answer.json()["results"]]


def test_exact_selections(both: Service) -> None:
    """Addresses in any spelling and exact names are one of many, and conditions are all of many."""
    word, configs = _group(both.client, {"gain": 1.0}, {"gain": "1"}, {"mqtt": {"host": "a"}}, {"gain": 1})
    addresses = [config["mac_address"] for config in configs]
    names = {config["device_name"][-1]: config["mac_address"] for config in configs}
    upper = [address.upper().replace(":", "-") for address in addresses]

    assert addresses == _select(both.client, mac_addresses=[*reversed(upper), addresses[0]])
    assert [names["2"]] == _select(both.client, device_names=[f"{word} 2"])
    assert sorted([names["0"], names["1"]]) == _select(
        both.client, mac_addresses=[names["0"]], device_names=[f"{word} 1"]
    )
    assert sorted([names["0"], names["3"]]) == _select(both.client, match=word, where={"/gain": 1})
    assert [names["1"]] == _select(both.client, match=word, where={"/gain": "1"})
    assert [names["2"]] == _select(both.client, where={"/mqtt/host": "a", "/deviceName": f"{word} 2"})
    assert [names["3"]] == _select(
        both.client, "", mac_addresses=[names["3"], names["1"]], where={"/gain": 1}
    )
    assert [1, 2] == sorted({config["revision"] for config in _now(both.client, configs)})


def test_named_configs_that_do_not_exist(both: Service) -> None:
    """400 lists them, and nothing is stored; with `keep_going` the others are patched."""
    _, (config,) = _group(both.client, {})
    unknown = f"unknown {secrets.token_hex(8)}"
    body = {
        "mac_addresses": ["02:ff:ff:ff:ff:01", config["mac_address"]],
        "device_names": [unknown],
        "merge": {"a": 1},
        "expect": 1,
    }
    problem = expect_problem(both.client.send_json("POST", PATH, body), 400, "VALIDATION_FAILED")
    expected = [("02:ff:ff:ff:ff:01", "RECORD_NOT_FOUND"), (unknown, "RECORD_NOT_FOUND")]
    assert expected == [(one["place"], one["code"]) for one in problem["details"]["errors"]]
    assert [config] == _now(both.client, [config])

    kept = both.client.send_json("POST", f"{PATH}?keep_going=true", body).json()
    assert {"changed": 1, "refused": 2, "stored": True} == _counts(kept)


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_an_empty_selection(both: Service, query: str) -> None:
    """422, unless the body allows or expects it."""
    unknown = f"unknown-{secrets.token_hex(8)}"
    selections: tuple[dict[str, object], ...] = (
        {"match": unknown},
        {"mac_addresses": []},
        {"device_names": []},
    )
    for selection in selections:
        body = {**selection, "merge": {"a": 1}}
        refused = both.client.send_json("POST", f"{PATH}{query}", body)
        problem = expect_problem(refused, 422, "UNPROCESSABLE")
        assert {"selected": 0} == problem["details"]
        assert "No config is selected" in problem["error"]
        for more in ({"allow_empty": True}, {"expect": 0}):
            assert [] == _select(both.client, query, **selection, **more)


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_another_number_of_configs_than_expected(both: Service, query: str) -> None:
    """412 has both numbers, and nothing is stored."""
    word, configs = _group(both.client, {}, {})
    for expect in (0, 1, 3):
        refused = _patch(both.client, word, {"a": 1}, query, expect=expect)
        problem = expect_problem(refused, 412, "PRECONDITION_FAILED")
        assert {"selected": 2, "expected": expect} == problem["details"]
    assert configs == _now(both.client, configs)
    assert 2 == len(_patch(both.client, word, {"a": 1}, query, expect=2).json()["results"])


def test_all_configs(start_service: Callable[..., Service]) -> None:
    """They are selected explicitly."""
    client = start_service().client
    for _ in range(3):
        created(client, {})
    assert 3 == len(_select(client, all=True))


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"merge": {"a": 1}}),
        ("", {"match": None, "merge": {"a": 1}}),
        ("", {"match": "", "merge": {"a": 1}}),
        ("", {"all": False, "merge": {"a": 1}}),
        ("", {"where": {}, "merge": {"a": 1}}),
        ("", {"mac_addresses": None, "device_names": None, "merge": {"a": 1}}),
        ("", {"all": True, "match": "x", "merge": {"a": 1}}),
        ("", {"all": True, "mac_addresses": [], "merge": {"a": 1}}),
        ("", {"all": None, "merge": {"a": 1}}),
        ("", {"mac_addresses": "02:00:00:00:00:01", "merge": {"a": 1}}),
        ("", {"mac_addresses": [None], "merge": {"a": 1}}),
        ("", {"device_names": ["a", 1], "merge": {"a": 1}}),
        ("", {"device_names": ["a\0"], "merge": {"a": 1}}),
        ("", {"where": [{"/a": 1}], "merge": {"a": 1}}),
        ("", {"where": None, "merge": {"a": 1}}),
        ("", {"where": {"a": 1}, "merge": {"a": 1}}),
        ("", {"where": {"": {}}, "merge": {"a": 1}}),
        ("", {"all": True, "expect": -1, "merge": {"a": 1}}),
        ("", {"all": True, "expect": 1.5, "merge": {"a": 1}}),
        ("", {"all": True, "expect": "1", "merge": {"a": 1}}),
        ("", {"all": True, "allow_empty": 1, "merge": {"a": 1}}),
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
        ("?dry_run=1", {"all": True, "merge": {"a": 1}}),
        ("?dry_run=true&dry_run=true", {"all": True, "merge": {"a": 1}}),
        ("?keep_going=yes", {"all": True, "merge": {"a": 1}}),
        ("?on_conflict=replace", {"all": True, "merge": {"a": 1}}),
        ("?message=a", {"all": True, "merge": {"a": 1}, "message": "b"}),
    ],
)
def test_an_invalid_selection_is_refused(untouched_single: Caller, query: str, body: object) -> None:
    """A missing or misspelt condition could mean all configs."""
    expect_problem(untouched_single.send_json("POST", f"{PATH}{query}", body), 400, "VALIDATION_FAILED")


def test_an_invalid_mac_address_is_refused(untouched_single: Caller) -> None:
    """With the code that it has elsewhere."""
    body = {"mac_addresses": ["02:00:00:00:00:01", "0x"], "merge": {"a": 1}}
    problem = expect_problem(untouched_single.send_json("POST", PATH, body), 400, "INVALID_OPERATION")
    assert '"0x" has an invalid format' in problem["error"]
