"""The slots of imports and exports: their number, their limit for each caller, and their end with the process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from iotconfig.adapters.http import transfer_limits as module
from iotconfig.adapters.http.transfer_limits import Kind, Transfers, shared_file
from iotconfig.domain.errors import StoreFull, TooManyRequests
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient

MIB = 1024 * 1024

_OTHER_WORKER = """
import sys
from iotconfig.adapters.http.transfer_limits import Kind, Transfers
transfers = Transfers(4, int(sys.argv[2]), int(sys.argv[1]))
for caller in sys.argv[3:]:
    transfers.take(Kind.EXPORT, caller).hold(1024 * 1024)
print("taken", flush=True)
sys.stdin.read()
"""


@contextmanager
def other_worker(file: int, max_bytes: int, *callers: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds a slot of 1 MiB for each caller."""
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER_WORKER, str(file), str(max_bytes), *callers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[file],
    ) as process:
        assert process.stdout is not None
        assert b"taken\n" == process.stdout.readline()
        yield process
        process.kill()


def test_one_caller_gets_three_quarters() -> None:
    """The rest is for other callers; a slot that is released twice is free once."""
    transfers = Transfers(4)
    mine = [transfers.take(Kind.EXPORT, "me") for _ in range(3)]
    with pytest.raises(TooManyRequests, match="3 of your exports are running") as refusal:
        transfers.take(Kind.EXPORT, "me")
    assert refusal.value.retry_after > 0
    yours = transfers.take(Kind.EXPORT, "you")
    with pytest.raises(TooManyRequests, match="4 exports are running"):
        transfers.take(Kind.EXPORT, "you")
    transfers.take(Kind.CHANGE, "me")
    mine[0].leave()
    mine[0].leave()
    transfers.take(Kind.EXPORT, "you")
    with pytest.raises(TooManyRequests):
        transfers.take(Kind.EXPORT, "a third")
    yours.leave()
    transfers.take(Kind.EXPORT, "a third")


def test_workers_share_the_slots() -> None:
    """A slot that one worker holds is taken for the others; the slots of a killed worker are free."""
    file = shared_file()
    transfers = Transfers(4, 100 * MIB, file)
    with other_worker(file, 100 * MIB, "me", "me", "you") as other:
        transfers.take(Kind.EXPORT, "me")
        with pytest.raises(TooManyRequests, match="4 exports are running"):
            transfers.take(Kind.EXPORT, "a third")
        other.kill()
        other.wait()
        slots = [transfers.take(Kind.EXPORT, "me") for _ in range(2)]
    for slot in slots:
        slot.hold(50 * MIB - 1)


def test_workers_share_the_disk_space() -> None:
    """The bytes of all transfers are limited, and the refusal names the setting."""
    file = shared_file()
    transfers = Transfers(4, 4 * MIB, file)
    with other_worker(file, 4 * MIB, "you", "you"):
        slot = transfers.take(Kind.EXPORT, "me")
        slot.hold(2 * MIB)
        with pytest.raises(TooManyRequests, match="IOTCONFIG_MAX_TEMPORARY_BYTES"):
            slot.hold(4 * MIB)
        slot.leave()
        transfers.take(Kind.CHANGE, "me").hold(MIB)


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        (Kind.EXPORT, "GET", "/api/configs/export"),
        (Kind.EXPORT, "HEAD", "/api/configs/export"),
        (Kind.CHANGE, "POST", "/api/configs/import"),
        (Kind.CHANGE, "POST", "/api/configs/patch"),
        (Kind.CHANGE, "POST", "/api/changes/0123456789abcdef/undo"),
        (Kind.UPLOAD, "POST", "/api/assets"),
    ],
)
def test_every_route_that_takes_a_slot(kind: Kind, method: str, path: str) -> None:
    """Without a free slot it answers 429; otherwise it does its work and releases the slot."""
    transfers = Transfers(1)
    client = WsgiClient(app_in_memory(transfers=transfers))
    patch = {"/api/configs/patch": b'{"all": true, "merge": {}}'}
    body = patch.get(path, b"{}") if method == "POST" else b""
    headers = {"Content-Type": "application/json"}
    slot = transfers.take(kind, "another caller")
    refused = client.request(method, path, body=body, headers=headers)
    assert (429, True) == (refused.status, refused.headers["retry-after"].isdigit())
    slot.leave()
    for _ in range(2):
        assert 429 != client.request(method, path, body=body, headers=headers).status


def test_a_transfer_leaves_space_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before it takes the last bytes."""
    monkeypatch.setattr(module, "_free", lambda: (MIB, 100 * MIB))
    with pytest.raises(StoreFull, match="temporary files is full"):
        Transfers(4).take(Kind.EXPORT, "me").hold(0)


def test_a_file_of_its_own_is_closed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that makes many applications does not run out of descriptors."""
    file = shared_file()
    monkeypatch.setattr(module, "shared_file", lambda: file)
    transfers = Transfers(4)
    os.fstat(file)

    del transfers
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)
