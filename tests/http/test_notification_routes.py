"""`/api/notifications`, and announcing all configs again."""

from __future__ import annotations

import pytest

from iotconfig.testing.builders import mac
from tests.support.api import created, expect_problem
from tests.support.http import Caller
from tests.support.in_process import Service, Starter


def test_pending_notifications_are_listed(on_sqlite: Starter) -> None:
    """With the state of delivery; a limit bounds the list."""
    with on_sqlite(MQTT_URL="mqtt://127.0.0.1:1") as service:
        for number in (1, 2):
            created(service.client, {}, str(mac(number)))
        answer = service.client.get("/api/notifications").json()
        first = service.client.get("/api/notifications?limit=1").json()

    assert {"pending": 2, "parked": 0} == {name: answer["health"][name] for name in ("pending", "parked")}
    assert [str(mac(1)), str(mac(2))] == sorted(
        each["announcement"]["subject"]["key"] for each in answer["notifications"]
    )
    assert 1 == len(first["notifications"])


def test_parked_notifications_are_tried_again(single: Service) -> None:
    """The answer has their number."""
    assert {"retried": 0} == single.client.request("POST", "/api/notifications/retry").json()


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=all", "q=x"])
def test_a_bad_limit_is_refused(untouched_single: Caller, query: str) -> None:
    """As on other lists."""
    expect_problem(untouched_single.get(f"/api/notifications?{query}"), 400, "VALIDATION_FAILED")


def test_all_configs_are_announced(on_sqlite: Starter) -> None:
    """Without hints, or with hints at a rate; the answer has the number of configs."""
    with on_sqlite() as service:
        created(service.client, {}, str(mac(1)))
        answer = service.client.send_json("POST", "/api/configs/announce", {})
        hinted = service.client.send_json("POST", "/api/configs/announce", {"hints_per_second": 2.5})

    assert (202, {"configs": 1, "missing": []}) == (answer.status, answer.json())
    assert (202, {"configs": 1, "missing": []}) == (hinted.status, hinted.json())


def test_some_configs_are_announced(on_sqlite: Starter) -> None:
    """Those of the given devices; one without a config is named, and stops no other."""
    with on_sqlite() as service:
        for number in (1, 2):
            created(service.client, {}, str(mac(number)))
        body = {"mac_addresses": [str(mac(2)), str(mac(3)), str(mac(2))], "hints_per_second": 2.5}
        answer = service.client.send_json("POST", "/api/configs/announce", body)
        none = service.client.send_json("POST", "/api/configs/announce", {"mac_addresses": []})

    assert (202, {"configs": 1, "missing": [str(mac(3))]}) == (answer.status, answer.json())
    assert (202, {"configs": 0, "missing": []}) == (none.status, none.json())


def test_a_bad_address_is_refused(untouched_single: Caller) -> None:
    """The sentence has its text."""
    body = {"mac_addresses": ["02:00:00:00:00:01", "porch"]}
    answer = untouched_single.send_json("POST", "/api/configs/announce", body)

    assert "porch" in expect_problem(answer, 400, "INVALID_OPERATION")["error"]


@pytest.mark.parametrize("rate", [0, 0.09, -1, 1001, 1e300, "10", True, [1]])
def test_a_bad_rate_is_refused(untouched_single: Caller, rate: object) -> None:
    """From 0.1 to 1000 devices a second."""
    body = {"hints_per_second": rate}
    problem = expect_problem(
        untouched_single.send_json("POST", "/api/configs/announce", body), 400, "VALIDATION_FAILED"
    )
    assert "/hints_per_second" == problem["details"]["pointer"]
