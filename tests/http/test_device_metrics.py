"""The metrics of what devices report and show."""

from __future__ import annotations

from collections.abc import Callable

from iotconfig.domain.access.principal import Role
from tests.support.api import new_mac
from tests.support.in_process import Service
from tests.support.scraping import Samples, parsed, value
from tests.support.tokens import api_token, bearer, device_token

FETCH = "/api/configs/{mac}.json"
REPORT = "/api/devices/{mac}/report"
SETTINGS = {"IOTCONFIG_METRICS_TOKEN": "a-token-of-the-metrics-1", "IOTCONFIG_SIGHTINGS_INTERVAL": "3600"}


def scraped(service: Service) -> Samples:
    """All samples, after the sightings were written."""
    assert service.flush is not None
    assert service.flush()
    answer = service.client.get("/metrics", Authorization=f"Bearer {SETTINGS['IOTCONFIG_METRICS_TOKEN']}")
    assert 200 == answer.status
    return parsed(answer.body.decode())


def saved(service: Service, mac: str, content: object, **headers: str) -> str:
    """Save the config of a device; return the ETag of its document."""
    answer = service.client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": content}, **headers)
    etag: str = answer.json()["etag"]
    return etag


def test_reports_count_by_what_became_of_them(start_service: Callable[..., Service]) -> None:
    """In a header and on their own; a fetch without a report counts as none."""
    service = start_service(**SETTINGS, IOTCONFIG_AUTH="on", IOTCONFIG_DEVICE_AUTH="optional")
    client, mac, owner = service.client, new_mac(), new_mac()
    admin = bearer(api_token(service.database_url, Role.ADMIN))
    etag, _ = saved(service, mac, {}, **admin), saved(service, owner, {}, **admin)
    token = bearer(device_token(service.database_url, owner))
    for report in (f"applied; etag={etag}; n=2", f"applied; etag={etag}; n=1", "nonsense", None):
        client.get(f"/api/configs/{mac}.json", **({"Config_Report": report} if report else {}))
    client.get(f"/api/configs/{owner}.json", Config_Report=f"applied; etag={etag}")
    body = {"outcome": "applied", "etag": etag}
    for number, address, more in (
        (3, mac, {}),
        (1, mac, {}),
        (1, new_mac(), {}),
        (1, owner, {}),
        (1, owner, token),
    ):
        client.send_json("POST", f"/api/devices/{address}/report", {**body, "n": number}, **more)
    client.send_json("POST", f"/api/devices/{mac}/report", {**body, "reason": "x" * 600})

    found = {
        (labels["route"], labels["outcome"]): count
        for (name, pairs), count in scraped(service).items()
        for labels in [dict(pairs)]
        if name == "iotconfig_device_reports_total"
    }

    assert {
        (FETCH, "stored"): 1,
        (FETCH, "outdated"): 1,
        (FETCH, "VALIDATION_FAILED"): 1,
        (FETCH, "AUTHENTICATION_REQUIRED"): 1,
        (REPORT, "stored"): 2,
        (REPORT, "outdated"): 1,
        (REPORT, "RECORD_NOT_FOUND"): 1,
        (REPORT, "AUTHENTICATION_REQUIRED"): 1,
        (REPORT, "CONTENT_TOO_LARGE"): 1,
    } == found


def test_the_delay_of_a_document_is_measured_once(start_service: Callable[..., Service]) -> None:
    """From the commit to the first fetch or report that names it."""
    service = start_service(**SETTINGS)
    client, mac = service.client, new_mac()

    def delays() -> dict[str, float | None]:
        samples = scraped(service)
        return {
            kind: value(samples, "iotconfig_delivery_seconds_count", evidence=kind)
            for kind in ("holds", "applied")
        }

    first = saved(service, mac, {"a": 1})
    assert {"holds": 0, "applied": 0} == delays()
    for _ in range(3):
        client.get(f"/api/configs/{mac}.json", If_None_Match=first)
        assert {"holds": 1, "applied": 0} == delays()
    second = saved(service, mac, {"a": 2})
    client.get(f"/api/configs/{mac}.json", If_None_Match=first)
    assert {"holds": 1, "applied": 0} == delays()
    for _ in range(3):
        client.get(f"/api/configs/{mac}.json", If_None_Match=second, Config_Report=f"applied; etag={second}")

    assert {"holds": 2, "applied": 1} == delays()
    assert 0 <= (value(scraped(service), "iotconfig_delivery_seconds_sum", evidence="holds") or -1) < 600


def test_sightings_are_counted(start_service: Callable[..., Service]) -> None:
    """What was written, what was dropped, and how old the oldest one was."""
    service = start_service(**SETTINGS)
    mac = new_mac()
    etag = saved(service, mac, {})
    assert (0, 0, 0) == tuple(
        value(scraped(service), f"iotconfig_sightings_{name}")
        for name in ("written_total", "dropped_total", "lag_seconds")
    )
    service.client.get(f"/api/configs/{mac}.json")
    service.client.get(f"/api/configs/{mac}.json", If_None_Match=etag)
    samples = scraped(service)

    assert 2 == value(samples, "iotconfig_sightings_written_total")
    assert 0 < (value(samples, "iotconfig_sightings_lag_seconds") or 0) < 600


def test_devices_are_counted_by_state(start_service: Callable[..., Service]) -> None:
    """Every state is there; no label names a device."""
    service = start_service(**SETTINGS)
    macs = [new_mac() for _ in range(4)]
    etags = [saved(service, mac, {"a": 1}) for mac in macs]
    service.client.get(f"/api/configs/{macs[0]}.json", If_None_Match=etags[0])
    for mac in macs[1:3]:
        service.client.get(f"/api/configs/{mac}.json", Config_Report=f"rejected; etag={etags[0]}")
    # States that a change makes old are counted anew by the leader, or by a list.
    scraped(service)
    assert 200 == service.client.get("/api/devices").status
    samples = scraped(service)

    assert {"never": 1, "rejected": 2, "in_sync": 1, "drifted": 0, "delivered": 0, "pending": 0} == {
        dict(labels)["state"]: count
        for (name, labels), count in samples.items()
        if name == "iotconfig_devices"
    }
    assert 0 == value(samples, "iotconfig_devices_overdue")
