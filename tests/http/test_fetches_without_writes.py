"""Devices that fetch and report while the database stores nothing: what can be answered is, and sightings wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.api import expect_problem, new_mac
from tests.support.in_process import Service, service_on
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until


@contextmanager
def _locked(database_url: str) -> Iterator[None]:
    """A database in which another program keeps everybody from storing evidence."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(database_url) as other:
            other.execute("LOCK TABLE device_evidence IN SHARE MODE")
            yield


def test_fetches_are_answered_and_sightings_wait(
    start_service: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    """A report cannot wait, since its device would forget it: it is refused, and the fetch that brings it is answered."""
    service = start_service(IOTCONFIG_SIGHTINGS_INTERVAL="3600", IOTCONFIG_DB_LOCK_TIMEOUT="0.2")
    client, mac = service.client, new_mac()
    assert service.flush is not None
    path = f"/api/configs/{mac}.json"
    etag = client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": 1}}).json()["etag"]
    report = {"outcome": "applied", "etag": etag}

    with _locked(service.database_url):
        assert b'{"a": 1}' == client.get(path).body
        answer = client.get(path, If_None_Match=etag, Config_Report=f"applied; etag={etag}")
        assert 304 == answer.status
        assert answer.headers["config-report-error"]
        expect_problem(
            client.send_json("POST", f"/api/devices/{mac}/report", report), 503, "STORE_UNAVAILABLE"
        )
        assert not service.flush()
        assert not service.flush()
        assert 304 == client.get(path, If_None_Match=etag).status
        assert "never" == client.get(f"/api/devices/{mac}").json()["state"]
        assert 1 == sum("sightings of devices wait" in record.message for record in caplog.records)

    assert service.flush()
    shown = client.get(f"/api/devices/{mac}").json()
    assert ("in_sync", {"holds", "fetched"}) == (
        shown["state"],
        {evidence["kind"] for evidence in shown["evidence"]},
    )
    assert 204 == client.send_json("POST", f"/api/devices/{mac}/report", report).status


def test_two_etags_as_fast_as_it_can(start_service: Callable[..., Service]) -> None:
    """One change of what the device holds counts in a minute: the rest of its requests causes no writes."""
    service = start_service(IOTCONFIG_SIGHTINGS_INTERVAL="3600")
    client, mac = service.client, new_mac()
    assert service.flush is not None
    etags = [
        client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": value}}).json()["etag"]
        for value in (1, 2)
    ]
    held = []
    for _ in range(2):
        for _ in range(50):
            for etag in etags:
                client.get(f"/api/configs/{mac}.json", If_None_Match=etag)
        assert service.flush()
        evidence = client.get(f"/api/devices/{mac}").json()["evidence"]
        held.append(next(each["etag"] for each in evidence if each["kind"] == "holds"))

    # The first sighting is no change, and the second one is the one of the minute.
    assert [etags[1], etags[1]] == held


def test_a_document_that_was_refused_a_year_ago_and_returns(start_service: Callable[..., Service]) -> None:
    """The old refusal does not count: the device is asked again, although it says that it knows the document."""
    service = start_service(IOTCONFIG_SIGHTINGS_INTERVAL="3600")
    client, mac = service.client, new_mac()
    assert service.flush is not None

    def put(value: int) -> str:
        answer = client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {"a": value}})
        etag: str = answer.json()["etag"]
        return etag

    def state() -> str:
        assert service.flush is not None
        assert service.flush()
        found: str = client.get(f"/api/devices/{mac}").json()["state"]
        return found

    refused, good = put(1), put(2)
    put(1)
    rejected = {"outcome": "rejected", "etag": refused, "reason": "no", "n": 1}
    assert 204 == client.send_json("POST", f"/api/devices/{mac}/report", rejected).status
    assert "rejected" == state()
    put(2)
    client.get(f"/api/configs/{mac}.json", If_None_Match=good)
    assert "in_sync" == state()

    assert 200 == client.send_json("POST", f"/api/configs/{mac}/rollback", {"revision": 1}).status
    assert 304 == client.get(f"/api/configs/{mac}.json", If_None_Match=f"{good}, {refused}").status
    assert "pending" == state()
    assert 204 == client.send_json("POST", f"/api/devices/{mac}/report", {**rejected, "n": 2}).status
    assert "rejected" == state()


def test_sightings_survive_an_outage_of_the_database(own_postgres: PostgresServer) -> None:
    """Devices are told to come again; what was seen before is written when the database is back."""
    Migrations(DatabaseUrl.parse(own_postgres.base_url)).upgrade()
    with service_on(
        own_postgres.base_url, IOTCONFIG_SIGHTINGS_INTERVAL="3600", IOTCONFIG_DB_POOL_TIMEOUT="0.5"
    ) as service:
        client, mac, flush = service.client, new_mac(), service.flush
        assert flush is not None
        path = f"/api/configs/{mac}.json"
        etag = client.send_json("PUT", f"/api/configs/by-mac/{mac}", {"content": {}}).json()["etag"]
        assert 304 == client.get(path, If_None_Match=etag).status
        own_postgres.stop("immediate")
        answer = client.get(path, If_None_Match=etag)
        expect_problem(answer, 503, "STORE_UNAVAILABLE")
        assert answer.headers["retry-after"].isdigit()
        assert not flush()
        own_postgres.start()
        wait_until(flush, "the sighting is written")
        assert "in_sync" == client.get(f"/api/devices/{mac}").json()["state"]
