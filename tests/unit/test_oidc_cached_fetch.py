"""The cache of a provider's documents, with fetches that hang, fail or race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from iotconfig.adapters.oidc.cached_fetch import COOL_DOWN, CachedFetch
from iotconfig.adapters.oidc.faults import ProviderUnavailable
from tests.support.identities import wait_for_fetches
from tests.support.standing_clock import StandingClock


def answers(*steps: object) -> Callable[[], object]:
    """A fetch that returns or raises these results in turn."""
    left = list(steps)

    def fetch() -> object:
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    return fetch


def test_waiting_for_a_hanging_fetch_is_bounded() -> None:
    """The caller's wait ends although the fetch does not."""
    goes_on = threading.Event()
    kept = CachedFetch(goes_on.wait, StandingClock(), 0.05)
    try:
        with pytest.raises(ProviderUnavailable):
            kept.current()
        assert kept.known is None
    finally:
        goes_on.set()
        wait_for_fetches()
    assert kept.current() is True


def test_an_unexpected_error_of_a_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported, counts as a failed fetch, and does not prevent the next one."""
    broken: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda hooked: broken.append(hooked.exc_type))
    clock = StandingClock()
    kept = CachedFetch(answers(ZeroDivisionError(), "good"), clock, 20.0)
    with pytest.raises(ProviderUnavailable):
        kept.current()
    wait_for_fetches()

    with pytest.raises(ProviderUnavailable):
        kept.current()
    clock.shift(seconds=COOL_DOWN.total_seconds() + 1)
    assert "good" == kept.current()
    assert [ZeroDivisionError] == broken


def test_a_newer_value_in_the_cache_is_returned() -> None:
    """If the rejected value was replaced already, the newer value is returned without a fetch."""
    kept = CachedFetch(answers("first", "second"), StandingClock(), 20.0)
    first = kept.current()

    assert "second" == kept.refreshed_after(first)
    assert "second" == kept.refreshed_after(first)
    assert kept.refreshed_after("second") is None


def test_nothing_newer_when_the_fetch_fails() -> None:
    """The cached value is kept."""
    kept = CachedFetch(answers("first", ProviderUnavailable("away")), StandingClock(), 20.0)
    first = kept.current()

    assert kept.refreshed_after(first) is None
    assert "first" == kept.current()


def test_a_fetch_that_ends_before_the_next_one_begins() -> None:
    """A caller that was delayed while another one fetched uses that result and does not fetch."""
    clock = StandingClock()
    others: list[CachedFetch[object]] = []

    def held_up() -> datetime:
        if others:
            others.pop().current()
        return clock()

    kept = CachedFetch(answers("first", "second"), held_up, 20.0)
    others.append(kept)

    assert "first" == kept.current()
    wait_for_fetches()
    assert "first" == kept.known
