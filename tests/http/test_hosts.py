"""A service on loopback accepts only the host names of this machine (DNS rebinding), and other details of requests."""

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
def test_a_foreign_host_name_is_refused(single: Service, host: str, method: str, path: str) -> None:
    """A page whose host name resolves to 127.0.0.1 gets nothing, although its origin equals ours."""
    headers = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json"}

    answer = single.client.request(method, path, b'{"content": {}}' if method == "PUT" else None, headers)

    expect_problem(answer, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:9", "localhost.:80", "[::1]:8080", "192.168.1.20:8080"]
)
def test_this_machines_names_are_answered(single: Service, host: str) -> None:
    """Any port is accepted, since a tunnel may have another one."""
    assert 200 == single.client.get("/api/health", Host=host).status


def test_if_match_is_evaluated_on_reads_too(single: Service) -> None:
    """412 if the representation differs, for every method (RFC 9110, section 13.1.1)."""
    config = created(single.client, {"a": 1})
    by_id, document = f"/api/configs/{config['id']}", f"/api/configs/{config['mac_address']}.json"

    expect_problem(single.client.get(by_id, If_Match='"99"'), 412, "PRECONDITION_FAILED")
    expect_problem(single.client.get(document, If_Match='"0123"'), 412, "PRECONDITION_FAILED")
    assert 200 == single.client.get(by_id, If_Match='"1", "99"').status
    assert 200 == single.client.get(document, If_Match=config["etag"]).status
    assert 200 == single.client.get(document, If_Match="*").status


@pytest.mark.parametrize("query", ["q=%ff", "q=%ED%A0%80", "%ff=1"])
def test_a_query_that_is_not_utf8_is_refused(single: Service, query: str) -> None:
    """Invalid bytes are not replaced."""
    expect_problem(single.client.get(f"/api/configs?{query}"), 400, "VALIDATION_FAILED")


def test_a_device_path_without_the_suffix_names_the_config(single: Service) -> None:
    """The config has the document as a member; for an unknown device, the refusal has its canonical MAC address."""
    config = created(single.client, {"a": 1})
    path = f"/api/configs/{config['mac_address']}"
    unknown = expect_problem(single.client.get("/api/configs/02-ab-00-00-00-01"), 404, "RECORD_NOT_FOUND")

    assert config == single.client.get(path).json()
    assert config["content"] == single.client.get(f"{path}.json").json()
    assert {"key": "02:ab:00:00:00:01"} == unknown["details"]
    assert "02:ab:00:00:00:01" in unknown["error"]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
def test_an_unknown_method_on_an_invalid_mac_address(single: Service) -> None:
    """The code is that of the method, not of the MAC address."""
    expect_problem(single.client.request("FOO", "/api/configs"), 400, "VALIDATION_FAILED")
