"""How many pictures are served at a time, and how many are held for those who read slowly."""

from __future__ import annotations

from collections.abc import Mapping
from threading import BoundedSemaphore

import pytest
from attrs import define, frozen

from iotconfig.domain.errors import ExternalServiceError, TooManyRequests
from iotconfig.domain.pictures import MemoryBudget, PictureService, TargetSize


@frozen
class Same:
    """A converter that leaves everything as it is."""

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        return file + repr((box.width, box.height)).encode()


@frozen
class Long:
    """A converter whose answers all have ten bytes."""

    def convert(self, _file: bytes, _box: TargetSize) -> bytes:
        return bytes(10)


@define
class Nested:
    """A source that asks for another picture while it fetches one."""

    service: PictureService | None = None
    fails: bool = False

    def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        if self.fails:
            raise ExternalServiceError("no")
        return (
            self.service.picture(url, headers, TargetSize()).content
            if self.service
            else f"{url}{headers}".encode()
        )


def test_a_picture_is_fetched_and_converted() -> None:
    """The source gets URL and headers, the converter what came and the box."""
    service = PictureService(Nested(), Same())

    assert b"u{'a': 'b'}(5, 6)" == service.picture("u", {"a": "b"}, TargetSize(5, 6)).content


def test_more_pictures_than_places_are_refused() -> None:
    """How many are fetched and converted is bounded; the caller is told when to ask again."""
    source = Nested()
    source.service = PictureService(source, Same(), patience=0.0, slots=BoundedSemaphore(2))

    with pytest.raises(TooManyRequests) as refusal:
        source.service.picture("u", {}, TargetSize())

    assert 1 <= refusal.value.retry_after


def test_a_place_is_given_back() -> None:
    """After a success, after a failure, and where there was no room for the picture."""
    source = Nested()
    service = PictureService(source, Long(), patience=0.0, slots=BoundedSemaphore(1), budget=MemoryBudget(15))
    for _ in range(2):
        source.fails = True
        with pytest.raises(ExternalServiceError):
            service.picture("u", {}, TargetSize())
        source.fails = False
        held = service.picture("u", {}, TargetSize())
        with pytest.raises(TooManyRequests, match="wait to be sent"):
            service.picture("u", {}, TargetSize())
        held.close()


def test_who_reads_slowly_keeps_nobody_from_a_place() -> None:
    """A picture that waits to be sent takes room, and no place."""
    service = PictureService(Nested(), Long(), patience=0.0, slots=BoundedSemaphore(1))

    assert [10] * 20 == [
        len(held.content) for held in [service.picture("u", {}, TargetSize()) for _ in range(20)]
    ]


def test_more_than_there_is_room_for_is_refused() -> None:
    """By bytes, up to the last one; the caller is told when to ask again."""
    service = PictureService(Nested(), Long(), budget=MemoryBudget(30))
    held = [service.picture("u", {}, TargetSize()) for _ in range(3)]
    for _ in range(2):
        with pytest.raises(TooManyRequests, match="wait to be sent") as refusal:
            service.picture("u", {}, TargetSize())
        assert 1 <= refusal.value.retry_after

    held[1].close()
    held[1].close()
    held.append(service.picture("u", {}, TargetSize()))
    with pytest.raises(TooManyRequests):
        service.picture("u", {}, TargetSize())


def test_a_picture_that_nobody_closed_takes_no_room_when_it_is_gone() -> None:
    """An answer that never came to be sent must not take it for ever."""
    service = PictureService(Nested(), Long(), budget=MemoryBudget(10))
    for _ in range(3):
        held = service.picture("u", {}, TargetSize())
        with pytest.raises(TooManyRequests):
            service.picture("u", {}, TargetSize())
        del held
