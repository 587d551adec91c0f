"""Output of the log without blocking: a log that is not read does not block the process."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from iotconfig.adapters.logs import Output
from iotconfig.adapters.logs.output import _WAITING
from tests.support.waiting import wait_until

LINE = b"x" * 1023 + b"\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read_lines(descriptor: int, count: int) -> list[bytes]:
    """This many lines, and the rest of the last read."""
    received = b""
    while received.count(b"\n") < count:
        received += os.read(descriptor, 65536)
    return received.splitlines(keepends=True)


def no_thread_is_left() -> bool:
    return "log-output" not in [thread.name for thread in threading.enumerate()]


def test_a_full_pipe_loses_nothing_within_the_bound(pipe: tuple[int, int]) -> None:
    """Lines beyond the pipe's capacity are buffered, and arrive in order once it is read."""
    output = Output(pipe[1])
    sent = [b"%06d" % number + LINE for number in range(200)]
    for line in sent:
        output.write(line)

    assert sent == read_lines(pipe[0], len(sent))
    wait_until(no_thread_is_left, "nothing waits any more")
    output.close()


def test_a_pipe_that_is_never_read_does_not_block(
    pipe: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    """Lines beyond the limit are dropped; a line reports their number once the pipe is read again."""
    output = Output(pipe[1])
    count = 2 * _WAITING // len(LINE)
    for _ in range(count):
        output.write(LINE)

    assert output._size <= _WAITING
    received = read_lines(pipe[0], _WAITING // len(LINE))
    assert {LINE} == set(received)
    wait_until(lambda: "lines of the log were dropped" in caplog.text, "it says what is missing")
    wait_until(no_thread_is_left, "nothing waits any more")
    output.close()


def test_the_shared_descriptor_stays_blocking(pipe: tuple[int, int]) -> None:
    """Other processes write to the same pipe, and expect it to block."""
    output = Output(pipe[1])
    output.write(LINE)
    output.close()

    assert not fcntl.fcntl(pipe[1], fcntl.F_GETFL) & os.O_NONBLOCK


def test_a_full_socket_does_not_block() -> None:
    """systemd's journal is read over a socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        output = Output(ours.fileno())
        sent = [b"%06d" % number + LINE for number in range(400)]
        for line in sent:
            output.write(line)

        assert sent == read_lines(theirs.fileno(), len(sent))
        assert ours.getblocking()
        wait_until(no_thread_is_left, "nothing waits any more")
        output.close()


def test_a_closed_reader_is_not_an_error(pipe: tuple[int, int]) -> None:
    """The process continues without a log."""
    reader, writer = os.pipe()
    output = Output(writer)
    os.close(reader)
    output.write(LINE)
    output.close()
    os.close(writer)


def test_a_file_gets_every_line(tmp_path: Path) -> None:
    """Two writers through the same descriptor do not overwrite each other."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        Output(file.fileno()).write(b"first\n")
        os.write(file.fileno(), b"second\n")
        Output(file.fileno()).write(b"third\n")

    assert ["first", "second", "third"] == path.read_text().splitlines()


def test_a_child_does_not_write_the_lines_of_its_parent(pipe: tuple[int, int]) -> None:
    """After a fork, buffered lines belong to the parent; the child writes only its own."""
    output = Output(pipe[1])
    output._waiting.append(b"parent\n")
    output._size, output._owner = 7, os.getpid() + 1
    output.write(b"child\n")
    wait_until(no_thread_is_left, "nothing waits any more")
    output.close()

    assert [b"child\n"] == read_lines(pipe[0], 1)
