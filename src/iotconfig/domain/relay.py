"""The relay: turns pending notifications into messages, one step at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from attrs import define, evolve, field, frozen

from .errors import BrokerUnavailable, StoreFull, StoreUnavailable
from .notifications import Notification, RetryPolicy
from .ports import Clock, Lease, NotificationQueue, Publisher, Receipt

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Notifications published between two writes to the store."""

_STANDBY: Final = 1.0
"""Seconds between two attempts to take the lease: a dead relay is followed within them."""

_RECONNECT_FIRST: Final = 0.5
_RECONNECT_LONGEST: Final = 10.0


@frozen
class Pause:
    """How long to wait before the next step."""

    seconds: float
    wakes: bool = False
    """Whether a new announcement ends the wait."""


@define
class Relay:
    """One relay. Any number may run; the lease makes one of them active.

    Every step that fails leaves all notifications where they are: what was told
    may be told again, and nothing is lost.
    """

    _queue: NotificationQueue
    _publisher: Publisher
    _lease: Lease
    _clock: Clock
    _jitter: Callable[[], float]
    """Uniform in [0, 1)."""
    _poll_seconds: float = 5.0
    """How long to wait at most where nothing is pending: the net under a lost wake-up."""
    _policy: RetryPolicy = field(factory=RetryPolicy)
    _failures: int = 0
    _reason: str = ""
    _is_active: bool | None = None
    _unsettled: tuple[Sequence[Notification], Sequence[Notification]] | None = None
    """What was told and refused, and is not written down yet."""

    def run_once(self) -> Pause:
        """Tell what is due, as far as lease, store and broker allow, and say when to go on."""
        try:
            if not self._hold_lease():
                return Pause(_STANDBY)
            self._publisher.connect()
            return self._tell_due()
        except BrokerUnavailable as error:
            return self._broker_away(str(error))
        except (StoreUnavailable, StoreFull) as error:
            log.warning("relay: %s", error)
            return Pause(_STANDBY)

    def close(self) -> None:
        """Let the next relay take over at once."""
        self._publisher.disconnect()
        self._lease.release()

    def _hold_lease(self) -> bool:
        held = self._lease.hold()
        if held != self._is_active:
            log.info(
                "relay: active" if held else "relay: standing by: another is active, or the database is away"
            )
            self._is_active = held
        if not held:
            self._unsettled = None
            # A connection kept open would be taken from the active relay, or would take it over.
            self._publisher.disconnect()
        return held

    def _tell_due(self) -> Pause:
        # First: what the store could not strike off would be told again at each step.
        self._write_down()
        batch = self._queue.due(self._clock(), BATCH)
        if not batch:
            self._connected()
            return self._idle()
        receipts = self._publisher.publish([notification.announcement for notification in batch])
        self._settle(batch, receipts)
        if all(receipt is None or receipt.hung_up for receipt in receipts):
            return self._broker_away(_reason_of(receipts))
        if None in receipts:
            # Some were answered: a new connection is due at once, and not a back-off that all must wait for.
            self._publisher.disconnect()
        self._connected()
        return Pause(0)

    def _settle(self, batch: Sequence[Notification], receipts: Sequence[Receipt | None]) -> None:
        told: list[Notification] = []
        refused: list[Notification] = []
        for notification, receipt in zip(batch, receipts, strict=True):
            if receipt is None:
                continue
            if receipt.nudged and receipt.stated:
                told.append(notification)
            else:
                refused.append(self._refused(notification, receipt))
        if told or refused:
            self._unsettled = (told, refused)
            self._write_down()

    def _write_down(self) -> None:
        if self._unsettled is not None:
            self._queue.settle(*self._unsettled)
            self._unsettled = None

    def _refused(self, notification: Notification, receipt: Receipt) -> Notification:
        refusals = notification.refusals + 1
        delay = self._policy.delay(refusals, self._jitter())
        # A broker that hangs up may have its own reasons, so nothing is parked for it; but what
        # it hung up on lets the others go first.
        parked = refusals >= self._policy.limit and not receipt.hung_up
        if receipt.hung_up:
            delay = min(delay, timedelta(seconds=_RECONNECT_LONGEST))
        level = logging.ERROR if parked else logging.WARNING
        subject = notification.announcement.subject
        log.log(level, "relay: %s was %s: %s", subject, "parked" if parked else "refused", receipt.error)
        return evolve(
            notification,
            # A nudge that was taken is not repeated with the rest: the device would restart each time.
            announcement=evolve(
                notification.announcement, nudge=notification.announcement.nudge and not receipt.nudged
            ),
            due_at=self._clock() + delay,
            refusals=refusals,
            parked=parked,
            last_error=receipt.error,
        )

    def _idle(self) -> Pause:
        next_due = self._queue.next_due()
        if next_due is None:
            return Pause(self._poll_seconds, wakes=True)
        left = (next_due - self._clock()) / timedelta(seconds=1)
        return Pause(min(max(left, 0.0), self._poll_seconds), wakes=True)

    def _connected(self) -> None:
        if self._failures:
            log.warning("relay: the broker is back")
            self._failures, self._reason = 0, ""

    def _broker_away(self, reason: str) -> Pause:
        self._publisher.disconnect()
        if reason != self._reason:
            log.warning("relay: %s; trying again until it answers", reason)
            self._reason = reason
        delay = min(_RECONNECT_FIRST * 2 ** min(self._failures, 10), _RECONNECT_LONGEST)
        self._failures += 1
        return Pause(delay * (0.5 + self._jitter() / 2))


def _reason_of(receipts: Sequence[Receipt | None]) -> str:
    reasons = [receipt.error for receipt in receipts if receipt is not None and receipt.error]
    return reasons[0] if reasons else "the broker did not answer"
