"""Writers that are killed around their commit: a change and its notification are stored together, or neither is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from threading import Event, Thread

import pytest

from iotconfig.domain.configs.service import ConfigService
from tests.support.relaying import document_numbers, mac, put
from tests.support.schema import execute, rows
from tests.support.serving import Serve, environment
from tests.support.waiting import wait_until

CHANGES = {1: "put", 2: "put", 3: "delete", 4: "announce"}
"""What is done to `mac(number)`; 1 has no config before."""


def _notified(database_url: str) -> dict[str, tuple[object, ...]]:
    """The revision, the ETag and the hint of each pending notification, by MAC address."""
    found = rows(database_url, "SELECT key, document_number, etag, restart_hint FROM notifications")
    return {str(key): (number, etag, bool(restart_hint)) for key, number, etag, restart_hint in found}


def _counters(database_url: str) -> dict[str, int]:
    found = rows(database_url, "SELECT mac_address, last_document_number FROM revision_counters")
    return {str(address): int(str(number)) for address, number in found}


def _kill_writers(database_url: str, when: str) -> None:
    """Make each change in a process that dies `when` it commits."""
    changes = [word for number, change in CHANGES.items() for word in (change, str(mac(number)))]
    writers = subprocess.run(
        [sys.executable, "-m", "tests.support.struck_writer", when, *changes],
        cwd=Path(__file__).parents[2],
        env=environment(database_url),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert 0 == writers.returncode, writers.stderr.decode()


@pytest.fixture
def before(database_url: str, service: ConfigService) -> dict[str, int]:
    """Configs of devices 2, 3 and 4 without pending notifications; the counters."""
    for number in (2, 3, 4):
        put(service, number, "before")
    execute(database_url, "DELETE FROM notifications")
    return _counters(database_url)


def test_a_writer_killed_before_its_commit_leaves_nothing(database_url: str, before: dict[str, int]) -> None:
    """No kind of change leaves a row, a notification or a used revision."""
    _kill_writers(database_url, "before")

    assert {} == _notified(database_url)
    assert {str(mac(2)): 1, str(mac(3)): 1, str(mac(4)): 1} == document_numbers(database_url)
    assert before == _counters(database_url)


def test_a_writer_killed_after_its_commit_leaves_both(database_url: str, before: dict[str, int]) -> None:
    """Each kind of change leaves the change and its notification."""
    _kill_writers(database_url, "after")

    etags = {
        str(address): etag for address, etag in rows(database_url, "SELECT mac_address, etag FROM documents")
    }
    assert {str(mac(1)): 1, str(mac(2)): 2, str(mac(4)): 1} == document_numbers(database_url)
    assert {
        str(mac(1)): (1, etags[str(mac(1))], True),
        str(mac(2)): (2, etags[str(mac(2))], True),
        str(mac(3)): (2, None, False),
        str(mac(4)): (1, etags[str(mac(4))], True),
    } == _notified(database_url)


def test_workers_killed_under_writes_leave_change_and_notification_in_step(
    database_url: str, start_serve: Callable[..., Serve]
) -> None:
    """Although workers are killed repeatedly, each config's newest revision is the pending one."""
    serve = start_serve(database_url, workers=2)
    finished = Event()
    acknowledged: list[int] = []

    def change(first: int) -> None:
        value = 0
        while not finished.is_set():
            value += 1
            body = {"content": {"value": value, "by": first}}
            path = f"/api/configs/by-mac/{mac(first + value % 5)}"
            with suppress(OSError, HTTPException):
                acknowledged.append(serve.client.send_json("PUT", path, body).status)

    def wait_for_changes(count: int) -> None:
        enough = len(acknowledged) + count
        wait_until(lambda: len(acknowledged) >= enough, "changes go through")

    writers = [Thread(target=change, args=(10 * index,)) for index in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(2):
            wait_for_changes(20)
            for pid in serve.worker_pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: len(serve.worker_pids()) == 2, "both workers run again")
    finally:
        finished.set()
        for writer in writers:
            writer.join()

    notified = {address: revision for address, (revision, _, _) in _notified(database_url).items()}
    assert document_numbers(database_url) == notified
    assert document_numbers(database_url) == _counters(database_url)
    assert sum(document_numbers(database_url).values()) >= sum(
        status in (200, 201) for status in acknowledged
    )
