"""Query parameters: unknown, repeated and malformed ones are refused; searches are literal."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.support.api import created, expect_problem
from tests.support.http import Caller
from tests.support.in_process import Service

REFUSED = [
    *(
        f"limit={value}"
        for value in ("", "0", "-1", "1001", "1.0", "1e2", "+1", "%2B1", "1_0", "abc", "null")
    ),
    *("limit=%D9%A3", "limit=%EF%BC%91", "limit=1%0A", "limit=%201", "limit=" + "9" * 3000),
    *(
        f"cursor={value}"
        for value in ("", "x", "02ab0000000", "02ab000000012", "02AB00000001", "%00", "null")
    ),
    *("cursor=02ab00000001%0A", "cursor=%EF%BC%902ab00000001", "cursor=%27%20OR%201=1"),
    *(f"enable_ota={value}" for value in ("", "1", "0", "yes", "True", "TRUE", "null", "true%0A")),
    *(f"count={value}" for value in ("", "1", "0", "no", "False", "null")),
    *("q=%00", "q=a%00b", "q=" + "x" * 256),
    *("unknown=1", "Limit=1", "limit[]=1", "offset=0", "q%00=a", "q%20=a", "=1", "x"),
    *(
        "limit=1&limit=1",
        "limit=1&limit=2",
        "q=a&q=b",
        "count=true&count=true",
        "enable_ota=true&enable_ota=true",
    ),
    *("cursor=02ab00000001&cursor=02ab00000001", "limit=5&unknown=1", "q=a&q="),
]

NAMES = {
    "percent": "a%z",
    "underscore": "a_z",
    "backslash": "a\\z",
    "quote": "a'z",
    "double quote": 'a"z',
    "star": "a*z",
    "question mark": "a?z",
    "bracket": "a[b]z",
    "plus": "a+z",
    "slash": "a/z",
    "comma": "a,z",
    "emoji": "a😀z",
    "tab": "a\tz",
    "statement": "a'; DROP TABLE configs; --z",
    "plain": "abz",
}


@pytest.mark.parametrize("query", REFUSED, ids=[query[:40] for query in REFUSED])
def test_a_list_with_a_bad_query_is_refused(untouched_single: Caller, query: str) -> None:
    """Each parameter has one documented form, and the refusal names the parameter."""
    problem = expect_problem(untouched_single.get(f"/api/configs?{query}"), 400, "VALIDATION_FAILED")
    assert ["parameter"] == list(problem["details"])


@pytest.mark.parametrize("query", ["x=1", "limit=1", "x", "q=a&q=b", "dry_run=1"])
def test_operator_routes_refuse_unknown_parameters(untouched_single: Caller, query: str) -> None:
    """A misspelt parameter is noticed."""
    first = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    by_id = f"/api/configs/{first['id']}?{query}"
    by_mac = f"/api/configs/by-mac/{first['mac_address']}?{query}"
    expect_problem(untouched_single.get(by_id), 400, "VALIDATION_FAILED")
    expect_problem(untouched_single.request("DELETE", by_id), 400, "VALIDATION_FAILED")
    expect_problem(untouched_single.send_json("PUT", by_id, {"content": {"a": 1}}), 400, "VALIDATION_FAILED")
    expect_problem(untouched_single.send_json("PUT", by_mac, {"content": {"a": 1}}), 400, "VALIDATION_FAILED")
    body = {"mac_address": "02ab00000001", "content": {}}
    expect_problem(
        untouched_single.send_json("POST", f"/api/configs?{query}", body), 400, "VALIDATION_FAILED"
    )


def test_an_unsupported_dry_run_is_refused(untouched_single: Caller) -> None:
    """A request for a dry run never makes the change."""
    first = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    body = {"mac_address": "02ab00000001", "content": {}}
    for answer in (
        untouched_single.request("DELETE", f"/api/configs/{first['id']}?dry_run=true"),
        untouched_single.send_json("POST", "/api/configs?dry_run=true", body),
    ):
        problem = expect_problem(answer, 400, "VALIDATION_FAILED")
        assert {"parameter": "dry_run"} == problem["details"]


@pytest.mark.parametrize("query", ["", "x=1", "limit=0", "x=1&x=2", "v=%00", "%ff", "&&=", "a" * 2000])
def test_the_device_route_ignores_its_query(untouched_single: Caller, query: str) -> None:
    """Deployed firmware may append parameters."""
    first = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    document = untouched_single.get(f"/api/configs/{first['mac_address']}.json")
    assert 200 == document.status
    assert document.body == untouched_single.get(f"/api/configs/{first['mac_address']}.json?{query}").body


@pytest.fixture(scope="module")
def named(both: Service) -> Iterator[Caller]:
    """A client of a server with one device for each name, in the searched field."""
    ids = [created(both.client, {"deviceName": name})["id"] for name in NAMES.values()]
    yield both.client
    for config_id in ids:
        both.client.request("DELETE", f"/api/configs/{config_id}")


@pytest.mark.parametrize("name", list(NAMES.values()), ids=list(NAMES))
def test_a_search_is_literal(named: Caller, name: str) -> None:
    """Characters with a meaning in SQL or in patterns find exactly this text."""
    found = named.get(f"/api/configs?q={quote(name, safe='')}").json()
    assert (1, [name]) == (found["count"], [config["device_name"] for config in found["configs"]])


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "\\%", "%%", "a%_z", "a.z", "a*b"])
def test_a_pattern_finds_only_itself(named: Caller, text: str) -> None:
    """A wildcard finds only names that contain the character."""
    found = named.get(f"/api/configs?q={quote(text, safe='')}").json()["configs"]
    expected = sorted(name for name in NAMES.values() if text in name)
    assert expected == sorted(config["device_name"] for config in found)
