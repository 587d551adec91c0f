"""Documents that the relay has announced are evidence, written now and then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.relay import Relay
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.evidence import Kind as EvidenceKind
from iotconfig.domain.devices.offers import Offers
from iotconfig.domain.devices.state import State
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing.builders import content, mac

from .relay_ports import ManualClock, ScriptedPublisher, SwitchedLease


class Written:
    """Where offers are written; it fails while the database is away."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Evidence]] = []
        self.is_away = False

    def __call__(self, batch: Sequence[Evidence]) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.batches.append(batch)


def announced(number: int, document: int = 1) -> Announcement:
    """The announcement of a document."""
    state = AnnouncedDocument(document, f'"{document}"', ManualClock()())
    return Announcement(Subject(Kind.CONFIG, str(mac(number))), restart_hint=True, state=state)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_what_the_broker_accepted_is_written_every_ten_seconds(clock: ManualClock) -> None:
    """The newest document of each device, in one batch; assets, hints without a document and deletions are no offers."""
    written = Written()
    offers = Offers(written, clock)
    offers.announced([announced(1), announced(2), announced(1, 2)])
    deletion = AnnouncedDocument(3, None, clock())
    offers.announced(
        [
            Announcement(Subject(Kind.ASSET, "firmware.bin"), restart_hint=True),
            Announcement(Subject(Kind.CONFIG, str(mac(3))), restart_hint=False, state=deletion),
        ]
    )
    offers.tend()
    assert [] == written.batches

    clock.advance(10)
    offers.tend()
    offers.tend()
    [batch] = written.batches
    kind = EvidenceKind.OFFERED
    assert [(mac(1), '"2"', 2, kind), (mac(2), '"1"', 1, kind)] == [
        (each.mac_address, each.etag, each.number, each.kind) for each in batch
    ]


def test_they_wait_while_the_database_is_away(clock: ManualClock) -> None:
    """Within their bound; what does not fit is dropped. A clock that goes back does not hold them up."""
    written = Written()
    offers = Offers(written, clock, max_devices=2)
    written.is_away = True
    offers.announced([announced(number) for number in (1, 2, 3)])
    clock.advance(-60)
    offers.tend()
    written.is_away = False
    offers.announced([announced(2, 5)])

    offers.flush()

    assert [[1, 5]] == [[each.number for each in batch] for batch in written.batches]


def test_many_are_written_in_batches(clock: ManualClock) -> None:
    """Of a thousand."""
    written = Written()
    offers = Offers(written, clock)
    offers.announced([announced(number) for number in range(2_500)])

    offers.flush()

    assert [1000, 1000, 500] == [len(batch) for batch in written.batches]


def test_a_relay_offers_what_it_delivers(clock: ManualClock) -> None:
    """Also what it delivered last before its end; an announcement changes no state."""
    store = MemoryStore()
    ConfigService(store, clock).create(mac(1), content())
    offers = Offers(store.evidence.write, clock)
    relay = Relay(
        store.notifications(), ScriptedPublisher(), SwitchedLease(), clock, lambda: 1.0, observer=offers
    )

    relay.run_once()
    found = store.evidence.find(mac(1))
    assert found is not None
    assert {} == found.newest
    relay.close()

    found = store.evidence.find(mac(1))
    assert found is not None
    [offered] = found.newest.values()
    assert (found.wanted.etag, 1, State.NEVER) == (offered.etag, offered.number, found.state)
