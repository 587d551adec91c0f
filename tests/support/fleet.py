"""Devices of a service: what they fetch and report, without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from attrs import frozen

from .in_process import Service, service_on


@frozen
class Fleet:
    """The devices of one database."""

    _service: Service

    def fetch(self, mac: str, *held: str, token: str | None = None) -> str:
        """Let a device fetch its document, naming these ETags; return its ETag."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if held:
            headers["If-None-Match"] = ", ".join(held)
        answer = self._service.client.request("GET", f"/api/configs/{mac}.json", headers=headers)
        assert answer.status in (200, 304)
        self._flush()
        return answer.headers["etag"]

    def sync(self, mac: str, token: str | None = None) -> None:
        """Let a device fetch its document, and name it in the next fetch."""
        self.fetch(mac, self.fetch(mac, token=token), token=token)

    def report(self, mac: str, outcome: str, etag: str, **members: object) -> None:
        """Let a device report."""
        body = json.dumps({"outcome": outcome, "etag": etag, **members}).encode()
        answer = self._service.client.request("POST", f"/api/devices/{mac}/report", body)
        assert 204 == answer.status

    def etag(self, mac: str) -> str:
        """The ETag of the document that a device is to have."""
        headers: Mapping[str, str] = self._service.client.request(
            "GET", f"/api/configs/{mac}.json?peek"
        ).headers
        return headers["etag"]

    def _flush(self) -> None:
        assert self._service.flush is not None
        assert self._service.flush()


@contextmanager
def fleet_on(database_url: str, **environ: str) -> Iterator[Fleet]:
    """The devices of this database; arguments are settings of their service."""
    with service_on(database_url, IOTCONFIG_SIGHTINGS_INTERVAL="3600", **environ) as service:
        yield Fleet(service)
