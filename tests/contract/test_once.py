"""`OnceOnly` on every adapter: a key is accepted once, until its time is over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql.store import SqlStore
from iotconfig.adapters.sql.tables import accepted_once
from iotconfig.domain.ports import Store
from tests.contract.queues import at
from tests.support.crowd import together

LONGEST = "k" * 255
MANY = 250
"""More expired keys than one claim removes."""


def claim(store: Store, key: str, now: float = 0, until: float = 60) -> bool:
    """Claim in a transaction of its own; times are seconds after the start."""
    with store.writing() as work:
        return work.once.claim(key, at(now), at(until))


def remembered(store: Store) -> list[str]:
    """All keys that take up room."""
    if isinstance(store, MemoryStore):
        return sorted(store._committed.state.accepted)
    assert isinstance(store, SqlStore)
    with store._database.reading() as connection:
        return sorted(connection.execute(accepted_once.select()).scalars())


class Oops(Exception):
    """Raised inside a unit of work."""


def test_a_key_is_accepted_once(store: Store) -> None:
    """The second claim is refused, in another transaction and in the same one; another key is not."""
    assert claim(store, "a")
    assert not claim(store, "a")
    with store.writing() as work:
        assert work.once.claim(LONGEST, at(1), at(60))
        assert not work.once.claim(LONGEST, at(1), at(60))
        assert work.once.claim("A", at(1), at(60))
    assert ["A", "a", LONGEST] == remembered(store)


def test_a_refused_claim_changes_nothing(store: Store) -> None:
    """It makes the key live no longer."""
    assert claim(store, "a", 0, 60)
    assert not claim(store, "a", 1, 600)
    assert claim(store, "a", 60, 120)


def test_a_rollback_frees_the_key(store: Store) -> None:
    """What was not stored can be accepted later."""
    with suppress(Oops), store.writing() as work:
        assert work.once.claim("a", at(0), at(60))
        raise Oops
    assert [] == remembered(store)
    assert claim(store, "a")


def test_a_key_is_new_again_when_its_time_is_over(store: Store) -> None:
    """Until the last moment before it is refused; then it is accepted, once, for another time."""
    assert claim(store, "a", 0, 60)
    assert not claim(store, "a", 59.999999, 120)
    assert claim(store, "a", 60, 120)
    assert not claim(store, "a", 61, 180)


def test_claims_remove_what_expired(store: Store) -> None:
    """A few claims later nothing of it is left, and what is still needed is."""
    with store.writing() as work:
        for number in range(MANY):
            assert work.once.claim(f"old {number}", at(0), at(10))
        assert work.once.claim("kept", at(0), at(3600))
    claims = [claim(store, f"new {number}", 20, 3600) for number in range(3)]

    assert [True] * 3 == claims
    assert ["kept", "new 0", "new 1", "new 2"] == remembered(store)


def test_a_refused_claim_removes_what_expired(store: Store) -> None:
    """Somebody who tries one key again and again keeps nothing from being cleaned up."""
    assert claim(store, "old", 0, 10)
    assert claim(store, "a", 0, 3600)
    assert not claim(store, "a", 20, 3600)
    assert ["a"] == remembered(store)


@pytest.mark.parametrize("expired", [False, True], ids=["new", "expired"])
def test_of_many_claims_at_once_one_wins(store: Store, expired: bool) -> None:
    """Eight who claim the same key at the same time: one gets it, whether it was never claimed or has expired."""
    if expired:
        assert claim(store, "a", 0, 10)
    results = together(8, lambda _: claim(store, "a", 20, 60))

    assert [False] * 7 + [True] == sorted(results)


def test_many_who_claim_and_clean_do_not_get_in_each_others_way(store: Store) -> None:
    """Claims that meet the same expired rows all end, each accepted."""
    with store.writing() as work:
        for number in range(MANY):
            work.once.claim(f"old {number}", at(0), at(10))

    def use(number: int) -> bool:
        # One key of the expired ones each, so that they also wait for rows that others remove.
        return claim(store, f"old {number}", 20, 60) and claim(store, f"new {number}", 20, 60)

    assert [True] * 8 == together(8, use)
    expected = sorted(f"{kind} {number}" for kind in ("new", "old") for number in range(8))
    assert expected == remembered(store)


@pytest.mark.parametrize(
    ("ending", "expected"), [pytest.param(None, False, id="commit"), pytest.param(Oops, True, id="rollback")]
)
def test_a_second_claim_waits_for_the_first(store: Store, ending: type[Oops] | None, expected: bool) -> None:
    """It is refused if the first one's transaction is stored, and accepted if that is rolled back."""
    asked = Event()

    def second() -> bool:
        asked.set()
        return claim(store, "a")

    with ThreadPoolExecutor(1) as pool:
        with suppress(Oops), store.writing() as work:
            assert work.once.claim("a", at(0), at(60))
            waiting = pool.submit(second)
            assert asked.wait(30)
            assert not waiting.done()
            if ending is not None:
                raise ending

        assert expected == waiting.result(30)


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
        assert work.once.claim("old", at(20), at(60))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other, postgresql_store).result(30)
