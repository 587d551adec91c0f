"""What the provider publishes, kept: nobody waits for it who can do without.

It is fetched when it is first asked for, and again in use. Each fetch is a
thread of its own (a greenlet, in a patched process), at most one at a time, so
that a provider that hangs keeps nobody waiting but those who know nothing yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Final, Generic, TypeVar

from attrs import frozen

from iotconfig.domain.clock import Clock

from .faults import ProviderUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

FRESH: Final = timedelta(minutes=5)
"""What is older is fetched again when it is used: withdrawn keys go."""
COOL_DOWN: Final = timedelta(seconds=10)
"""How long the provider is left alone after a fetch failed, and between two fetches for the sake of unknown keys."""
GOOD: Final = timedelta(hours=24)
"""What is older is used no longer, however long the provider is away."""


@frozen
class _Copy(Generic[T]):
    value: T
    fetched_at: datetime


class CachedFetch(Generic[T]):
    """One value of the provider. Safe to share between threads, and between greenlets."""

    def __init__(self, fetch: Callable[[], T], clock: Clock, patience: float) -> None:
        """`fetch` ends in bounded time, or raises `ProviderUnavailable`.

        `patience`: seconds to wait for it where there is no way around.
        """
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._lock = Lock()
        self._copy: _Copy[T] | None = None
        self._fetching: Event | None = None
        """Set when the fetch that is under way has ended."""
        self._failed_at: datetime | None = None
        self._refreshed_at: datetime | None = None

    @property
    def known(self) -> T | None:
        """What is known now, good or not; nothing is fetched."""
        copy = self._copy
        return None if copy is None else copy.value

    def current(self) -> T:
        """What is known, at once, as long as it is good; what is not gets fetched.

        Raises `ProviderUnavailable` where the provider is away, and nothing good is known.
        """
        copy = self._copy
        now = self._clock()
        if copy is None or not _is_within(GOOD, copy.fetched_at, now):
            self._wait_for(self._renew(copy, now))
            copy = self._copy
            if copy is None or not _is_within(GOOD, copy.fetched_at, now):
                raise ProviderUnavailable("nothing good is known of the identity provider")
        elif not _is_within(FRESH, copy.fetched_at, now):
            self._renew(copy, now)
        return copy.value

    def refreshed_after(self, value: T) -> T | None:
        """What was fetched after `value`, which did not do; None where there is nothing, or it is too early to ask.

        Once per cool-down it is fetched for that, however many ask.
        """
        self._wait_for(self._request_refresh(value))
        copy = self._copy
        return None if copy is None or copy.value is value else copy.value

    def _request_refresh(self, value: T) -> Event | None:
        now = self._clock()
        with self._lock:
            if self._copy is None or self._copy.value is not value:
                return None
            if self._fetching is None:
                if _is_within(COOL_DOWN, self._refreshed_at, now):
                    return None
                self._refreshed_at = now
            return self._start_fetch(now)

    def _renew(self, seen: _Copy[T] | None, now: datetime) -> Event | None:
        """A fetch because `seen` is too old; None where a fetch has ended since it was seen."""
        with self._lock:
            return self._start_fetch(now) if self._copy is seen else None

    def _start_fetch(self, now: datetime) -> Event | None:
        """The fetch that is under way, or a new one; None where it is too early for one. The lock is held."""
        if self._fetching is None and not _is_within(COOL_DOWN, self._failed_at, now):
            fetching = Event()
            Thread(target=self._run, args=(fetching,), name="oidc-fetch", daemon=True).start()
            self._fetching = fetching
        return self._fetching

    def _run(self, fetching: Event) -> None:
        began = self._clock()
        copy = None
        try:
            copy = _Copy(self._fetch(), began)
        except ProviderUnavailable as error:
            log.warning("identity provider: %s", error.reason)
        finally:
            with self._lock:
                self._fetching = None
                if copy is None:
                    self._failed_at = self._clock()
                else:
                    self._copy = copy
                    self._failed_at = None
            fetching.set()

    def _wait_for(self, fetching: Event | None) -> None:
        if fetching is not None:
            fetching.wait(self._patience)


def _is_within(span: timedelta, then: datetime | None, now: datetime) -> bool:
    """Whether `then` is less than `span` away; on either side, because clocks are set back, too."""
    return then is not None and abs(now - then) < span
