"""Sightings are written in the background: at an interval, soon after a change, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event

import pytest

from iotconfig.domain.devices.evidence import Evidence, Proof
from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.domain.documents.document import Document
from iotconfig.domain.errors import IotConfigError, ServiceClosed, StoreUnavailable
from iotconfig.entrypoints.wiring.sightings import SightingsWriter
from iotconfig.testing.builders import mac
from iotconfig.testing.simultaneous import together
from tests.support.waiting import wait_until

NEVER = 3600.0


class _Store:
    """Takes sightings, or raises an error."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.error: IotConfigError | None = None
        self.was_asked = Event()
        self.on_write: Callable[[], None] = lambda: None
        self._writers: list[SightingsWriter] = []

    def record(self, sightings: Sequence[Evidence]) -> None:
        self.was_asked.set()
        if self.error is not None:
            raise self.error
        self.on_write()
        self.written += [each.etag for each in sightings]

    def writer(self, interval: float) -> SightingsWriter:
        self._writers.append(SightingsWriter(self.record, interval))
        return self._writers[-1]

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@pytest.fixture
def store() -> Iterator[_Store]:
    opened = _Store()
    yield opened
    opened.error = None
    opened.close()


def _see(writer: SightingsWriter, etag: str, device: int = 1) -> None:
    document = Document(1, b"{}", '"a"')
    writer.sightings.see(mac(device), document, etag, "", Proof.TOKEN, is_sent=False)


def test_sightings_are_written_at_the_interval(store: _Store) -> None:
    """Each time that there is one."""
    writer = store.writer(0.01)
    for number in range(3):
        _see(writer, f'"{number}"')
        wait_until(lambda number=number: len(store.written) == number + 1, "it is written", 30)  # type: ignore[misc]
    assert ['"0"', '"1"', '"2"'] == store.written


def test_a_change_is_written_soon(store: _Store) -> None:
    """The interval need not pass; the first sighting of a device is no change."""
    writer = store.writer(NEVER)
    _see(writer, '"a"')
    assert [] == store.written

    _see(writer, '"b"')
    wait_until(lambda: store.written, "the change is written", 30)
    assert ['"b"'] == store.written


def test_what_comes_during_a_write_waits_for_the_next(store: _Store) -> None:
    """A device that polls without a pause does not make the service write without one."""
    writer = store.writer(NEVER)
    store.on_write = lambda: _see(writer, '"during"', 2)
    _see(writer, '"before"')

    assert writer.flush()
    assert ['"before"'] == store.written
    assert 1 == writer.sightings.waiting


def test_the_time_of_a_long_write_counts_for_the_next(store: _Store) -> None:
    """What came during the write is stored within the interval, too."""
    seconds = 0.0

    def write_slowly() -> None:
        nonlocal seconds
        store.on_write = lambda: None
        _see(writer, '"during"', 2)
        seconds += NEVER

    writer = SightingsWriter(store.record, NEVER, seconds=lambda: seconds)
    store.on_write = write_slowly
    _see(writer, '"a"')
    _see(writer, '"b"')
    wait_until(lambda: '"during"' in store.written, "what came during the write is written", 30)
    writer.close()
    assert ['"b"', '"during"'] == store.written


def test_the_end_writes_what_waits(store: _Store) -> None:
    """At once."""
    writer = store.writer(NEVER)
    _see(writer, '"a"')
    writer.close()
    assert ['"a"'] == store.written


def test_while_the_store_is_away_sightings_wait(store: _Store, caplog: pytest.LogCaptureFixture) -> None:
    """They are written once it answers; the log has one line for each outage."""
    store.error = StoreUnavailable("The database does not answer.")
    writer = store.writer(0.01)
    _see(writer, '"a"')
    assert store.was_asked.wait(30)
    assert not writer.flush()
    assert [] == store.written

    store.error = None
    wait_until(lambda: store.written, "the sighting is written", 30)
    assert ['"a"'] == store.written
    assert ["sightings of devices wait, because they cannot be stored: The database does not answer."] == [
        record.message for record in caplog.records
    ]


def test_a_closed_store_ends_the_writing(store: _Store) -> None:
    """There is nothing to wait for."""
    store.error = ServiceClosed()
    writer = store.writer(0.01)
    _see(writer, '"a"')

    wait_until(lambda: not writer.sightings.is_awaited, "the writing has ended", 30)
    assert not writer.sightings.waiting


def test_new_boards_are_written_with_sightings(store: _Store) -> None:
    """Where none waits, too; while the store is away, they wait with them."""
    boards: list[Sequence[NewBoard]] = []

    def write(given: Sequence[NewBoard]) -> None:
        if store.error is not None:
            raise store.error
        boards.append(given)

    writer = SightingsWriter(store.record, 0.01, write)
    writer.asking_boards.see(mac(1), "192.0.2.7", "192.0.2.7")
    wait_until(lambda: boards, "the board is written", 30)

    store.error = StoreUnavailable("The database does not answer.")
    _see(writer, '"a"')
    writer.asking_boards.see(mac(2), "192.0.2.7", "192.0.2.7")
    assert not writer.flush()
    store.error = None
    wait_until(lambda: store.written and len(boards) == 2, "both are written", 30)
    writer.close()
    assert [[mac(1)], [mac(2)]] == [[board.mac_address for board in given] for given in boards]


def test_threads_lose_no_sighting(store: _Store) -> None:
    """While others write."""
    writer = store.writer(0.001)

    def see_all(thread: int) -> None:
        for number in range(100):
            _see(writer, f'"{thread}"', thread * 100 + number)

    together(8, see_all)
    writer.close()

    assert {f'"{thread}"': 100 for thread in range(8)} == {
        etag: store.written.count(etag) for etag in store.written
    }
