"""A list of devices that events keep up to date: which requests that takes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from attrs import define, field

from iotconfig.adapters.cli import live_devices
from iotconfig.adapters.cli.live_devices import LiveDevices
from iotconfig.domain.announcing.announcement import Kind, Subject
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.devices.device_events import NOTHING, DeviceEvents, joined
from iotconfig.domain.devices.past import PastPage, PastQuery
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DevicePage, DeviceQuery, DeviceStatus, FormerPage, counts_of
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

LOST = DeviceEvents(is_lost=True)


def device(number: int, state: State = State.NEVER, tags: tuple[str, ...] = ()) -> DeviceStatus:
    """The device with this number."""
    return DeviceStatus(mac(number), f"Lamp {number}", state, False, "", 1, None, None, tags=tags)


@define
class _Fleet:
    """`DeviceReadings` that counts its requests, and can be away."""

    devices: dict[MacAddress, DeviceStatus]
    asked: list[DeviceQuery] = field(factory=list)
    is_away: bool = False

    @classmethod
    def of(cls, *devices: DeviceStatus) -> _Fleet:
        return cls({each.mac_address: each for each in devices})

    def find(self, query: DeviceQuery) -> DevicePage:
        self.asked.append(query)
        if self.is_away:
            raise StoreUnavailable("away")
        found = [
            each
            for at, each in sorted(self.devices.items())
            if (query.after is None or at > query.after)
            and query.state in {None, each.state}
            and query.tags.takes(each.tags)
            and (query.text or "") in str(each.device_name)
        ]
        counts = counts_of(self.devices.values()) if query.count else None
        more = len(found) > query.limit
        page = tuple(found[: query.limit])
        return DevicePage(page, page[-1].mac_address if more else None, counts, START)

    def get(self, mac_address: MacAddress) -> DeviceStatus | None:
        raise NotImplementedError

    def former(self, after: MacAddress | None = None, limit: int = 1) -> FormerPage:
        raise NotImplementedError

    def past(self, query: PastQuery) -> PastPage:
        raise NotImplementedError


def numbers(live: LiveDevices) -> list[int]:
    """The devices in the list, by their numbers."""
    assert live.page is not None
    return [int(str(each.mac_address)[-2:], 16) for each in live.page]


def read(fleet: _Fleet, query: DeviceQuery | None = None, limit: int | None = None) -> LiveDevices:
    """The list, which was read; its requests are forgotten."""
    live = LiveDevices(fleet, query or DeviceQuery(), limit)
    live.follow(LOST)
    fleet.asked.clear()
    return live


def test_a_device_that_is_told_needs_no_request() -> None:
    """In the list, and new in it, in order; the counts follow."""
    fleet = _Fleet.of(device(2), device(9))
    live = read(fleet)
    live.follow(DeviceEvents((device(9, State.IN_SYNC), device(5))))

    assert [2, 5, 9] == numbers(live)
    assert live.page is not None
    assert live.page.counts is not None
    assert (2, 1) == tuple(live.page.counts.by_state[state] for state in (State.NEVER, State.IN_SYNC))
    assert [] == fleet.asked


def test_nothing_needs_no_request() -> None:
    """Time goes on, and the list stays."""
    fleet = _Fleet.of(device(2))
    live = read(fleet)
    live.follow(NOTHING)

    assert ([2], []) == (numbers(live), fleet.asked)


def test_changed_devices_are_read_one_by_one() -> None:
    """Each takes one request for one device; one that is gone leaves the list."""
    fleet = _Fleet.of(device(0), device(2), device(3))
    live = read(fleet)
    fleet.devices = {mac(0): device(0, tags=("x",)), mac(3): device(3)}
    live.follow(DeviceEvents(changed=(mac(0), mac(2))))

    assert [0, 3] == numbers(live)
    assert live.page is not None
    assert ("x",) == live.page.devices[0].tags
    assert [1, 1] == [query.limit for query in fleet.asked]


def test_many_changed_devices_are_read_together() -> None:
    """As when the list is lost."""
    fleet = _Fleet.of(*(device(number) for number in range(100)))
    live = read(fleet)
    live.follow(DeviceEvents(changed=tuple(map(mac, range(21)))))
    live.follow(LOST)

    assert [1000, 1000] == [query.limit for query in fleet.asked]


def test_devices_that_no_longer_match_leave() -> None:
    """By state and by tag. Counts of all states are the service's."""
    fleet = _Fleet.of(device(2, State.PENDING, tags=("x",)), device(3, State.PENDING, tags=("x",)))
    live = read(fleet, DeviceQuery(state=State.PENDING, tags=["x"]))
    synced = device(2, State.IN_SYNC, tags=("x",))
    fleet.devices[mac(2)] = synced
    live.follow(DeviceEvents((synced, device(4, State.PENDING))))

    assert [3] == numbers(live)
    assert live.page is not None
    assert live.page.counts is not None
    assert 1 == live.page.counts.by_state[State.IN_SYNC]
    assert [(1, True)] == [(query.limit, query.count) for query in fleet.asked]


def test_the_service_compares_text() -> None:
    """It looks in what the list does not have."""
    fleet = _Fleet.of(device(2), device(3))
    live = read(fleet, DeviceQuery(text="Lamp 2"))
    live.follow(DeviceEvents((device(2), device(3))))

    assert [2] == numbers(live)
    assert ["Lamp 2", "Lamp 2"] == [query.text for query in fleet.asked]


def test_a_short_list_is_read_again() -> None:
    """Another device may have taken a place."""
    fleet = _Fleet.of(device(2), device(3), device(4))
    live = read(fleet, limit=2)
    del fleet.devices[mac(2)]
    live.follow(DeviceEvents(changed=(mac(2),)))

    assert [3, 4] == numbers(live)
    assert [2] == [query.limit for query in fleet.asked]


def test_the_list_is_read_whole_after_a_failure() -> None:
    """What was told meanwhile is lost."""
    fleet = _Fleet.of(device(2))
    live = read(fleet)
    fleet.is_away = True
    with pytest.raises(StoreUnavailable):
        live.follow(DeviceEvents(changed=(mac(2),)))
    fleet.is_away, fleet.devices = False, {mac(3): device(3)}
    live.follow(NOTHING)

    assert [3] == numbers(live)


def test_signs_of_life_are_read_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event tells them. The times in the list are compared with a clock that goes on."""
    now = 1000.0
    monkeypatch.setattr(live_devices, "monotonic", lambda: now)
    fleet = _Fleet.of(device(2))
    live = read(fleet)
    now += 59
    live.follow(NOTHING)
    at = live.now()
    assert at is not None
    assert (59, []) == ((at - START).total_seconds(), fleet.asked)
    now += 2
    live.follow(NOTHING)

    assert 1 == len(fleet.asked)


def _change(number: int, operation: Operation, kind: ChangeKind = ChangeKind.CONFIG) -> LoggedChange:
    subject = Subject(Kind.CONFIG, str(mac(number)))
    return LoggedChange(number, "00112233445566aa", subject, operation, 1, "ci", None, START, kind)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            [_change(1, Operation.CREATE), _change(1, Operation.UPDATE), _change(1, Operation.ROLLBACK)],
            NOTHING,
        ),
        (
            [_change(1, Operation.DELETE), _change(2, Operation.RESTORE)],
            DeviceEvents(changed=(mac(1), mac(2))),
        ),
        (
            [_change(1, Operation.TAG, ChangeKind.TAGS), _change(1, Operation.NOTE, ChangeKind.TAGS)],
            DeviceEvents(changed=(mac(1),)),
        ),
        ([_change(1, Operation.REPLACE_DEVICE)], DeviceEvents(changed=(mac(1),), is_lost=True)),
    ],
    ids=["news", "gone-and-back", "labels", "two-boards"],
)
def test_changes_of_the_log(changes: Iterable[LoggedChange], told: DeviceEvents) -> None:
    """A change of a document is told by the state that follows it."""
    assert told == DeviceEvents.of_changes(changes)


def test_events_are_joined_in_their_order() -> None:
    """A problem is over when something happens after it."""
    problem = StoreUnavailable("away")
    first = DeviceEvents((device(1),), (mac(2),), problem=problem)
    assert DeviceEvents((device(1), device(3)), (mac(2),), True) == joined(
        [first, DeviceEvents((device(3),), (mac(2),), True)]
    )
    assert problem == joined([LOST, first]).problem
    assert NOTHING == joined([])
