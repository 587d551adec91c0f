"""The dashboard and the alert rules use existing metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.support.api import created
from tests.support.mosquitto import Mosquitto
from tests.support.scraping import address_of, metrics_address, names, scrape, value
from tests.support.serving import Serve
from tests.support.waiting import wait_until

_DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\biot_?config_\w+")
_OPERATORS_KNOW = {
    "iot_config_operations_total",
    "iot_config_operation_duration_seconds_bucket",
    "iot_config_files_count",
}


def dashboard() -> Any:
    return json.loads((_DEPLOY / "grafana" / "iotconfig.json").read_text())


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((_DEPLOY / "prometheus" / "alerts.yaml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alerts())
    yield from (target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ()))


def test_every_queried_metric_exists(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto
) -> None:
    """The scrape of a service with some traffic has exactly this name."""
    bind = metrics_address()
    serve = start_serve(sqlite_url, workers=1, MQTT_URL=broker.url, **bind)
    address = address_of(serve, bind)
    created(serve.client, {})
    wait_until(
        lambda: 1 == value(scrape(address), "iotconfig_notifications_published_total"), "it is published"
    )
    there = names(scrape(address))
    asked = {name for expression in expressions() for name in _NAME.findall(expression)}

    assert set() == asked - there
    assert set() == _OPERATORS_KNOW - there
    assert len(asked) >= 10


def test_alerts_are_complete() -> None:
    """Each has a unique name, a duration, a severity, and instructions."""
    found = alerts()

    assert len(found) == len({rule["alert"] for rule in found})
    assert [] == [rule["alert"] for rule in found if not re.fullmatch(r"[1-9][0-9]*m", rule["for"])]
    assert {"warning", "critical"} == {rule["labels"]["severity"] for rule in found}
    assert [] == [rule["alert"] for rule in found if {"summary", "description"} != set(rule["annotations"])]


def test_panels_do_not_overlap() -> None:
    """Each has a title and a description."""
    panels = dashboard()["panels"]
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert len(panels) == len({panel["id"] for panel in panels})
    assert [] == [panel["title"] for panel in panels if panel["type"] != "row" and not panel["description"]]
