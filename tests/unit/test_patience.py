"""The waits of one request are bounded together; bytes at a useful rate may take as long as they take."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from typing import Any

import httpcore
import pytest
from attrs import define, field

from iotconfig.adapters.remote.patience import USEFUL_RATE, Patience, PatientStream


@define
class Slow(httpcore.NetworkStream):
    """A connection each of whose reads and writes takes some seconds of a clock of its own."""

    seconds: float
    block: bytes = b"x"
    now: float = 0.0
    time_outs: list[float | None] = field(factory=list)

    def clock(self) -> float:
        return self.now

    def read(self, _max_bytes: int, timeout: float | None = None) -> bytes:
        self._wait(timeout, httpcore.ReadTimeout)
        return self.block

    def write(self, _buffer: bytes, timeout: float | None = None) -> None:
        self._wait(timeout, httpcore.WriteTimeout)

    def _wait(self, timeout: float | None, error: type[Exception]) -> None:
        self.time_outs.append(timeout)
        assert timeout is not None
        self.now += min(self.seconds, timeout)
        if self.seconds > timeout:
            raise error

    def close(self) -> None:
        self.now = 0.0

    def start_tls(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return info


def test_single_bytes_use_it_up() -> None:
    """Each wait gets what the earlier ones left."""
    slow = Slow(1.0)
    stream, patience = PatientStream(slow), Patience(10.0, clock=slow.clock)

    with pytest.raises(httpcore.ReadTimeout):
        deque((stream.read(100, patience) for _ in range(20)), maxlen=0)

    assert 10 == pytest.approx(slow.now, abs=0.1)


def test_a_body_that_is_taken_slowly_uses_it_up() -> None:
    """One large write is no single wait."""
    slow = Slow(4.0)

    with pytest.raises(httpcore.WriteTimeout):
        PatientStream(slow).write(bytes(1_000_000), Patience(10.0, clock=slow.clock))

    assert slow.now < 15


def test_a_useful_rate_goes_on() -> None:
    """A hundred times as long as the patience, in both directions."""
    block = bytes(int(USEFUL_RATE))
    slow = Slow(1.0, block)
    stream, patience = PatientStream(slow), Patience(2.0, clock=slow.clock)

    for _ in repeat(None, 100):
        assert block == stream.read(len(block), patience)
        stream.write(block, patience)

    assert slow.now == 200


def test_bytes_give_back_no_more_than_there_was() -> None:
    """After a megabyte, a silence is as long as at the beginning."""
    quick = Slow(0.0, bytes(1_000_000))
    stream, patience = PatientStream(quick), Patience(2.0, clock=quick.clock)
    stream.read(1_000_000, patience)
    quick.seconds = 5.0

    with pytest.raises(httpcore.ReadTimeout):
        stream.read(100, patience)

    assert [2.0, 2.0] == quick.time_outs


def test_pauses_of_the_reader_do_not_count() -> None:
    """An export into a pipe that nobody reads for an hour is no fault of the service."""
    slow = Slow(0.5)
    stream, patience = PatientStream(slow), Patience(2.0, clock=slow.clock)

    for _ in repeat(None, 3):
        slow.now += 3600
        stream.read(100, patience)


def test_a_stream_of_events_goes_on_with_any_byte() -> None:
    """Silence alone ends it."""
    slow = Slow(44.0)
    stream, patience = PatientStream(slow), Patience(45.0, 1 / 45, clock=slow.clock)
    for _ in repeat(None, 100):
        stream.read(100, patience)
    slow.seconds = 46.0

    with pytest.raises(httpcore.ReadTimeout):
        stream.read(100, patience)


def test_other_time_outs_are_handed_on() -> None:
    """Those that are no patience."""
    slow = Slow(1.0)
    PatientStream(slow).read(100, 3.0)
    PatientStream(slow).write(b"x", 4.0)

    assert [3.0, 4.0] == slow.time_outs
