"""The subscriber: a job that records what devices say over the broker, one batch at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Protocol

from attrs import define, field

from iotconfig.domain.errors import BrokerUnavailable, StoreFull, StoreUnavailable
from iotconfig.domain.jobs.ports import Lease, Wait

from .inbox import Inbox
from .incoming import Incoming, Outcome
from .incoming_ports import LastMessageStore, Subscription
from .subscriber_reports import SubscriberReporter

log = logging.getLogger(__name__)

BATCH: Final = 1000
"""Messages recorded together; also the most that the broker sends without an acknowledgement."""

_STANDBY: Final = 1.0
"""Seconds between two attempts to take the lease, or to write to a database that is away."""
_IDLE: Final = 5.0
"""Seconds after which a subscriber without messages confirms its lease; a connection of that age works."""
_AWAY: Final = 30.0
"""Seconds without recording after which it asks for retained messages again."""
_PAUSE: Final = 0.1
"""Seconds after a batch, in which the next one gathers: many messages need few transactions."""

_RECONNECT_FIRST: Final = 0.5
_RECONNECT_LONGEST: Final = 10.0
_STABLE: Final = 60.0
"""Seconds from which on the end of a connection counts as the first of a series."""
_REFUSALS_EVERY: Final = 60.0
"""Seconds between two lines of the log about messages that were refused."""


class Observer(Protocol):
    """Counts what the subscriber does."""

    def connected(self, *, is_connected: bool) -> None:
        """Note whether this subscriber is connected to the broker."""
        ...

    def recorded(self, messages: Sequence[Incoming], outcomes: Sequence[Outcome], now: float) -> None:
        """Note what became of messages, which are committed now, by the monotonic clock."""
        ...


@define
class Subscriber:
    """One subscriber, a job and its wake-up. Any number may run; the lease makes one of them active.

    A message is acknowledged when it is recorded. While the database is away, messages wait at the broker.
    """

    _subscription: Subscription
    _inbox: Inbox
    _messages: LastMessageStore
    _lease: Lease
    _jitter: Callable[[], float]
    """Uniform in [0, 1)."""
    _observer: Observer | None = None
    _monotonic: Callable[[], float] = monotonic
    _reporter: SubscriberReporter | None = None
    """Stores reports about this subscriber; None stores none."""
    _batch: Sequence[Incoming] = field(init=False, default=())
    """Messages that were taken, and are not recorded yet."""
    _is_active: bool | None = field(init=False, default=None)
    _is_connected: bool = field(init=False, default=False)
    """Whether there was a connection when it was last needed."""
    _connected_at: float = field(init=False, default=0.0)
    _listened_at: float | None = field(init=False, default=None)
    """When it last recorded what there was; None before its first connection."""
    _failures: int = field(init=False, default=0)
    _failed_at: float = field(init=False, default=0.0)
    _reason: str = field(init=False, default="")
    _refused: int = field(init=False, default=0)
    """Messages that were refused since the last line about them."""
    _refusals_logged_at: float = field(init=False, default=-_REFUSALS_EVERY)

    def run_once(self) -> Wait:
        """Record the messages that have arrived, as far as lease, store and broker allow, and return the next wait."""
        try:
            wait = self._step()
        except BrokerUnavailable as error:
            wait = self._broker_away(str(error))
        except (StoreUnavailable, StoreFull) as error:
            if str(error) != self._reason:
                log.warning("subscriber: messages of devices wait at the broker: %s", error)
                self._reason = str(error)
            return Wait(_STANDBY)
        if self._reporter is not None and self._is_active:
            self._reporter.report(self._reason or None)
        return wait

    def wait(self, seconds: float) -> bool:
        """Wait for messages, as `Subscription.wait` does: the broker wakes this job, and not the database."""
        return self._subscription.wait(seconds)

    def close(self) -> None:
        """Release broker and lease, so that the next subscriber takes over at once."""
        self._disconnect()
        self._lease.release()
        if self._reporter is not None:
            self._reporter.close()

    def _step(self) -> Wait:
        if not self._hold_lease():
            return Wait(_STANDBY)
        if not self._subscription.is_connected():
            self._connect()
        if not self._batch:
            self._batch = self._subscription.take(BATCH)
        if not self._batch:
            self._listened_at = self._monotonic()
            if self._listened_at - self._connected_at >= _IDLE:
                self._recovered()
            return Wait(_IDLE, wakes=True)
        batch = self._batch
        outcomes = self._inbox.record(batch)
        self._subscription.acknowledge(batch)
        self._batch = ()
        self._recovered()
        self._count(batch, outcomes)
        if self._was_away():
            # To ask for the retained messages again.
            self._disconnect()
            return Wait(0)
        self._listened_at = self._monotonic()
        return Wait(0 if len(batch) == BATCH else _PAUSE)

    def _connect(self) -> None:
        """Connect. Raises `BrokerUnavailable`, also where the last connection was short, or the broker ended it with a reason.

        A copy of this database in service has the same client id, and takes each connection over.
        """
        if self._is_connected:
            reason, is_short = self._subscription.ending(), self._monotonic() - self._connected_at < _STABLE
            self._note_connection(is_connected=False)
            if reason is not None or is_short:
                raise BrokerUnavailable(reason or "the broker closed the connection")
        self._subscription.connect(catches_up=self._was_away() or self._messages.has_unkept())
        self._connected_at = self._listened_at = self._monotonic()
        self._note_connection(is_connected=True)

    def _was_away(self) -> bool:
        """Whether nothing was recorded for so long that the broker may have dropped messages: its queue has a limit.

        Not because the one before it was killed: its messages wait in the session, and with the retained ones of a
        large fleet behind them, each of several kills would leave a longer queue.
        """
        if self._listened_at is None:
            return self._reporter is None or not self._reporter.has_predecessor()
        return self._monotonic() - self._listened_at > _AWAY

    def _hold_lease(self) -> bool:
        held = self._lease.hold()
        if held != self._is_active:
            log.info(
                "subscriber: active"
                if held
                else "subscriber: standing by: another is active, or the database is away"
            )
            self._is_active = held
        if not held:
            # They come again, to the active one.
            self._batch = ()
            self._disconnect()
        return held

    def _count(self, batch: Sequence[Incoming], outcomes: Sequence[Outcome]) -> None:
        now = self._monotonic()
        if self._observer is not None:
            self._observer.recorded(batch, outcomes, now)
        if self._reporter is not None:
            self._reporter.received()
        refused = [
            (message, outcome) for message, outcome in zip(batch, outcomes, strict=True) if outcome.is_refusal
        ]
        self._refused += len(refused)
        if not refused or now - self._refusals_logged_at < _REFUSALS_EVERY:
            return
        message, outcome = refused[-1]
        log.warning(
            "subscriber: messages of devices refused: %d; the last one, on devices/%s/%s: %s",
            self._refused,
            ascii(message.device)[1:-1],
            message.topic,
            outcome,
        )
        self._refused, self._refusals_logged_at = 0, now

    def _recovered(self) -> None:
        if self._reason:
            log.warning("subscriber: messages of devices are recorded again")
            self._reason = ""

    def _broker_away(self, reason: str) -> Wait:
        self._disconnect()
        if reason != self._reason:
            log.warning("subscriber: %s; trying again until it answers", reason)
            self._reason = reason
        now = self._monotonic()
        if now - self._failed_at > _STABLE:
            self._failures = 0
        self._failed_at = now
        self._failures += 1
        delay = min(_RECONNECT_FIRST * 2 ** min(self._failures - 1, 10), _RECONNECT_LONGEST)
        return Wait(delay * (0.5 + self._jitter() / 2))

    def _disconnect(self) -> None:
        self._subscription.disconnect()
        self._note_connection(is_connected=False)

    def _note_connection(self, *, is_connected: bool) -> None:
        self._is_connected = is_connected
        if self._observer is not None:
            self._observer.connected(is_connected=is_connected)
        if self._reporter is not None:
            self._reporter.connected(is_connected=is_connected)
