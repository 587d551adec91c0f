"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from .http import Client
from .ports import free_port
from .serving import Serve
from .waiting import wait_until

Samples: TypeAlias = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def metrics_address() -> dict[str, str]:
    """The setting for a separate address of metrics."""
    return {"IOTCONFIG_METRICS_BIND": f"127.0.0.1:{free_port()}"}


def parsed(text: str) -> Samples:
    """Return the value of each sample, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(address: str) -> Samples:
    """Return all samples at an address; the answer must have Prometheus' format."""
    answer = Client(f"http://{address}").get("/metrics")
    assert 200 == answer.status, answer.body
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return parsed(answer.body.decode())


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """Return the value of one sample, or None if it is missing."""
    return samples.get((name, frozenset(labels.items())))


def names(samples: Samples) -> set[str]:
    return {name for name, _ in samples}


def address_of(serve: Serve, setting: Mapping[str, str]) -> str:
    """Return the address of metrics, once the service has printed it: the line follows that of the API's address."""
    address = setting["IOTCONFIG_METRICS_BIND"]
    wait_until(
        lambda: f"Metrics are at http://{address}/metrics" in serve.output(), "serve prints the address"
    )
    return address
