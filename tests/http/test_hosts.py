"""A service that only this machine reaches answers to this machine's names only (DNS rebinding)."""

from __future__ import annotations

import pytest

from tests.support.api import created, expect_problem
from tests.support.in_process import Service


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost..:80",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/configs"),
        ("PUT", "/api/configs/by-mac/020000000001"),
        ("GET", "/api/configs/020000000001.json"),
    ],
)
def test_a_name_of_somebody_elses_is_refused(single: Service, host: str, method: str, path: str) -> None:
    """A page whose own name was made to resolve to 127.0.0.1 gets nothing, though it is of one origin with us."""
    headers = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json"}

    answer = single.client.request(method, path, b'{"content": {}}' if method == "PUT" else None, headers)

    expect_problem(answer, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:9", "localhost.:80", "[::1]:8080", "192.168.1.20:8080"]
)
def test_this_machines_names_are_answered(single: Service, host: str) -> None:
    """With any port: a tunnel may have another."""
    assert 200 == single.client.get("/api/health", Host=host).status


def test_if_match_is_evaluated_on_reads_too(single: Service) -> None:
    """RFC 9110, section 13.1.1: whatever the method, another representation than the one asked for is 412."""
    config = created(single.client, {"a": 1})
    by_id, document = f"/api/configs/{config['id']}", f"/api/configs/{config['mac_address']}.json"

    expect_problem(single.client.get(by_id, If_Match='"99"'), 412, "PRECONDITION_FAILED")
    expect_problem(single.client.get(document, If_Match='"0123"'), 412, "PRECONDITION_FAILED")
    assert 200 == single.client.get(by_id, If_Match='"1", "99"').status
    assert 200 == single.client.get(document, If_Match=config["etag"]).status
    assert 200 == single.client.get(document, If_Match="*").status


@pytest.mark.parametrize("query", ["q=%ff", "q=%ED%A0%80", "%ff=1"])
def test_a_query_that_is_no_utf8_is_refused(single: Service, query: str) -> None:
    """It is not replaced by something else that is then not found."""
    expect_problem(single.client.get(f"/api/configs?{query}"), 400, "VALIDATION_FAILED")


def test_a_device_without_json_behind_it_is_told_where_to_go(single: Service) -> None:
    """The commonest slip with this API has its own hint."""
    problem = expect_problem(single.client.get("/api/configs/02-ab-00-00-00-01"), 404, "RECORD_NOT_FOUND")

    assert "/api/configs/02:ab:00:00:00:01.json" in problem["error"]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
def test_an_unknown_method_is_no_bad_mac_address(single: Service) -> None:
    """Its code is the one of requests that are not as documented."""
    expect_problem(single.client.request("FOO", "/api/configs"), 400, "VALIDATION_FAILED")
