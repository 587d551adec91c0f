"""`ReplayGuard`: the shipped suite, over every adapter, and what it leaves behind in ours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import claimed_keys
from iotconfig.domain.configs.store import Store
from iotconfig.testing import ReplayGuardContract
from iotconfig.testing.announcement_builders import at
from iotconfig.testing.contracts.replay_guard import MANY, claim


class TestReplayGuard(ReplayGuardContract):
    """Over each kind of store."""


def remembered(store: Store) -> list[str]:
    """All keys that take up room."""
    if isinstance(store, MemoryStore):
        return sorted(store._committed.state.accepted)
    assert isinstance(store, SqlStore)
    with store._database.reading() as connection:
        return sorted(connection.execute(claimed_keys.select()).scalars())


def test_claims_remove_what_expired(store: Store) -> None:
    """A few claims later nothing of it is left, and what is still needed is."""
    with store.writing() as work:
        for number in range(MANY):
            assert work.replay_guard.claim(f"old {number}", at(0), at(10))
        assert work.replay_guard.claim("kept", at(0), at(3600))
    claims = [claim(store, f"new {number}", 20, 3600) for number in range(3)]

    assert [True] * 3 == claims
    assert ["kept", "new 0", "new 1", "new 2"] == remembered(store)


def test_a_refused_claim_removes_what_expired(store: Store) -> None:
    """Somebody who tries one key again and again keeps nothing from being cleaned up."""
    assert claim(store, "old", 0, 10)
    assert claim(store, "a", 0, 3600)
    assert not claim(store, "a", 20, 3600)
    assert ["a"] == remembered(store)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda store: claim(store, "b"), id="another-key"),
        pytest.param(lambda store: claim(store, "c", 20), id="cleaning"),
    ],
)
def test_a_claim_keeps_no_other_waiting_on_postgresql(
    postgresql_store: Store, other: Callable[[Store], bool]
) -> None:
    """Another key can be claimed, and what expired removed, while a transaction that claimed is open."""
    assert claim(postgresql_store, "old", 0, 10)
    with postgresql_store.writing() as work:
        assert work.replay_guard.claim("old", at(20), at(60))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other, postgresql_store).result(30)
