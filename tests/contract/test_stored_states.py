"""The stored states of devices are those that their evidence shows, whatever happened in whatever order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from threading import Thread
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from iotconfig.adapters.sql.device_state_writes import lock_devices
from iotconfig.adapters.sql.device_states import SqlDeviceStates
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import device_states
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.following import catch_up, follow
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.silence import ExpectedIntervals
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceQuery
from iotconfig.domain.errors import RecordExists, RecordNotFound
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.layer_builders import creation, layer, record_layers
from iotconfig.testing.simultaneous import together
from tests.support.waiting import wait_until

MINUTE: Final = timedelta(minutes=1)
CONTENTS: Final = [content(channel=number) for number in range(3)]
INTERVALS: Final = ExpectedIntervals({"mains": MINUTE, "battery": 3 * MINUTE})
NOW: Final = START + 8 * MINUTE
_NUMBERS: Final = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    """A store that stores states."""
    found: SqlStore = request.getfixturevalue(f"{request.param}_store")
    return found


def _evidence(
    device: MacAddress, kind: Kind, etag: int, minute: int, number: int, firmware: str | None
) -> Evidence:
    return Evidence(
        device, kind, CONTENTS[etag].etag, number, START + minute * MINUTE,
        firmware=firmware if kind in (Kind.APPLIED, Kind.REJECTED) else None,
    )  # fmt: skip


_EVIDENCE = st.tuples(
    st.sampled_from(Kind),
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(1, 4),
    st.sampled_from([None, "1", "2"]),
)
_STEPS = st.lists(
    st.one_of(
        _EVIDENCE,
        st.tuples(st.just("put"), st.integers(0, 2)),
        st.tuples(st.just("delete")),
        st.tuples(st.just("tag"), st.sampled_from(["mains", "battery", "floor"])),
        st.tuples(st.just("untag"), st.sampled_from(["mains", "battery", "floor"])),
        st.tuples(st.just("follow")),
    ),
    max_size=10,
)


def _do(store: SqlStore, device: MacAddress, step: Sequence[Any]) -> None:
    """One thing that happens to a device."""
    service, tags = ConfigService(store, SteppingClock()), TagService(store, SteppingClock())
    try:
        match step:
            case ("put", number):
                service.put(device, CONTENTS[number])
            case ("delete",):
                service.delete(service.get_by_mac(device).id)
            case ("tag", word):
                tags.edit(device, LabelEdit(add=[word]))
            case ("untag", word):
                tags.edit(device, LabelEdit(remove=[word]))
            case ("follow",):
                follow(SqlDeviceStates(store.database, INTERVALS), NOW)
            case _:
                SqlEvidenceStore(store.database, INTERVALS).write([_evidence(device, *step)])
    except (RecordNotFound, RecordExists):
        return


def _check(store: SqlStore) -> None:
    """Followed to the end, what is stored is what the evidence shows: in lists, and in counts."""
    catch_up(SqlDeviceStates(store.database, INTERVALS), NOW)
    evidence = SqlEvidenceStore(store.database, INTERVALS)
    devices = _listed(evidence)
    for state in State:
        of_state = [device for device in devices if device.state is state]
        assert of_state == _listed(evidence, state=state)
    for firmware in ("1", "2"):
        named = [device for device in devices if device.firmware == firmware]
        assert named == _listed(evidence, firmware=firmware)
    for is_overdue in (True, False):
        silent = [device for device in devices if device.is_overdue(NOW) is is_overdue]
        assert silent == _listed(evidence, overdue=is_overdue)
    for tag in (None, "mains", "battery", "floor"):
        counted = [device for device in devices if tag is None or tag in device.labels.tags]
        counts = evidence.counts(DeviceQuery(tags=[tag] if tag else []), NOW)
        assert Counter(device.state for device in counted) == Counter(counts.by_state)
        assert sum(device.is_overdue(NOW) for device in counted) == counts.overdue


def _listed(evidence: SqlEvidenceStore, **query: Any) -> list[ObservedDevice]:
    def pages() -> Iterator[ObservedDevice]:
        page = evidence.page(DeviceQuery(limit=1000, **query), NOW)
        yield from page.devices
        while page.next is not None:
            page = evidence.page(DeviceQuery(limit=1000, after=page.next, **query), NOW)
            yield from page.devices

    return list(pages())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(_STEPS, min_size=1, max_size=4))
def test_what_is_stored_is_what_the_evidence_shows(store: SqlStore, devices: list[list[Any]]) -> None:
    """After evidence, changes, deletions and tags in any order, with the log followed now and then."""
    for steps in devices:
        device = mac(next(_NUMBERS))
        for step in (("put", 0), *steps):
            _do(store, device, step)
    _check(store)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(_EVIDENCE, max_size=8), st.randoms(use_true_random=False))
def test_every_order_of_arrival_over_two_workers_ends_in_one_state(
    store: SqlStore, events: list[Any], random: Random
) -> None:
    """Each worker writes its part in batches of its own, and the document changes at another moment."""
    ends = []
    for _ in range(3):
        device = mac(next(_NUMBERS))
        arriving = random.sample(events, len(events))
        _do(store, device, ("put", 0))
        change = random.randint(0, len(events))
        for place, event in enumerate(arriving):
            if place == change:
                _do(store, device, ("put", 1))
            _do(store, device, event)
            if random.random() < 0.2:
                _do(store, device, ("follow",))
        if change == len(events):
            _do(store, device, ("put", 1))
        catch_up(SqlDeviceStates(store.database, INTERVALS), NOW)
        evidence = SqlEvidenceStore(store.database, INTERVALS)
        [found] = [each for each in _listed(evidence) if each.mac_address == device]
        assert found in _listed(evidence, state=found.state)
        ends.append(found.state)
    assert 1 == len(set(ends)), ends


def test_writers_at_the_same_time_leave_what_the_evidence_shows(store: SqlStore) -> None:
    """Workers, the leader's job and operators, all at once, on the same devices."""
    numbers = [next(_NUMBERS) for _ in range(12)]
    for number in numbers:
        _do(store, mac(number), ("put", 0))

    def work(worker: int) -> None:
        random = Random(worker)  # noqa: S311 - the same steps each time
        for _ in range(15):
            batch = random.sample(numbers, 8)
            if worker == 0:
                follow(SqlDeviceStates(store.database, INTERVALS), NOW)
            elif worker == 1:
                for number in batch[:3]:
                    _do(
                        store,
                        mac(number),
                        random.choice([("put", random.randint(0, 2)), ("delete",), ("tag", "mains")]),
                    )
            else:
                SqlEvidenceStore(store.database, INTERVALS).write(
                    [
                        _evidence(
                            mac(number), random.choice([*Kind]), random.randint(0, 2), random.randint(0, 5),
                            random.randint(1, 9), random.choice(["1", "2"]),
                        )
                        for number in batch
                    ]
                )  # fmt: skip

    together(5, work)

    _check(store)


def test_writers_of_one_device_wait_for_each_other(postgresql_store: SqlStore) -> None:
    """Otherwise each would miss what the other has not committed yet, and the order of kinds could be wrong for a minute."""
    store, device = postgresql_store, mac(next(_NUMBERS))
    ConfigService(store, SteppingClock()).create(device, CONTENTS[0])
    evidence = SqlEvidenceStore(store.database)
    evidence.write([Evidence(device, Kind.HOLDS, '"old"', 1, START)])
    fetched = Evidence(device, Kind.FETCHED, CONTENTS[0].etag, 1, START + timedelta(seconds=10))
    repeated = Evidence(device, Kind.HOLDS, '"old"', 1, START + timedelta(seconds=20))

    with store.database.writing() as connection:
        lock_devices(connection, json.dumps({str(device): None}))
        writers = [Thread(target=evidence.write, args=([each],)) for each in (fetched, repeated)]
        for number, writer in enumerate(writers, 1):
            writer.start()
            wait_until(lambda count=number: _waiting(store) == count, "the writer waits for the device")  # type: ignore[misc]
    for writer in writers:
        writer.join()

    found = evidence.find(device)
    assert found is not None
    assert repeated.received_at == found.newest[Kind.HOLDS].received_at
    assert State.PENDING is found.state
    assert [found] == _listed(evidence, state=State.PENDING)


def test_what_was_announced_is_written_while_others_write_reports(postgresql_store: SqlStore) -> None:
    """It changes no state. The relay writes it, and would announce nothing while it waits."""
    store, device = postgresql_store, mac(next(_NUMBERS))
    ConfigService(store, SteppingClock()).create(device, CONTENTS[0])
    evidence = SqlEvidenceStore(store.database)
    offered = Evidence(device, Kind.OFFERED, CONTENTS[0].etag, 1, START)

    with store.database.writing() as connection:
        lock_devices(connection, json.dumps({str(device): None}))
        evidence.write([offered])

    found = evidence.find(device)
    assert found is not None
    assert {Kind.OFFERED: offered} == found.newest


def _waiting(store: SqlStore) -> int:
    """The number of transactions that wait for devices."""
    query = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
        " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    with store.database.reading() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())


def test_changes_of_layers_are_followed_without_a_state(store: SqlStore) -> None:
    """A layer is no device: the states follow the log over its changes, also where there is nothing else."""
    device = mac(next(_NUMBERS))
    ConfigService(store, SteppingClock()).create(device, CONTENTS[0])
    states = SqlDeviceStates(store.database, INTERVALS)
    catch_up(states, NOW)
    for name in ("one", "other"):
        record_layers(store, creation(layer(name, 1 + len(name), tags=["a"])))
        catch_up(states, NOW)
    ConfigService(store, SteppingClock()).put(device, CONTENTS[1])
    record_layers(store, creation(layer("third", 9, tags=["a"])))
    catch_up(states, NOW)

    progress = states.progress()
    assert progress is not None
    assert store.newest_position() == progress.position
    with store.database.reading() as connection:
        rows = connection.execute(select(device_states.c.mac_address)).scalars().all()
    assert [device.canonical] == list(rows)
