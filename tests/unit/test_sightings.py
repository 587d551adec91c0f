"""Sightings: what a worker keeps between two writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.devices.sightings import Sightings
from iotconfig.domain.documents.document import Document
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START, SteppingClock

NEW = Document(2, b"{}", '"new"')


class _Watch:
    """Sightings, with what they told of themselves."""

    def __init__(self, most: int = 50_000) -> None:
        self.clock = SteppingClock()
        self.notices: list[bool] = []
        self.sightings = Sightings(lambda: self.clock().timestamp(), self.notices.append, most)

    def see(
        self, device: int = 1, held: str | None = None, proof: Proof = Proof.NONE, *, is_sent: bool = False
    ) -> None:
        self.sightings.see(mac(device), NEW, held, "192.0.2.1", proof, is_sent=is_sent)

    def taken(self) -> list[tuple[Kind, str]]:
        return [(each.kind, each.etag) for each in self.sightings.take(10)]


def test_a_fetch_is_kept_once_for_each_kind() -> None:
    """A 200 to a device that names what it runs is evidence of both; the newest stays."""
    watch = _Watch()
    watch.see(held='"old"', is_sent=True)
    watch.see(held='"old"', is_sent=True)

    assert watch.sightings.waiting
    assert [
        Evidence(mac(1), Kind.HOLDS, '"old"', 2, START + timedelta(microseconds=1), "192.0.2.1"),
        Evidence(
            mac(1), Kind.FETCHED, '"new"', 2, START + timedelta(microseconds=1), "192.0.2.1", etag_number=2
        ),
    ] == list(watch.sightings.take(10))
    assert not watch.sightings.waiting


def test_the_number_is_known_of_the_document_that_the_device_is_to_have() -> None:
    """It runs that one."""
    watch = _Watch()
    watch.see(held='"new"')
    assert [2] == [each.etag_number for each in watch.sightings.take(10)]


def test_the_number_stays_known_after_the_next_change() -> None:
    """The device names the document that it was to have before."""
    watch = _Watch()
    watch.see(held='"new"')
    newest = Document(3, b"{ }", '"newest"')
    watch.sightings.see(mac(1), newest, '"new"', "192.0.2.1", Proof.NONE, is_sent=False)
    assert [(3, 2)] == [(each.number, each.etag_number) for each in watch.sightings.take(10)]


def test_a_client_that_alternates_two_etags_changes_once_a_minute() -> None:
    """Without proof; the first sighting is no change."""
    watch = _Watch()
    for held in ('"a"', '"b"') * 100:
        watch.see(held=held)
    assert [(Kind.HOLDS, '"b"')] == watch.taken()
    assert 1 == watch.notices.count(True)

    watch.clock.go_to(START + timedelta(minutes=2))
    for held in ('"a"', '"b"') * 100:
        watch.see(held=held)
    assert [(Kind.HOLDS, '"a"')] == watch.taken()


def test_with_a_token_every_change_counts() -> None:
    """The token shows that it is the device."""
    watch = _Watch()
    for held in ('"a"', '"b"', '"c"'):
        watch.see(held=held, proof=Proof.TOKEN)
    assert [(Kind.HOLDS, '"c"')] == watch.taken()
    assert 2 == watch.notices.count(True)


def test_a_notice_is_given_where_nobody_is_about_to_take_the_sightings() -> None:
    """And at every change."""
    watch = _Watch()
    watch.see(held='"a"')
    watch.sightings.is_awaited = True
    watch.see(held='"a"', is_sent=True)
    assert [False] == watch.notices

    watch.see(held='"b"')
    assert [False, True] == watch.notices


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    """The devices that are waiting stay, and are renewed."""
    watch = _Watch(most=2)
    for device in (1, 2, 3, 1, 4):
        watch.see(device, held='"a"')
    assert 2 == watch.sightings.dropped
    assert {mac(1), mac(2)} == {each.mac_address for each in watch.sightings.take(10)}


def test_the_last_etags_are_bounded_too() -> None:
    """The oldest is forgotten, so its next change is not known to be one."""
    watch = _Watch(most=2)
    for device in (1, 2, 3):
        watch.see(device, held='"a"')
        watch.taken()
    watch.notices.clear()
    watch.see(1, held='"b"')
    assert [False] == watch.notices


def test_the_change_of_a_device_that_was_seen_before_many_others_is_noticed() -> None:
    """Half of the last ETags are forgotten at a time, the oldest half."""
    watch = _Watch(most=4)
    for device in (1, 2, 3):
        watch.see(device, held='"a"')
    watch.notices.clear()
    watch.see(1, held='"b"')
    assert [True] == watch.notices


def test_a_fetch_that_shows_nothing_is_not_kept() -> None:
    """A device that was not sent the document, and does not name what it runs."""
    watch = _Watch()
    watch.see()
    assert not watch.sightings.waiting


def test_a_clock_that_goes_back_loses_nothing() -> None:
    """The times of one worker never decrease."""
    watch = _Watch()
    watch.see(held='"a"')
    watch.clock.go_to(START - timedelta(hours=1))
    watch.see(held='"b"', proof=Proof.TOKEN)

    (found,) = watch.sightings.take(10)
    assert ('"b"', START) == (found.etag, found.received_at)


@pytest.mark.parametrize("also", [lambda watch: None, lambda watch: watch.see(held='"a"', is_sent=True)])
def test_what_could_not_be_written_waits_for_the_next_time(also: Callable[[_Watch], None]) -> None:
    """Newer sightings that came meanwhile are not replaced."""
    watch = _Watch()
    watch.see(held='"a"', is_sent=True)
    failed = watch.sightings.take(10)
    also(watch)
    watch.sightings.put_back([evolve(each, number=1) for each in failed])
    watch.sightings.put_back(failed)

    found = watch.sightings.take(10)
    assert {Kind.HOLDS, Kind.FETCHED} == {each.kind for each in found}
    assert [2, 2] == [each.number for each in found]


def test_what_could_not_be_written_replaces_nothing_newer() -> None:
    """A device that held another document meanwhile, and was sent it."""
    watch = _Watch()
    watch.see(held='"a"', is_sent=True)
    failed = watch.sightings.take(10)
    watch.clock.go_to(START + timedelta(minutes=2))
    watch.see(held='"b"', is_sent=True)
    watch.sightings.put_back(failed)

    found = watch.sightings.take(10)
    assert [(Kind.HOLDS, '"b"'), (Kind.FETCHED, '"new"')] == [(each.kind, each.etag) for each in found]
    assert {START + timedelta(minutes=2)} == {each.received_at for each in found}


def test_the_sightings_that_have_waited_are_taken_first() -> None:
    """However many come meanwhile."""
    watch = _Watch()
    for device in (1, 2, 3):
        watch.see(device, held='"a"')
    taken = [watch.sightings.take(1)]
    for device in (4, 5):
        watch.see(device, held='"a"')
        taken.append(watch.sightings.take(1))
    assert {mac(1), mac(2), mac(3)} == {each.mac_address for (each,) in taken}
    assert 2 == watch.sightings.waiting
    assert {mac(4), mac(5)} == {each.mac_address for each in watch.sightings.take(10)}


def test_up_to_a_number_of_devices_are_taken() -> None:
    """The others wait."""
    watch = _Watch()
    for device in range(5):
        watch.see(device, held='"a"', is_sent=device % 2 == 0)
    assert 2 == len({each.mac_address for each in watch.sightings.take(2)})
    assert 3 == len({each.mac_address for each in watch.sightings.take(10)})
