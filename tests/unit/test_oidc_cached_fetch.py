"""What is kept of a provider, where a fetch does what it promised not to."""

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
    """A fetch that returns, or raises, one step after the other."""
    left = list(steps)

    def fetch() -> object:
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    return fetch


def test_who_waits_for_a_fetch_without_end() -> None:
    """Patience ends, whether the fetch does or not."""
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


def test_a_fetch_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is reported, counts as a fetch that failed, and is not the last one."""
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


def test_a_newer_value_that_is_there_already() -> None:
    """Who asks for something newer than what is long replaced gets what replaced it, and no fetch."""
    kept = CachedFetch(answers("first", "second"), StandingClock(), 20.0)
    first = kept.current()

    assert "second" == kept.refreshed_after(first)
    assert "second" == kept.refreshed_after(first)
    assert kept.refreshed_after("second") is None


def test_nothing_newer_when_the_fetch_fails() -> None:
    """What is known stays known."""
    kept = CachedFetch(answers("first", ProviderUnavailable("away")), StandingClock(), 20.0)
    first = kept.current()

    assert kept.refreshed_after(first) is None
    assert "first" == kept.current()


def test_a_fetch_that_ends_between_a_look_and_the_next_fetch() -> None:
    """A caller that saw nothing, and was held up while another fetched, takes what is there and fetches nothing."""
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
