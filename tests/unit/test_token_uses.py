"""Uses of tokens are written after the requests, by one writer, at most once a minute for each token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from iotconfig.domain.access.token_uses import RECORDED_EVERY, TokenUses, at_once
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing.clocks import START


class _Written:
    """A store of uses that can be made unavailable."""

    def __init__(self) -> None:
        self.uses: list[str] = []
        self.is_away = False

    def __call__(self, key: str, _at: datetime) -> None:
        self.uses.append(key)
        if self.is_away:
            raise StoreUnavailable("away")


def test_many_tokens_have_one_writer() -> None:
    """It takes one connection, however many tokens arrive while it waits for it."""
    written, waiting = _Written(), list[Callable[[], None]]()
    uses = TokenUses(written, waiting.append)

    for number in range(20):
        uses.record(f"t{number % 10}", None, START)

    assert 1 == len(waiting)
    waiting.pop()()
    assert 10 == len(written.uses) == len(set(written.uses))
    uses.record("later", None, START)
    assert 1 == len(waiting)


def test_a_store_that_is_away_is_asked_once_a_minute() -> None:
    """A failure counts as an attempt, so the next request does not repeat it."""
    written = _Written()
    written.is_away = True
    uses = TokenUses(written, at_once)

    for second in range(60):
        uses.record("a", None, START + timedelta(seconds=second))
    assert ["a"] == written.uses

    uses.record("a", None, START + RECORDED_EVERY)
    assert ["a", "a"] == written.uses


def test_a_recent_use_is_not_written_again() -> None:
    """This also holds for a use that another worker wrote."""
    written = _Written()
    TokenUses(written, at_once).record("a", START - RECORDED_EVERY + timedelta(seconds=1), START)

    assert [] == written.uses
