"""A cache of the provider's published documents that is refreshed in the background.

The first use fetches them, and later uses refresh them. Each fetch runs in a thread of its
own (a greenlet in a patched process), at most one at a time, so that a provider that hangs
delays only the requests that have no usable copy yet.
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
"""The age from which a copy is refreshed when it is used, so that withdrawn keys disappear."""
COOL_DOWN: Final = timedelta(seconds=10)
"""The wait after a failed fetch, and between two fetches because of unknown keys."""
GOOD: Final = timedelta(hours=24)
"""The age from which a copy is not used, even while the provider is away."""


@frozen
class _Copy(Generic[T]):
    value: T
    fetched_at: datetime


class CachedFetch(Generic[T]):
    """One cached value of the provider. Safe to share between threads and greenlets."""

    def __init__(self, fetch: Callable[[], T], clock: Clock, patience: float) -> None:
        """`fetch` returns in bounded time, or raises `ProviderUnavailable`.

        `patience`: seconds to wait for a fetch where there is no usable copy.
        """
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._lock = Lock()
        self._copy: _Copy[T] | None = None
        self._fetching: Event | None = None
        """Set when the current fetch ends; None without one."""
        self._failed_at: datetime | None = None
        self._refreshed_at: datetime | None = None

    @property
    def known(self) -> T | None:
        """The cached value at any age, or None. Fetches nothing."""
        copy = self._copy
        return None if copy is None else copy.value

    def current(self) -> T:
        """Return the cached value if it is usable, else wait for a fetch.

        Raises `ProviderUnavailable` where the fetch fails and no usable copy is cached.
        """
        copy = self._copy
        now = self._clock()
        if copy is None or not _is_within(GOOD, copy.fetched_at, now):
            self._wait_for(self._renew(copy, now))
            copy = self._copy
            if copy is None or not _is_within(GOOD, copy.fetched_at, now):
                raise ProviderUnavailable("no usable copy of its documents is cached")
        elif not _is_within(FRESH, copy.fetched_at, now):
            self._renew(copy, now)
        return copy.value

    def refreshed_after(self, value: T) -> T | None:
        """Return a value newer than `value`, which lacked a key; None if there is none.

        At most one fetch per cool-down is made for this.
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
        """Start a fetch because `seen` is too old. Returns None where another one has ended since."""
        with self._lock:
            return self._start_fetch(now) if self._copy is seen else None

    def _start_fetch(self, now: datetime) -> Event | None:
        """Return the current fetch, or start one; None during a cool-down. The caller holds the lock."""
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
    """Whether `then` is less than `span` away, in either direction, since clocks can be set back."""
    return then is not None and abs(now - then) < span
