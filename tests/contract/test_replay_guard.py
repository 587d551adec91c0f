"""`ReplayGuard`: the shipped suite, over every adapter, and the removal of expired keys."""

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


def stored_keys(store: Store) -> list[str]:
    """All keys that are stored."""
    if isinstance(store, MemoryStore):
        return sorted(store._committed.state.accepted)
    assert isinstance(store, SqlStore)
    with store.database.reading() as connection:
        return sorted(connection.execute(claimed_keys.select()).scalars())


def test_claims_remove_expired_keys(store: Store) -> None:
    """A few claims later, only valid keys are stored."""
    with store.writing() as work:
        for number in range(MANY):
            assert work.replay_guard.claim(f"old {number}", at(0), at(10))
        assert work.replay_guard.claim("kept", at(0), at(3600))
    claims = [claim(store, f"new {number}", 20, 3600) for number in range(3)]

    assert [True] * 3 == claims
    assert ["kept", "new 0", "new 1", "new 2"] == stored_keys(store)


def test_a_refused_claim_removes_expired_keys(store: Store) -> None:
    """Repeated attempts with one key do not prevent the removal."""
    assert claim(store, "old", 0, 10)
    assert claim(store, "a", 0, 3600)
    assert not claim(store, "a", 20, 3600)
    assert ["a"] == stored_keys(store)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda store: claim(store, "b"), id="another-key"),
        pytest.param(lambda store: claim(store, "c", 20), id="cleaning"),
    ],
)
def test_a_claim_does_not_block_others_on_postgresql(
    postgresql_store: Store, other: Callable[[Store], bool]
) -> None:
    """During an open transaction with a claim, another key is claimed and expired ones are removed."""
    assert claim(postgresql_store, "old", 0, 10)
    with postgresql_store.writing() as work:
        assert work.replay_guard.claim("old", at(20), at(60))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other, postgresql_store).result(30)
