"""`EvidenceStore`: the shipped suite, over every adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Engine, event, select

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.memory.evidence import MemoryEvidenceStore
from iotconfig.adapters.sql.device_states import SqlDeviceStates
from iotconfig.adapters.sql.evidence import SqlEvidenceStore
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import device_states
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.following import catch_up, follow
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.silence import GRACE, NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DeviceQuery
from iotconfig.domain.mac import MacAddress
from iotconfig.testing import EvidenceStoreContract
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock

MINUTE: Final = timedelta(minutes=1)
INTERVALS: Final = ExpectedIntervals({"mains": 10 * MINUTE, "battery": 1500 * MINUTE})


def states_of(store: Store, intervals: ExpectedIntervals = NO_INTERVALS) -> SqlDeviceStates | None:
    """The stored states of a store; None where it stores none."""
    return SqlDeviceStates(store.database, intervals) if isinstance(store, SqlStore) else None


class TestEvidenceStore(EvidenceStoreContract):
    """Over each kind of store."""

    @pytest.fixture
    def catch_up(self, store: Store) -> Callable[[], None]:
        """Follows the change log."""
        states = states_of(store)
        return lambda: None if states is None else catch_up(states, START)


class TestOverdue:
    """Devices that are silent, over each kind of store."""

    @pytest.fixture(autouse=True)
    def _devices(self, store: Store) -> None:
        """Device 1 is on mains, 2 has a battery, too, and 3 no interval; 4 was never seen."""
        service, tags = ConfigService(store, SteppingClock()), TagService(store, SteppingClock())
        for number in range(1, 5):
            service.create(mac(number), content())
        for number, *words in ((1, "mains"), (2, "battery", "mains"), (3, "other"), (4, "mains")):
            tags.edit(mac(number), LabelEdit(add=words))

    @pytest.fixture
    def evidence(self, store: Store) -> EvidenceStore:
        """Evidence that knows how often devices are expected."""
        if isinstance(store, MemoryStore):
            return MemoryEvidenceStore(store._committed, INTERVALS)
        assert isinstance(store, SqlStore)
        return SqlEvidenceStore(store.database, INTERVALS)

    def test_it_is_overdue_after_twice_the_longest_interval_and_a_grace(
        self, store: Store, evidence: EvidenceStore
    ) -> None:
        """Not a moment before; without an interval, and without a sign of life, never."""
        for number in (1, 2, 3):
            evidence.write([_held(number)])
        due = START + 20 * MINUTE + GRACE
        states = states_of(store, INTERVALS)

        _follow(states, due - timedelta(microseconds=1))
        assert [] == _overdue(evidence, due - timedelta(microseconds=1))
        _follow(states, due)
        assert [mac(1)] == _overdue(evidence, due)
        assert 1 == evidence.counts(DeviceQuery(), due).overdue
        assert 1 == evidence.counts(DeviceQuery(tags=["mains"]), due).overdue
        assert 0 == evidence.counts(DeviceQuery(tags=["battery"]), due).overdue
        assert [mac(2), mac(3), mac(4)] == _listed(evidence, due, overdue=False)

        years = START + 10_000_000 * MINUTE
        _follow(states, years)
        assert [mac(1), mac(2)] == _overdue(evidence, years)

        evidence.write([_held(1, 10_000_000)])
        assert [mac(2)] == _overdue(evidence, years)
        assert {State.PENDING: 3, State.NEVER: 1} == {
            state: count for state, count in evidence.counts(DeviceQuery(), years).by_state.items() if count
        }

    def test_it_follows_tags_and_intervals(self, store: Store, evidence: EvidenceStore) -> None:
        """A tag that is taken away, and intervals that are others after a restart."""
        evidence.write([_held(1), _held(2)])
        now = START + 60 * MINUTE
        _follow(states_of(store, INTERVALS), now)
        assert [mac(1)] == _overdue(evidence, now)

        TagService(store, SteppingClock()).edit(mac(2), LabelEdit(remove=["battery"]))
        _follow(states_of(store, INTERVALS), now)
        assert [mac(1), mac(2)] == _overdue(evidence, now)

        if isinstance(store, SqlStore):
            _follow(states_of(store), now)
            assert 0 == evidence.counts(DeviceQuery(), now).overdue
            _follow(states_of(store, INTERVALS), now)
            assert 2 == evidence.counts(DeviceQuery(), now).overdue

    def test_a_device_that_is_seen_in_time_is_not_overdue(
        self, store: Store, evidence: EvidenceStore
    ) -> None:
        """Its stored time moves by a quarter of the interval at least, and what is looked at is the exact one."""
        states = states_of(store, INTERVALS)
        stored = set()
        for minute in range(40):
            evidence.write([_held(1, minute)])
            _follow(states, START + minute * MINUTE)
            if isinstance(store, SqlStore):
                stored.add(_stored_time(store, 1))
        # Every third minute, since a quarter of the interval is two and a half.
        assert len(range(0, 40, 3) if isinstance(store, SqlStore) else ()) == len(stored)
        now = START + 39 * MINUTE + 22 * MINUTE
        _follow(states, now - timedelta(seconds=1))
        assert [] == _overdue(evidence, now - timedelta(seconds=1))
        _follow(states, now)
        assert [mac(1)] == _overdue(evidence, now)


def _stored_time(store: SqlStore, number: int) -> int:
    """The time from which a device would be overdue, as it is stored."""
    given = device_states.c.mac_address == str(mac(number))
    with store.database.reading() as connection:
        time: int = connection.execute(select(device_states.c.overdue_at).where(given)).scalar_one()
    return time


class TestFollowing:
    """The stored states, and the change log."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest) -> SqlStore:
        """A store that stores states."""
        found: SqlStore = request.getfixturevalue(f"{request.param}_store")
        return found

    def test_it_goes_through_all_devices_where_changes_were_pruned(self, store: SqlStore) -> None:
        """A log that goes on above the last change that was followed has a gap."""
        service, states = ConfigService(store, SteppingClock()), SqlDeviceStates(store.database)
        evidence = SqlEvidenceStore(store.database)
        service.create(mac(1), content())
        catch_up(states, START)
        for number in range(2, 6):
            service.create(mac(number), content())
        store.changes_since(0, 1)
        store.prune_changes(START + timedelta(days=1), 3)
        service.create(mac(6), content())

        catch_up(states, START)

        assert 6 == evidence.counts(DeviceQuery(), START).by_state[State.NEVER]
        assert not follow(states, START)

    def test_a_list_never_shows_a_device_that_does_not_fit(self, store: SqlStore) -> None:
        """Not even until the job has followed a change: a page is shorter then, and its cursor leads on."""
        service, states = ConfigService(store, SteppingClock()), SqlDeviceStates(store.database)
        evidence = SqlEvidenceStore(store.database)
        for number in (1, 2, 3):
            etag = service.create(mac(number), content()).content.etag
            evidence.write([Evidence(mac(number), Kind.HOLDS, etag, 1, START)])
        catch_up(states, START)
        service.put(mac(1), content(a=1))
        service.delete(service.get_by_mac(mac(2)).id)

        page = evidence.page(DeviceQuery(state=State.IN_SYNC, limit=1), START)
        assert ([], mac(1)) == ([*page.devices], page.next)
        assert [mac(3)] == _listed(evidence, START, state=State.IN_SYNC)
        assert [] == _listed(evidence, START, state=State.PENDING)
        catch_up(states, START)
        assert [mac(1)] == _listed(evidence, START, state=State.PENDING)

    def test_the_statements_of_a_batch_do_not_grow_with_its_devices(self, store: SqlStore) -> None:
        """Two devices or two hundred: the database compares, stores and counts them."""
        found = [_statements_of_following(store, devices) for devices in (range(1, 3), range(3, 203))]
        assert found[0] == found[1]
        counts = SqlEvidenceStore(store.database).counts(DeviceQuery(), START)
        assert 202 == counts.by_state[State.PENDING]

    def test_counts_are_added_up(self, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """They stay what they were, in fewer rows."""
        monkeypatch.setattr("iotconfig.adapters.sql.device_states._KEPT_COUNTS", 5)
        service, states = ConfigService(store, SteppingClock()), SqlDeviceStates(store.database)
        evidence = SqlEvidenceStore(store.database)
        for number in range(1, 9):
            service.create(mac(number), content())
            evidence.write([_held(number)])
            evidence.write([_held(number, 1, Kind.FETCHED)])
        catch_up(states, START)
        before = evidence.counts(DeviceQuery(), START)

        states.compact()

        assert before == evidence.counts(DeviceQuery(), START)
        with store.database.reading() as connection:
            assert 1 == connection.exec_driver_sql("SELECT count(*) FROM device_counts").scalar_one()


def _statements_of_following(store: SqlStore, numbers: Iterable[int]) -> list[str]:
    """What is asked of the database after a change of these devices, which have the document before."""
    service, states = ConfigService(store, SteppingClock()), SqlDeviceStates(store.database)
    for number in numbers:
        etag = service.create(mac(number), content()).content.etag
        SqlEvidenceStore(store.database).write([Evidence(mac(number), Kind.HOLDS, etag, 1, START)])
    catch_up(states, START)
    for number in numbers:
        service.put(mac(number), content(a=1))
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        follow(states, START)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return asked


def _held(number: int, minute: float = 0, kind: Kind = Kind.HOLDS) -> Evidence:
    return Evidence(mac(number), kind, '"a"', 1, START + minute * MINUTE)


def _follow(states: SqlDeviceStates | None, now: datetime) -> None:
    if states is not None:
        catch_up(states, now)


def _overdue(evidence: EvidenceStore, now: datetime) -> list[MacAddress]:
    return _listed(evidence, now, overdue=True)


def _listed(evidence: EvidenceStore, now: datetime, **query: Any) -> list[MacAddress]:
    return [device.mac_address for device in evidence.page(DeviceQuery(**query), now).devices]
