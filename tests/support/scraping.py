"""What Prometheus would read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from .http import Client
from .ports import free_port
from .serving import Serve

Samples: TypeAlias = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def metrics_address() -> dict[str, str]:
    """The setting that gives metrics an address of their own."""
    return {"IOTCONFIG_METRICS_BIND": f"127.0.0.1:{free_port()}"}


def parsed(text: str) -> Samples:
    """Each sample's value, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(address: str) -> Samples:
    """All samples at an address; the answer must be Prometheus' format."""
    answer = Client(f"http://{address}").get("/metrics")
    assert 200 == answer.status, answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return parsed(answer.body.decode())


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One sample's value, or None where there is none."""
    return samples.get((name, frozenset(labels.items())))


def names(samples: Samples) -> set[str]:
    return {name for name, _ in samples}


def address_of(serve: Serve, setting: Mapping[str, str]) -> str:
    """Where the service answers scrapes; it must have said so."""
    address = setting["IOTCONFIG_METRICS_BIND"]
    assert f"Metrics are at http://{address}/metrics" in serve.output()
    return address
