"""A request that works for long lets others go on: by the clock, and beside the thread that serves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import gevent
import pytest
from attrs import field, frozen
from falcon.testing import TestClient

from iotconfig.adapters.memory import MemoryStore
from iotconfig.domain.configs.bulk import BulkEntry, BulkOptions
from iotconfig.domain.configs.bulk_service import BulkService
from iotconfig.domain.configs.edits import Merge
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import TooManyRequests
from iotconfig.domain.offload import SMALL
from iotconfig.entrypoints.wiring.clock import TurnYielder
from iotconfig.entrypoints.wiring.offload import InThread
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import SteppingClock
from tests.support.apps import app_in_memory

T = TypeVar("T")
LARGE = "x" * SMALL
MERGE = {"Content-Type": "application/merge-patch+json"}


class Recorder:
    """Work that was done aside."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, work: Callable[[], T], size: int) -> T:
        self.sizes.append(size)
        return work()


def test_cooperate_are_given_by_the_clock() -> None:
    """However often it is asked, a turn is given once in five milliseconds, counted from when it was over."""
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
    """Few large configs take as long as many small ones: the clock is asked at each."""
    asked: list[None] = []
    bulk = BulkService(MemoryStore(), SteppingClock(), yield_turn=lambda: asked.append(None))

    bulk.load([BulkEntry(f"line {number}", mac(number), content()) for number in range(50)], BulkOptions())
    loaded = len(asked)
    with bulk.export() as configs:
        assert 50 == len(list(configs))

    assert 50 <= loaded <= len(asked) - 50


def test_a_patch_of_many_is_merged_aside() -> None:
    """Each config by itself."""
    offload = Recorder()
    bulk = BulkService(MemoryStore(), SteppingClock(), offload=offload)
    bulk.load([BulkEntry("line", mac(number), content(a=LARGE)) for number in range(3)], BulkOptions())

    bulk.patch(ConfigQuery(text=""), MergePatch.parse('{"b":1}'), BulkOptions())

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
        ("POST", "/api/configs/patch?dry_run=true", {}, '{"match":"","merge":{"b":1}}'),
    ],
)
def test_what_is_large_is_done_aside(method: str, path: str, headers: dict[str, str], body: str) -> None:
    """Reading, merging and comparing documents; the size is what the work grows with."""
    offload = Recorder()
    client = TestClient(app_in_memory(offload=offload, comparing=offload))
    client.simulate_post("/api/configs", json={"mac_address": str(mac(1)), "content": {"a": 1}})
    for text in ("y", LARGE):
        client.simulate_put("/api/configs/1", json={"content": {"a": text}})
    offload.sizes.clear()

    path, _, query = path.partition("?")
    answer = client.simulate_request(method, path, query_string=query, headers=headers, body=body)

    assert 200 == answer.status_code
    assert max(offload.sizes) > SMALL


def test_small_work_stays_in_its_thread() -> None:
    """A change of threads takes longer than reading a usual document."""
    assert threading.get_ident() == InThread()(threading.get_ident, SMALL - 1)


def test_large_work_leaves_its_thread(capfd: pytest.CaptureFixture[str]) -> None:
    """What it raises is raised where it was asked for, and printed by nobody: a refused document is no news."""
    in_thread = InThread()

    assert threading.get_ident() != in_thread(threading.get_ident, SMALL)
    with pytest.raises(ZeroDivisionError):
        in_thread(lambda: 1 // 0, SMALL)
    assert ("", "") == capfd.readouterr()


def test_a_thread_refuses_what_would_wait_too_long() -> None:
    """Before a connection is taken; a thread that compares leaves the other to changes."""
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


def test_edits_are_equal_wherever_they_are_done() -> None:
    """Where a patch is merged is no part of what it means."""
    patch = MergePatch.parse('{"a":1}')

    assert Merge(patch) == Merge(patch, offload=Recorder())


@frozen
class WatchedStore(MemoryStore):
    """A store that knows how many of its blocks are open."""

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
def test_a_merge_waits_with_no_connection_in_hand(rivals: int) -> None:
    """Whoever changes the config meanwhile loses nothing; against ever more, the last merge is under the lock."""
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
