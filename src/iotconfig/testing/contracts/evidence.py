"""The contract of `EvidenceStore`: the newest evidence of each kind, in whatever order it arrives."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any, Final

import pytest
from attrs import evolve

from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.evidence import RENEWED_EVERY, Evidence, Kind, Newest, Proof
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.state import State, Wanted
from iotconfig.domain.errors import ServiceClosed
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

_SECOND: Final = timedelta(seconds=1)


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


class EvidenceStoreContract(UseCases):
    """Needs the fixtures `store`, an empty store, and `evidence`, its evidence."""

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

        first, rest = evidence.page(None, 2), evidence.page(mac(2), 10)

        assert [mac(1), mac(2), mac(3), mac(5)] == [device.mac_address for device in (*first, *rest)]
        assert [1, 0, 1, 0] == [len(device.newest) for device in (*first, *rest)]
        assert [State.PENDING, State.NEVER] == [device.state for device in first]
        assert [] == list(evidence.page(mac(5), 10))

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
            evidence.page(None, 1)
