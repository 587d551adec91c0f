"""The contract of `ReplayGuard`: a key is accepted once, until its time is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from iotconfig.domain.configs.store import Store
from iotconfig.testing.announcement_builders import at
from iotconfig.testing.simultaneous import together

LONGEST = "k" * 255

MANY = 250
"""More expired keys than one claim removes."""


def claim(store: Store, key: str, now: float = 0, until: float = 60) -> bool:
    """Claim in a transaction of its own; times are seconds after the start."""
    with store.writing() as work:
        return work.replay_guard.claim(key, at(now), at(until))


class Oops(Exception):
    """Raised inside a unit of work."""


class ReplayGuardContract:
    """Needs the fixture `store`: an empty store."""

    def test_a_key_is_claimed_keys(self, store: Store) -> None:
        """A second claim of a key is refused, in the same transaction and in another; another key is accepted."""
        assert claim(store, "a")
        assert not claim(store, "a")
        with store.writing() as work:
            assert work.replay_guard.claim(LONGEST, at(1), at(60))
            assert not work.replay_guard.claim(LONGEST, at(1), at(60))
            assert work.replay_guard.claim("A", at(1), at(60))
        assert [False] * 3 == [claim(store, key, 2) for key in ("A", "a", LONGEST)]

    def test_a_refused_claim_changes_nothing(self, store: Store) -> None:
        """A refused claim does not extend the time of the key."""
        assert claim(store, "a", 0, 60)
        assert not claim(store, "a", 1, 600)
        assert claim(store, "a", 60, 120)

    def test_a_rollback_frees_the_key(self, store: Store) -> None:
        """A claim that was rolled back can be made again."""
        with suppress(Oops), store.writing() as work:
            assert work.replay_guard.claim("a", at(0), at(60))
            raise Oops
        assert claim(store, "a")

    def test_a_key_is_new_again_when_its_time_is_over(self, store: Store) -> None:
        """A key is refused until it expires; then it is accepted again, once."""
        assert claim(store, "a", 0, 60)
        assert not claim(store, "a", 59.999999, 120)
        assert claim(store, "a", 60, 120)
        assert not claim(store, "a", 61, 180)

    @pytest.mark.parametrize("expired", [False, True], ids=["new", "expired"])
    def test_of_many_claims_at_once_one_wins(self, store: Store, expired: bool) -> None:
        """Of eight concurrent claims of one key, one succeeds, whether the key is new or has expired."""
        if expired:
            assert claim(store, "a", 0, 10)
        results = together(8, lambda _: claim(store, "a", 20, 60))

        assert [False] * 7 + [True] == sorted(results)

    def test_concurrent_claims_and_clean_ups_do_not_disturb_each_other(self, store: Store) -> None:
        """Concurrent claims that remove the same expired rows all end, and are all accepted."""
        with store.writing() as work:
            for number in range(MANY):
                work.replay_guard.claim(f"old {number}", at(0), at(10))

        def use(number: int) -> bool:
            # One key of the expired ones each, so that they also wait for rows that others remove.
            return claim(store, f"old {number}", 20, 60) and claim(store, f"new {number}", 20, 60)

        assert [True] * 8 == together(8, use)
        assert [False] * 8 == [claim(store, f"old {number}", 20) for number in range(8)]

    @pytest.mark.parametrize(
        ("ending", "expected"),
        [pytest.param(None, False, id="commit"), pytest.param(Oops, True, id="rollback")],
    )
    def test_a_second_claim_waits_for_the_first(
        self, store: Store, ending: type[Oops] | None, expected: bool
    ) -> None:
        """A concurrent claim is refused if the first transaction commits, and accepted if it is rolled back."""
        asked = Event()

        def second() -> bool:
            asked.set()
            return claim(store, "a")

        with ThreadPoolExecutor(1) as pool:
            with suppress(Oops), store.writing() as work:
                assert work.replay_guard.claim("a", at(0), at(60))
                waiting = pool.submit(second)
                assert asked.wait(30)
                assert not waiting.done()
                if ending is not None:
                    raise ending

            assert expected == waiting.result(30)
