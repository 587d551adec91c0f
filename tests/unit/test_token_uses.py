"""Uses of tokens: recorded at most once a minute for each token, and written after the requests, by one writer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from iotconfig.domain.access.token_uses import RECORDED_EVERY, TokenUses
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.background_uses import BackgroundUses
from iotconfig.testing.clocks import START


class _Written:
    """A store of uses that can be made unavailable."""

    def __init__(self) -> None:
        self.uses: list[tuple[str, datetime]] = []
        self.is_away = False

    def __call__(self, key: str, at: datetime) -> None:
        self.uses.append((key, at))
        if self.is_away:
            raise StoreUnavailable("away")


def test_many_tokens_have_one_writer() -> None:
    """It takes one connection, however many tokens arrive while it waits for it; a token's newest use is stored."""
    written, waiting = _Written(), list[Callable[[], None]]()
    uses = BackgroundUses(written, waiting.append)

    for number in range(20):
        uses(f"t{number % 10}", START + timedelta(seconds=number))

    assert ([], 1) == (written.uses, len(waiting))
    waiting.pop()()
    assert [(f"t{number}", START + timedelta(seconds=10 + number)) for number in range(10)] == sorted(
        written.uses
    )
    uses("later", START)
    assert 1 == len(waiting)


def test_a_store_that_is_away_ends_no_writer() -> None:
    """The uses that wait are tried, and later ones too."""
    written = _Written()
    written.is_away = True
    uses = BackgroundUses(written, lambda work: work())

    uses("a", START)
    uses("b", START)

    assert [("a", START), ("b", START)] == written.uses


def test_a_use_is_recorded_once_a_minute() -> None:
    """An attempt counts whether it succeeds or not, so the next request does not repeat it."""
    written = _Written()
    uses = TokenUses(written)

    for second in range(60):
        uses.record("a", None, START + timedelta(seconds=second))
    assert [("a", START)] == written.uses

    uses.record("a", None, START + RECORDED_EVERY)
    assert [("a", START), ("a", START + RECORDED_EVERY)] == written.uses


def test_a_recent_use_is_not_written_again() -> None:
    """This also holds for a use that another worker wrote."""
    written = _Written()
    TokenUses(written).record("a", START - RECORDED_EVERY + timedelta(seconds=1), START)

    assert [] == written.uses
