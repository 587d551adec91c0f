"""Limits of the picture service: concurrent conversions, and memory for answers to slow readers."""

from __future__ import annotations

from collections.abc import Mapping
from threading import BoundedSemaphore

import pytest
from attrs import define, frozen

from iotconfig.adapters.pictures.budget import MemoryBudget
from iotconfig.domain.errors import ExternalServiceError, TooManyRequests
from iotconfig.domain.pictures import PictureConverter, PictureService, PictureSource, TargetSize


@frozen
class IdentityConverter:
    """A converter that returns the bytes unchanged."""

    def convert(self, file: bytes, box: TargetSize) -> bytes:
        return file + repr((box.width, box.height)).encode()


@frozen
class TenBytesConverter:
    """A converter whose results all have ten bytes."""

    def convert(self, _file: bytes, _box: TargetSize) -> bytes:
        return bytes(10)


@define
class NestedSource:
    """A source that requests another picture while it fetches one."""

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


def service_of(
    source: PictureSource, converter: PictureConverter, *, slots: int = 8, memory: int = 1000
) -> PictureService:
    """A service that waits for no slot."""
    return PictureService(source, converter, BoundedSemaphore(slots), MemoryBudget(memory), patience=0.0)


def test_a_picture_is_fetched_and_converted() -> None:
    """The source receives URL and headers, the converter the fetched bytes and the box."""
    service = service_of(NestedSource(), IdentityConverter())

    assert b"u{'a': 'b'}(5, 6)" == service.picture("u", {"a": "b"}, TargetSize(5, 6)).content


def test_pictures_above_the_limit_are_refused() -> None:
    """The number of concurrent fetches is limited; the refusal has the seconds until the next attempt."""
    source = NestedSource()
    source.service = service_of(source, IdentityConverter(), slots=2)

    with pytest.raises(TooManyRequests) as refusal:
        source.service.picture("u", {}, TargetSize())

    assert 1 <= refusal.value.retry_after


def test_the_place_is_released() -> None:
    """It is released after a success, after a failure, and after a refusal for want of memory."""
    source = NestedSource()
    service = service_of(source, TenBytesConverter(), slots=1, memory=15)
    for _ in range(2):
        source.fails = True
        with pytest.raises(ExternalServiceError):
            service.picture("u", {}, TargetSize())
        source.fails = False
        held = service.picture("u", {}, TargetSize())
        with pytest.raises(TooManyRequests, match="wait to be sent"):
            service.picture("u", {}, TargetSize())
        held.close()


def test_slow_readers_do_not_occupy_a_place() -> None:
    """An answer that is being sent counts against the memory limit only."""
    service = service_of(NestedSource(), TenBytesConverter(), slots=1)

    assert [10] * 20 == [
        len(held.content) for held in [service.picture("u", {}, TargetSize()) for _ in range(20)]
    ]


def test_pictures_above_the_memory_limit_are_refused() -> None:
    """The limit counts bytes, and is inclusive; the refusal has the seconds until the next attempt."""
    service = service_of(NestedSource(), TenBytesConverter(), memory=30)
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


def test_a_collected_picture_frees_its_memory() -> None:
    """A picture whose answer was never sent does not count after it was garbage-collected."""
    service = service_of(NestedSource(), TenBytesConverter(), memory=10)
    for _ in range(3):
        held = service.picture("u", {}, TargetSize())
        with pytest.raises(TooManyRequests):
            service.picture("u", {}, TargetSize())
        del held
