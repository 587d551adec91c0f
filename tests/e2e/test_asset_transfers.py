"""Large assets, slow connections, and concurrent clients of one asset."""

from __future__ import annotations

import hashlib
import os
import select
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from iotconfig.testing.simultaneous import together
from tests.support.api import expect_problem
from tests.support.depot import Depot, new_name, settings_of
from tests.support.forms import form, headers_of
from tests.support.processes import forget_peak_memory, peak_memory
from tests.support.serving import Serve
from tests.support.signing import signing_key, timestamp
from tests.support.waiting import wait_until
from tests.support.wire import only_answer, request_bytes

CONTENT = os.urandom(3_000_000)
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is taken unless a setting says otherwise."""
STALL = 3.0
MARGIN_KIB = 24 * 1024
"""Far more than blocks and buffers take, and far less than the file."""


def test_a_large_file_takes_little_memory(depot: Depot) -> None:
    """A worker holds a few blocks of 64 MiB during upload, hashing and download."""
    content = os.urandom(1024) * (LARGEST // 1024)
    small, large, by_hand = (new_name() for _ in range(3))
    for _ in range(8):
        depot.client.get(depot.uploaded(small, CONTENT))
    workers = depot.serve.worker_pids()
    for worker in workers:
        forget_peak_memory(worker)
    before = {worker: peak_memory(worker) for worker in workers}

    assert 201 == depot.upload(large, content).status
    assert content == depot.client.get(f"/api/assets/{large}").body
    (depot.directory / by_hand).write_bytes(content)
    head = depot.client.request("HEAD", f"/api/assets/{by_hand}")
    assert f'"{hashlib.sha256(content).hexdigest()}"' == head.headers["etag"]

    assert [] == [worker for worker in workers if peak_memory(worker) - before[worker] > MARGIN_KIB]
    for name in (large, by_hand):
        assert 204 == depot.client.request("DELETE", f"/api/assets/{name}").status


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Depot]:
    """A service with client deadlines of three seconds."""
    place = tmp_path_factory.mktemp("impatient")
    shutil.copy(_sqlite_template, place / "configs.db")
    settings: dict[str, Any] = {
        **settings_of(place),
        **dict.fromkeys((f"IOTCONFIG_{what}_TIMEOUT" for what in ("STALL", "BODY", "HEADER")), str(STALL)),
    }
    with Serve(f"sqlite:///{place / 'configs.db'}", place / "serve.log", workers=1, **settings) as serve:
        yield Depot(serve, place / "assets", signing_key())


def test_others_are_answered_during_a_large_upload(impatient: Depot) -> None:
    """A worker that receives data at full speed answers its other requests."""
    content = os.urandom(1024) * (LARGEST // 1024)

    def is_answered_meanwhile() -> bool:
        """Whether one upload was in progress both before a request and after its answer."""
        body = form(*impatient.fields(new_name(), content))
        found = False
        with ThreadPoolExecutor(1) as threads:
            uploading = threads.submit(
                impatient.client.request, "POST", "/api/assets", body, headers_of(body)
            )
            taken_in = wait_until(impatient.held, "it is being taken in")
            while not uploading.done():
                assert 200 == impatient.client.get("/api/health").status
                found = found or {*taken_in} <= {*impatient.held()}
        assert 201 == uploading.result().status
        return found

    # On a busy machine, an upload may end before the client sends its request.
    wait_until(is_answered_meanwhile, "a request is answered during an upload")


@contextmanager
def connected(depot: Depot, request: bytes) -> Iterator[socket.socket]:
    """A connection that has sent these bytes, with the smallest receive buffer that the kernel grants."""
    with socket.socket() as connection:
        connection.settimeout(60)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Small segments keep the sender's buffer small, too.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.connect(depot.client.address)
        connection.sendall(request)
        yield connection


def rest_of(connection: socket.socket) -> bytes:
    """All further bytes until the other side closes."""
    received = b""
    while data := connection.recv(65_536):
        received += data
    return received


def a_pause() -> None:
    """A pause: select without sockets waits for its time-out."""
    select.select([], [], [], 0.05)


def _send_slowly(depot: Depot) -> bytes:
    body = form(*depot.fields(new_name(), CONTENT))
    until = monotonic() + 1.5 * STALL
    with connected(depot, request_bytes("POST", "/api/assets", headers=headers_of(body))) as connection:
        sent = 0
        while monotonic() < until:
            sent += connection.send(body[sent : sent + 16_384])
            a_pause()
        connection.sendall(body[sent:])
        return rest_of(connection)


def _read_slowly(depot: Depot, path: str) -> bytes:
    until = monotonic() + 1.5 * STALL
    with connected(depot, request_bytes("GET", path)) as connection:
        received = b""
        while monotonic() < until:
            received += connection.recv(16_384)
            a_pause()
        return received + rest_of(connection)


def test_a_slow_and_steady_transfer_is_complete(impatient: Depot) -> None:
    """Progress counts in both directions, not the total time."""
    path = impatient.uploaded("slow.bin", CONTENT)
    with ThreadPoolExecutor(2) as threads:
        sending = threads.submit(_send_slowly, impatient)
        reading = threads.submit(_read_slowly, impatient, path)

    assert 201 == only_answer(sending.result()).status
    assert CONTENT == reading.result().partition(b"\r\n\r\n")[2]


def test_transfers_that_stand_still_are_cut(impatient: Depot) -> None:
    """An upload without progress gets 408 and leaves nothing; a download without a reader is cut, and its file is closed.

    Small bodies have a total time limit, large ones need progress.
    """
    path = impatient.uploaded("large.bin", CONTENT)
    before = impatient.on_disk()
    bodies = [form(*impatient.fields(f"stuck-{size}.bin", CONTENT[:size])) for size in (200_000, 3_000_000)]
    with ExitStack() as stack:
        reader = stack.enter_context(connected(impatient, request_bytes("GET", path)))
        wait_until(impatient.held, "it is being sent")
        senders = []
        for body in bodies:
            head = request_bytes("POST", "/api/assets", headers=headers_of(body))
            senders.append(stack.enter_context(connected(impatient, head + body[:150_000])))
        wait_until(lambda: len(impatient.on_disk()) == len(before) + 2, "uploads are on their way")
        for sender in senders:
            expect_problem(only_answer(rest_of(sender)), 408, "REQUEST_TIMEOUT")
        wait_until(lambda: not impatient.held(), "the download is cut")
        assert len(rest_of(reader)) < len(CONTENT)

    assert before == impatient.on_disk()
    assert CONTENT == impatient.client.get(path).body


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_download_goes_on_with_the_old_bytes(depot: Depot, change: str) -> None:
    """Replacing or deleting the asset does not affect it; the next download gets the new state."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    with connected(depot, request_bytes("GET", path)) as connection:
        received = connection.recv(4096)
        if change == "replaced":
            depot.uploaded(name, CONTENT[::-1])
        else:
            assert 204 == depot.client.request("DELETE", path).status
        received += rest_of(connection)

    assert CONTENT == received.partition(b"\r\n\r\n")[2]
    again = depot.client.get(path)
    assert (200, CONTENT[::-1]) == (again.status, again.body) if change == "replaced" else 404 == again.status


def test_a_download_of_a_file_that_is_written_to_is_cut(depot: Depot) -> None:
    """It would not match the announced digest; the client notices the missing bytes, and no worker fails."""
    name = new_name()
    path = depot.uploaded(name, CONTENT)
    with connected(depot, request_bytes("GET", path)) as connection:
        received = connection.recv(4096)
        with (depot.directory / name).open("r+b") as file:
            file.write(b"written by hand")
        received += rest_of(connection)

    assert b"content-length: 3000000" in received
    assert len(received.partition(b"\r\n\r\n")[2]) < len(CONTENT)
    now = b"written by hand" + CONTENT[15:]
    again = depot.client.get(path)
    assert (now, f'"{hashlib.sha256(now).hexdigest()}"') == (again.body, again.headers["etag"])


def test_concurrent_uploads_of_one_name_leave_one_complete_file(either_depot: Depot) -> None:
    """All succeed, one of them as the first; each concurrent download is complete."""
    depot, name = either_depot, new_name()
    contents = [os.urandom(700_000) for _ in range(8)]
    seen: list[bytes] = []

    def use(number: int) -> int:
        status = depot.upload(name, contents[number]).status
        seen.append(depot.client.get(f"/api/assets/{name}").body)
        return status

    statuses = together(8, use)
    final = depot.client.get(f"/api/assets/{name}")

    assert [200] * 7 + [201] == sorted(statuses)
    assert {final.body, *seen} <= {*contents}
    assert f'"{hashlib.sha256(final.body).hexdigest()}"' == final.headers["etag"]


def test_one_of_several_uploads_with_one_signature_is_accepted(either_depot: Depot) -> None:
    """Of eight concurrent uploads with different bytes, one is accepted, and its bytes are stored."""
    depot, name, time = either_depot, new_name(), timestamp()
    contents = [os.urandom(100_000) for _ in range(8)]
    answers = together(8, lambda number: depot.upload(name, contents[number], time=time))

    assert [201] + [409] * 7 == sorted(answer.status for answer in answers)
    (winner,) = (number for number, answer in enumerate(answers) if answer.status == 201)
    assert contents[winner] == depot.client.get(f"/api/assets/{name}").body
