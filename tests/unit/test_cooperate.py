"""A long computation lets other requests run: it yields by the clock, or runs in another thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import gevent
import pytest
from attrs import field, frozen

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.bulk import BulkEntry
from iotconfig.domain.configs.bulk_options import BulkOptions, ImportOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import TooManyRequests
from iotconfig.domain.offload import SMALL
from iotconfig.entrypoints.wiring.clock import TurnYielder
from iotconfig.entrypoints.wiring.offload import InThread
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from tests.support.apps import app_in_memory
from tests.support.wsgi_client import WsgiClient

T = TypeVar("T")
LARGE = "x" * SMALL
MERGE = {"Content-Type": "application/merge-patch+json"}


class Recorder:
    """Records the work that was offloaded."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, work: Callable[[], T], size: int) -> T:
        self.sizes.append(size)
        return work()


def test_turns_are_yielded_by_the_clock() -> None:
    """A turn is yielded at most once in five milliseconds, counted from the end of the last one."""
    now = [100.0]
    turns: list[float] = []

    def sleep(_seconds: float) -> None:
        turns.append(now[0])
        now[0] += 0.1

    yield_turn = TurnYielder(lambda: now[0], sleep)
    for _ in range(120):
        yield_turn()
        now[0] += 0.001

    assert 20 <= len(turns) <= 24


def test_a_turn_may_come_between_any_two_configs() -> None:
    """The clock is checked after each config, since few large configs take as long as many small ones."""
    asked: list[None] = []
    bulk = BulkService(MemoryStore(), SteppingClock(), yield_turn=lambda: asked.append(None))

    bulk.load([BulkEntry(f"line {number}", mac(number), content()) for number in range(50)], ImportOptions())
    loaded = len(asked)
    with bulk.export() as configs:
        assert 50 == len(list(configs))

    assert 50 <= loaded <= len(asked) - 50


def test_a_bulk_patch_is_merged_in_the_other_thread() -> None:
    """Each config is merged by a call of its own."""
    offload = Recorder()
    bulk = BulkService(MemoryStore(), SteppingClock(), offload=offload)
    bulk.load([BulkEntry("line", mac(number), content(a=LARGE)) for number in range(3)], ImportOptions())

    bulk.patch(Selection(everything=True), MergePatch.parse('{"b":1}'), BulkOptions())

    assert [True] * 3 == [size > SMALL for size in offload.sizes]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("PUT", "/api/configs/1", {}, f'{{"content":{{"a":"{LARGE}"}}}}'),
        ("PUT", "/api/configs/1?dry_run=true", {}, '{"content":{}}'),
        ("PATCH", "/api/configs/1", MERGE, f'{{"a":"{LARGE}"}}'),
        ("PATCH", "/api/configs/1", MERGE, '{"b":1}'),
        ("POST", "/api/configs/1/rollback?dry_run=true", {}, '{"revision":2}'),
        ("GET", "/api/configs/1/diff?from=2&to=3", {}, ""),
        ("POST", "/api/configs/patch?dry_run=true", {}, '{"all":true,"merge":{"b":1}}'),
    ],
)
def test_large_work_is_offloaded(method: str, path: str, headers: dict[str, str], body: str) -> None:
    """Reading, merging and comparing are offloaded above the size with which their cost grows."""
    offload = Recorder()
    client = WsgiClient(app_in_memory(offload=offload, comparing=offload))
    client.send_json("POST", "/api/configs", {"mac_address": str(mac(1)), "content": {"a": 1}})
    for text in ("y", LARGE):
        client.send_json("PUT", "/api/configs/1", {"content": {"a": text}})
    offload.sizes.clear()

    answer = client.request(method, path, body.encode(), headers)

    assert 200 == answer.status
    assert max(offload.sizes) > SMALL


def test_small_work_stays_in_its_thread() -> None:
    """Work on a usual document is not offloaded: switching threads takes longer."""
    assert threading.get_ident() == InThread()(threading.get_ident, SMALL - 1)


def test_errors_of_offloaded_work_reach_the_caller(capfd: pytest.CaptureFixture[str]) -> None:
    """An error is raised in the caller, and is not printed by the other thread."""
    in_thread = InThread()

    assert threading.get_ident() != in_thread(threading.get_ident, SMALL)
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 // 0, SMALL)
    assert ("", "") == capfd.readouterr()


def test_offloading_refuses_a_wait_that_is_too_long() -> None:
    """It refuses before a connection is taken; comparisons do not delay the merges of changes."""
    in_thread, other = InThread(), InThread()
    begun = threading.Event()
    refused: list[TooManyRequests] = []

    def ask() -> None:
        try:
            in_thread(lambda: begun.wait(5), SMALL)
        except TooManyRequests as refusal:
            refused.append(refusal)

    asking = [gevent.spawn(ask) for _ in range(20)]
    gevent.sleep(0)
    assert other(lambda: 1, SMALL) == 1
    begun.set()
    gevent.joinall(asking)

    assert 8 == len(refused)
    assert refused[0].retry_after > 0


def test_offloaded_edits_give_the_same_result() -> None:
    """The result of a patch does not depend on the thread that merges it."""
    patch = MergePatch.parse('{"a":1}')

    assert Merge(patch) == Merge(patch, offload=Recorder())


@frozen
class WatchedStore(MemoryStore):
    """A store that counts its open blocks."""

    opened: list[None] = field(factory=list)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        self.opened.append(None)
        try:
            with MemoryStore.writing(self) as work:
                yield work
        finally:
            self.opened.pop()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        self.opened.append(None)
        try:
            with MemoryStore.reading(self) as view:
                yield view
        finally:
            self.opened.pop()


@pytest.mark.parametrize("rivals", [0, 2, 100])
def test_a_merge_waits_without_a_connection(rivals: int) -> None:
    """Concurrent changes are not lost; after repeated conflicts the last merge runs under the lock."""
    store = WatchedStore()
    service = ConfigService(store, SteppingClock())
    config = service.create(mac(1), content(a=0))
    blocks_open: list[int] = []

    def offload(work: Callable[[], T], size: int) -> T:
        assert size > 0
        blocks_open.append(len(store.opened))
        merged = work()
        if len(blocks_open) <= rivals:
            service.update(config.id, content(a=len(blocks_open)))
        return merged

    edited = service.edit(config.id, Merge(MergePatch.parse('{"b":1}'), offload=offload))

    assert {0} == set(blocks_open)
    assert {"a": min(rivals, len(blocks_open)), "b": 1} == json.loads(edited.content.text)
    assert len(blocks_open) < 10
