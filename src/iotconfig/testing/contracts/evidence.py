"""The contract of `EvidenceStore`: the newest evidence of each kind, in whatever order it arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from time import sleep
from typing import Any, Final

import pytest
from attrs import evolve

from iotconfig.domain.configs.labels import LabelEdit, Labels
from iotconfig.domain.configs.revisions import UNSIGNED
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.devices.evidence import RENEWED_EVERY, Evidence, Kind, Newest, Proof
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.past import KEPT, PastQuery
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.state import State, Wanted
from iotconfig.domain.devices.status import DeviceQuery, FormerDevice
from iotconfig.domain.errors import ServiceClosed
from iotconfig.domain.mac import MacAddress
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_SECOND: Final = timedelta(seconds=1)
_READ_AGAIN: Final = 400
"""How often news are looked for, at most."""


def _evidence(kind: Kind = Kind.HOLDS, seconds: float = 0, **given: Any) -> Evidence:
    """Evidence about device 1, this long after `START`."""
    plain = Evidence(mac(1), kind, '"a"', 1, START + seconds * _SECOND)
    return evolve(plain, **given)


def _newest(evidence: EvidenceStore, service: ConfigService, number: int) -> Newest:
    """The evidence about a device, which gets a document if it has none."""
    service.put(mac(number), content())
    found = evidence.find(mac(number))
    assert found is not None
    return found.newest


def _found(evidence: EvidenceStore) -> ObservedDevice:
    found = evidence.find(mac(1))
    assert found is not None
    return found


def _listed(evidence: EvidenceStore, **query: Any) -> tuple[list[MacAddress], MacAddress | None]:
    """The devices of a page, and the cursor of the next one."""
    page = evidence.page(DeviceQuery(**query), START)
    return [device.mac_address for device in page.devices], page.next


def _counts(evidence: EvidenceStore, **query: Any) -> dict[State, int]:
    """How many devices are in each state that has some."""
    counts = evidence.counts(DeviceQuery(**query), START)
    assert (set(State), False) == (set(counts.by_state), counts.more)
    return {state: count for state, count in counts.by_state.items() if count}


class EvidenceStoreContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `evidence`, its evidence.

    A store that stores states overrides `catch_up`.
    """

    @pytest.fixture
    def catch_up(self) -> Callable[[], None]:
        """Brings stored states up to date with the configs."""
        return lambda: None

    @pytest.fixture
    def tags(self, store: Store, clock: SteppingClock) -> TagService:
        """Tags of the configs of the store."""
        return TagService(store, clock)

    @pytest.fixture(autouse=True)
    def _device(self, service: ConfigService) -> None:
        service.create(mac(1), content(deviceName="Porch"))

    def test_every_member_is_kept(self, evidence: EvidenceStore) -> None:
        """What is read is what was written, to the microsecond."""
        report = _evidence(
            Kind.REJECTED,
            0.000001,
            source="2001:db8::1",
            proof=Proof.TOKEN,
            etag_number=7,
            pointer="/wifi/channel",
            reason="15 > 13 auf Kanälen",
            firmware="1.2",
            report_number=2**62,
        )
        evidence.write([report, _evidence()])

        assert {Kind.REJECTED: report, Kind.HOLDS: _evidence()} == _found(evidence).newest

    def test_a_device_is_found_with_the_document_that_it_is_to_have(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """Its name and document number are those of now, without evidence too; a MAC address without a document is no device."""
        document = service.document(mac(1))
        assert ObservedDevice(mac(1), "Porch", Wanted(1, document.etag), {}) == _found(evidence)

        service.put(mac(1), content(deviceName="Shed"))
        changed = _found(evidence)
        assert ("Shed", 2) == (changed.device_name, changed.wanted.number)

        assert evidence.find(mac(2)) is None

    def test_every_order_of_arrival_ends_in_one_state(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """Newer is the higher document number, and then the later time; the batches do not matter."""
        events = [
            _evidence(seconds=300, number=1),
            _evidence(seconds=200, number=2, etag='"b"'),
            _evidence(seconds=100, number=2, etag='"c"'),
            _evidence(Kind.APPLIED, seconds=250, number=2),
        ]
        newest = {Kind.HOLDS: events[1], Kind.APPLIED: events[3]}

        orders = [*permutations(events)][::4]
        for number, order in enumerate(orders):
            for each in order:
                evidence.write([evolve(each, mac_address=mac(100 + number))])
            evidence.write([evolve(each, mac_address=mac(200 + number)) for each in order])

        for number in range(len(orders)):
            for device in (100 + number, 200 + number):
                expected = {kind: evolve(each, mac_address=mac(device)) for kind, each in newest.items()}
                assert expected == _newest(evidence, service, device), orders[number]

    def test_of_two_at_one_moment_always_the_same_is_kept(self, evidence: EvidenceStore) -> None:
        """The order of their contents decides."""
        first, second = _evidence(etag='"Z"'), _evidence(etag='"a"')
        evidence.write([first])
        evidence.write([second])
        evidence.write([first])

        assert {Kind.HOLDS: second} == _found(evidence).newest

    def test_a_repetition_within_a_minute_is_not_written(self, evidence: EvidenceStore) -> None:
        """After a minute it is."""
        evidence.write([_evidence()])
        evidence.write([_evidence(seconds=59, source="192.0.2.7")])
        assert {Kind.HOLDS: _evidence()} == _found(evidence).newest

        later = evolve(_evidence(), received_at=START + RENEWED_EVERY)
        evidence.write([later])
        assert {Kind.HOLDS: later} == _found(evidence).newest

    @pytest.mark.parametrize(
        "changed",
        [{"etag": '"b"'}, {"number": 2}, {"proof": Proof.TOKEN}, {"firmware": "2"}, {"reason": "no"}],
    )
    def test_what_says_something_new_is_written_at_once(
        self, evidence: EvidenceStore, changed: dict[str, Any]
    ) -> None:
        """A minute need not have passed."""
        new = _evidence(seconds=1, **changed)
        evidence.write([_evidence()])
        evidence.write([new])

        assert {Kind.HOLDS: new} == _found(evidence).newest

    def test_a_repetition_is_written_where_it_changes_the_order_of_kinds(
        self, evidence: EvidenceStore
    ) -> None:
        """The order of kinds decides the state: the device names the old document after it was sent the new one."""
        evidence.write([_evidence()])
        evidence.write([_evidence(Kind.FETCHED, 10)])
        evidence.write([_evidence(seconds=20)])
        assert 20 * _SECOND == _found(evidence).newest[Kind.HOLDS].received_at - START

        evidence.write([_evidence(Kind.FETCHED, 30), _evidence(seconds=31)])
        assert 30 * _SECOND == _found(evidence).newest[Kind.FETCHED].received_at - START

    def test_the_number_of_an_etag_is_kept(self, evidence: EvidenceStore) -> None:
        """A device that stays at document 1 is known to run 1, whatever it is to have."""
        evidence.write([_evidence(etag_number=1)])
        evidence.write([_evidence(seconds=1, number=2)])
        assert 1 == _found(evidence).newest[Kind.HOLDS].etag_number

        evidence.write([_evidence(seconds=2, number=3, etag='"b"')])
        assert _found(evidence).newest[Kind.HOLDS].etag_number is None

    def test_pages_are_sorted_and_have_the_evidence_of_each_device(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """Evidence about a MAC address without a document is on no page."""
        for number in (3, 2, 5):
            service.create(mac(number), content())
        evidence.write([_evidence(mac_address=mac(number)) for number in (1, 3, 4)])

        first = evidence.page(DeviceQuery(limit=2), START)
        rest = evidence.page(DeviceQuery(after=first.next), START)
        devices = [*first.devices, *rest.devices]

        assert [mac(1), mac(2), mac(3), mac(5)] == [device.mac_address for device in devices]
        assert [1, 0, 1, 0] == [len(device.newest) for device in devices]
        assert [State.PENDING, State.NEVER] == [device.state for device in first.devices]
        assert (mac(2), None) == (first.next, rest.next)
        assert ([], None) == _listed(evidence, after=mac(5))

    def test_a_list_by_state_and_firmware_has_what_matches(
        self, evidence: EvidenceStore, service: ConfigService, catch_up: Callable[[], None]
    ) -> None:
        """It has the devices as they are now, page by page: also those whose document changed since their evidence came."""
        etags = {
            number: service.put(mac(number), content(channel=number))[0].content.etag
            for number in range(1, 7)
        }
        etags[1] = '"old"'
        evidence.write(
            [_evidence(mac_address=mac(number), etag=etag) for number, etag in etags.items() if number != 4]
        )
        evidence.write([_evidence(Kind.APPLIED, 1, mac_address=mac(5), etag=etags[5], firmware="1.2")])
        service.put(mac(2), content(channel=99))
        service.delete(service.get_by_mac(mac(6)).id)
        catch_up()

        assert ([mac(3), mac(5)], None) == _listed(evidence, state=State.IN_SYNC)
        assert ([mac(1), mac(2)], None) == _listed(evidence, state=State.PENDING)
        assert ([mac(1)], mac(1)) == _listed(evidence, state=State.PENDING, limit=1)
        assert ([mac(2)], None) == _listed(evidence, state=State.PENDING, limit=1, after=mac(1))
        assert ([mac(4)], None) == _listed(evidence, state=State.NEVER)
        assert ([mac(5)], None) == _listed(evidence, firmware="1.2")
        assert ([], None) == _listed(evidence, firmware="1.2", state=State.PENDING)
        assert {State.IN_SYNC: 2, State.PENDING: 2, State.NEVER: 1} == _counts(evidence)
        assert {State.IN_SYNC: 1} == _counts(evidence, firmware="1.2")

    def test_a_list_by_tag_and_text_has_what_matches(
        self, evidence: EvidenceStore, service: ConfigService, tags: TagService, catch_up: Callable[[], None]
    ) -> None:
        """Counts follow tags that are set, taken away, and lost with a config; `state` and `overdue` do not restrict them."""
        for number in range(2, 6):
            service.create(mac(number), content(deviceName=f"Lamp {number}"))
        for number in (2, 3, 5):
            tags.edit(mac(number), LabelEdit(add=["floor-3", f"n{number}"]), UNSIGNED)
        evidence.write([_evidence(mac_address=mac(3))])
        catch_up()

        assert ([mac(2), mac(3), mac(5)], None) == _listed(evidence, tags=["floor-3"])
        assert ([mac(3)], None) == _listed(evidence, tags=["floor-3"], state=State.PENDING)
        assert ([mac(2), mac(5)], None) == _listed(evidence, tags=["floor-3", "!n3"])
        assert ([mac(4)], None) == _listed(evidence, text="lamp", tags=["!floor-3"])
        assert {State.PENDING: 1, State.NEVER: 2} == _counts(evidence, tags=["floor-3"])
        assert {State.PENDING: 1, State.NEVER: 2} == _counts(
            evidence, tags=["floor-3"], state=State.NEVER, overdue=True
        )
        assert {State.NEVER: 2} == _counts(evidence, tags=["floor-3", "!n3"])
        assert {State.PENDING: 1, State.NEVER: 3} == _counts(evidence, text="lamp")

        tags.edit(mac(2), LabelEdit(remove=["floor-3"], note="Porch"), UNSIGNED)
        service.delete(service.get_by_mac(mac(3)).id)
        catch_up()
        assert {State.NEVER: 1} == _counts(evidence, tags=["floor-3"])
        assert {State.NEVER: 4} == _counts(evidence)
        found = evidence.find(mac(2))
        assert found is not None
        assert Labels(["n2"], "Porch") == found.labels

    def test_the_past_has_each_change_of_the_state_with_the_evidence_that_made_it(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """The newest first, page by page; what leaves the state as it is, is no change."""
        etag = service.document(mac(1)).etag
        fetched, held = _evidence(Kind.FETCHED, etag=etag), _evidence(seconds=60, etag=etag)
        rejected = _evidence(
            Kind.REJECTED, 240, etag=etag, pointer="/a", reason="no", firmware="2", report_number=7
        )
        for each in (
            fetched,
            held,
            evolve(held, received_at=START + 120 * _SECOND),
            _evidence(seconds=180),
            rejected,
        ):
            evidence.write([each])
        evidence.write([_evidence(Kind.OFFERED, 300)])

        page = evidence.past(PastQuery(mac(1)))

        states = [State.REJECTED, State.PENDING, State.IN_SYNC, State.DELIVERED]
        assert (states, None) == ([change.state for change in page.changes], page.next)
        assert (rejected, 1, START + 240 * _SECOND) == (
            page.changes[0].evidence,
            page.changes[0].wanted,
            page.changes[0].at,
        )
        assert [4, 3, 2, 1] == [change.number for change in page.changes]
        first = evidence.past(PastQuery(mac(1), limit=3))
        assert (page.changes[:3], 2) == (first.changes, first.next)
        last = evidence.past(PastQuery(mac(1), before=first.next, limit=3))
        assert (page.changes[3:], None) == (last.changes, last.next)
        assert () == evidence.past(PastQuery(mac(2))).changes

    def test_the_past_is_bounded_and_pruned(self, evidence: EvidenceStore, service: ConfigService) -> None:
        """The newest 100 changes of each device are kept; pruning removes the oldest first, by their age."""
        etag = service.document(mac(1)).etag
        service.create(mac(2), content())
        for number in range(KEPT + 5):
            evidence.write([_evidence(seconds=number, etag=etag if number % 2 else '"other"')])
        evidence.write([_evidence(Kind.FETCHED, 1000, mac_address=mac(2), etag=etag)])

        page = evidence.past(PastQuery(mac(1), limit=1000))
        assert [KEPT + 5, 6] == [page.changes[0].number, page.changes[-1].number]
        assert KEPT == len(page.changes)

        end = START + 10 * _SECOND
        assert 5 == evidence.prunable(end)
        assert [3, 2, 0] == [evidence.prune(end, 3) for _ in range(3)]
        assert KEPT - 5 == len(evidence.past(PastQuery(mac(1), limit=1000)).changes)
        assert KEPT - 4 == evidence.prunable(START + 2000 * _SECOND)

    def test_former_devices_are_listed_with_their_successors(
        self, evidence: EvidenceStore, service: ConfigService, catch_up: Callable[[], None]
    ) -> None:
        """Deleted and replaced ones, page by page; one that is restored is a device again."""
        catch_up()
        for number in range(2, 6):
            service.create(mac(number), content())
        evidence.write([_evidence(Kind.APPLIED, mac_address=mac(3), firmware="1.2")])
        restored = service.get_by_mac(mac(4)).id
        for number in (2, 4):
            service.delete(service.get_by_mac(mac(number)).id)
        service.replace_device(service.get_by_mac(mac(3)).id, mac(7))
        catch_up()

        page = evidence.former(None, 10)
        assert (FormerDevice(mac(3), mac(7), START, "1.2"), None) == (page.devices[1], page.next)
        assert [mac(2), mac(3), mac(4)] == [device.mac_address for device in page]
        assert FormerDevice(mac(2), None, None, None) == page.devices[0]
        first = evidence.former(None, 2)
        assert (page.devices[:2], mac(3)) == (first.devices, first.next)
        assert page.devices[2:] == evidence.former(first.next, 2).devices

        service.restore(restored)
        assert [mac(2), mac(3)] == [device.mac_address for device in evidence.former(None, 10)]

    def test_many_devices_at_once(self, evidence: EvidenceStore, service: ConfigService) -> None:
        """A batch may be of any size, or empty."""
        evidence.write([])
        evidence.write([_evidence(mac_address=mac(number)) for number in range(2_500, 0, -1)])

        assert {Kind.HOLDS: _evidence()} == _found(evidence).newest
        assert {Kind.HOLDS: _evidence(mac_address=mac(2_500))} == _newest(evidence, service, 2_500)

    def test_writers_at_the_same_time_lose_nothing(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """Each of eight writers brings a newer sighting of the same devices, in another order."""
        numbers = range(10, 40)

        def write(writer: int) -> None:
            order = numbers if writer % 2 else reversed(numbers)
            evidence.write([_evidence(number=writer + 1, mac_address=mac(number)) for number in order])

        together(8, write)

        assert [8] * 30 == [_newest(evidence, service, number)[Kind.HOLDS].number for number in numbers]

    def test_a_closed_store_refuses(self, evidence: EvidenceStore, store: Store) -> None:
        """It neither reads nor writes."""
        store.close()

        with pytest.raises(ServiceClosed):
            evidence.write([_evidence()])
        with pytest.raises(ServiceClosed):
            evidence.find(mac(1))
        with pytest.raises(ServiceClosed):
            evidence.page(DeviceQuery(), START)
        with pytest.raises(ServiceClosed):
            evidence.counts(DeviceQuery(), START)
        with pytest.raises(ServiceClosed):
            evidence.past(PastQuery(mac(1)))
        with pytest.raises(ServiceClosed):
            evidence.former(None, 1)
        with pytest.raises(ServiceClosed):
            evidence.prunable(START)
        with pytest.raises(ServiceClosed):
            evidence.prune(START, 1)

    def test_news_are_of_devices_whose_state_has_changed(
        self, evidence: EvidenceStore, service: ConfigService
    ) -> None:
        """Each once, as it is at the reading; evidence that changes no state is none. Too many are not listed."""
        service.create(mac(2), content())
        service.create(mac(3), content())
        mark = evidence.news(None, 9).mark
        assert ((), False) == (tuple(evidence.news(None, 9).devices), evidence.news(None, 9).are_too_many)

        def news(limit: int = 9) -> set[tuple[MacAddress, State]] | None:
            nonlocal mark
            found: set[tuple[MacAddress, State]] = set()
            # A store may be late.
            for _ in range(_READ_AGAIN):
                read = evidence.news(mark, limit)
                mark = read.mark
                if read.are_too_many:
                    return None
                found.update((device.mac_address, device.state) for device in read.devices)
                if found:
                    break
                sleep(0.05)
            return found

        etag = service.document(mac(1)).etag
        evidence.write([_evidence(etag=etag, seconds=1), _evidence(Kind.FETCHED, etag=etag, seconds=2)])
        assert {(mac(1), State.IN_SYNC)} == news()
        evidence.write([_evidence(mac_address=mac(number), seconds=3) for number in (2, 3)])
        evidence.write([_evidence(etag=etag, seconds=600)])
        assert {(mac(2), State.PENDING), (mac(3), State.PENDING)} == news()
        etags = {number: service.document(mac(number)).etag for number in (2, 3)}
        evidence.write(
            [_evidence(mac_address=mac(number), etag=etags[number], seconds=900) for number in etags]
        )
        assert None is news(limit=1)
