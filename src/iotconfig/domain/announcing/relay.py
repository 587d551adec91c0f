"""The relay: turns pending notifications into messages, one step at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import define, evolve, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import BrokerUnavailable, StoreFull, StoreUnavailable
from iotconfig.domain.jobs.ports import Lease, Wait

from .notifications import AT_ONCE, Notification, RetryPolicy
from .ports import BrokerWatch, NotificationQueue, Publisher, Receipt
from .relay_reports import RelayProblem, Reporter

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Notifications published between two writes to the store."""

_STANDBY: Final = 1.0
"""Seconds between two attempts to take the lease: a dead relay is followed within them."""

_RECONNECT_FIRST: Final = 0.5
_RECONNECT_LONGEST: Final = 10.0

_STABLE: Final = timedelta(minutes=1)
"""A connection that the broker ends after so long is none of a series of them."""


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
    _watch: BrokerWatch | None = None
    """How the publisher's connection is doing, where somebody knows."""
    _reporter: Reporter | None = None
    """Where this relay reports how it is doing, if anywhere."""
    _failures: int = 0
    _reason: str = ""
    _losses: int = 0
    _lost_at: datetime = AT_ONCE
    _lost_reason: str = ""
    _refused_batches: int = 0
    _is_active: bool | None = None
    _unsettled: tuple[Sequence[Notification], Sequence[Notification]] | None = None
    """What was sent and what was refused, while the store has not recorded it yet."""

    def run_once(self) -> Wait:
        """Tell what is due, as far as lease, store and broker allow, and say when to go on."""
        try:
            wait = self._step()
        except BrokerUnavailable as error:
            wait = self._broker_away(str(error))
        except (StoreUnavailable, StoreFull) as error:
            log.warning("relay: %s", error)
            return Wait(_STANDBY)
        self._report()
        return wait

    def close(self) -> None:
        """Let the next relay take over at once."""
        self._publisher.disconnect()
        self._lease.release()
        if self._reporter is not None:
            self._reporter.close()

    def _step(self) -> Wait:
        was_active = self._is_active
        if not self._hold_lease():
            return Wait(_STANDBY)
        # A connection that ended while another relay was active does not count.
        if was_active and (reason := self._lost()) is not None:
            return self._broker_ended_it(reason)
        self._publisher.connect()
        wait = self._publish_due()
        if self._watch is not None:
            self._watch.tend()
        return wait

    def _lost(self) -> str | None:
        return None if self._watch is None else self._watch.lost()

    def _report(self) -> None:
        if self._reporter is not None:
            problems: Sequence[RelayProblem] = ()
            if self._is_active and self._watch is not None:
                problems = self._watch.problems()
            self._reporter.report(is_active=bool(self._is_active), problems=problems)

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

    def _publish_due(self) -> Wait:
        # First: what the store has not recorded as sent would be sent again at each step.
        self._write_down()
        batch = self._queue.due(self._clock(), BATCH)
        if not batch:
            self._connected()
            return self._idle()
        receipts = self._publisher.publish([notification.announcement for notification in batch])
        self._settle(batch, receipts)
        if None in receipts and (reason := self._lost()) is not None:
            return self._broker_ended_it(reason)
        if all(receipt is None or receipt.connection_closed for receipt in receipts):
            return self._broker_away(_reason_of(receipts))
        if None in receipts:
            # Some were answered: a new connection is due at once, and not a back-off that all must wait for.
            self._publisher.disconnect()
        self._connected()
        return self._refused_for_now(receipts)

    def _settle(self, batch: Sequence[Notification], receipts: Sequence[Receipt | None]) -> None:
        delivered: list[Notification] = []
        refused: list[Notification] = []
        for notification, receipt in zip(batch, receipts, strict=True):
            if receipt is None:
                continue
            if receipt.nudge_accepted and receipt.state_accepted:
                delivered.append(notification)
            else:
                refused.append(self._refused(notification, receipt))
        if delivered or refused:
            self._unsettled = (delivered, refused)
            self._write_down()

    def _write_down(self) -> None:
        if self._unsettled is not None:
            self._queue.acknowledge(*self._unsettled)
            self._unsettled = None

    def _refused(self, notification: Notification, receipt: Receipt) -> Notification:
        refusals = notification.refusals + 1
        delay = self._policy.delay(refusals, self._jitter())
        # A broker that hangs up, or has had enough for now, may have its own reasons, so nothing is
        # parked for it; but what it refused lets the others go first.
        is_the_brokers = receipt.connection_closed or receipt.is_for_now
        parked = receipt.is_final or (refusals >= self._policy.limit and not is_the_brokers)
        if is_the_brokers:
            delay = min(delay, timedelta(seconds=_RECONNECT_LONGEST))
        level = logging.ERROR if parked else logging.WARNING
        if receipt.is_final or receipt.is_for_now:
            # The same holds for many messages; the publisher has logged it once.
            level = logging.DEBUG
        subject = notification.announcement.subject
        log.log(level, "relay: %s was %s: %s", subject, "parked" if parked else "refused", receipt.error)
        return evolve(
            notification,
            # A nudge that was taken is not repeated with the rest: the device would restart each time.
            announcement=evolve(
                notification.announcement,
                nudge=notification.announcement.nudge and not receipt.nudge_accepted,
            ),
            due_at=self._clock() + delay,
            refusals=refusals,
            parked=parked,
            last_error=receipt.error,
        )

    def _idle(self) -> Wait:
        next_due = self._queue.next_due()
        if next_due is None:
            return Wait(self._poll_seconds, wakes=True)
        left = (next_due - self._clock()) / timedelta(seconds=1)
        return Wait(min(max(left, 0.0), self._poll_seconds), wakes=True)

    def _connected(self) -> None:
        if self._failures:
            log.warning("relay: the broker is back")
            self._failures, self._reason = 0, ""

    def _broker_away(self, reason: str) -> Wait:
        self._publisher.disconnect()
        if reason != self._reason:
            log.warning("relay: %s; trying again until it answers", reason)
            self._reason = reason
        self._failures += 1
        return self._back_off(self._failures)

    def _broker_ended_it(self, reason: str) -> Wait:
        """Connect again later, and later still where the broker ends one connection after another."""
        self._publisher.disconnect()
        now = self._clock()
        if now - self._lost_at > _STABLE:
            self._losses, self._lost_reason = 0, ""
        if reason != self._lost_reason:
            log.warning("relay: %s; connecting again", reason)
            self._lost_reason = reason
        self._lost_at = now
        self._losses += 1
        return self._back_off(self._losses)

    def _refused_for_now(self, receipts: Sequence[Receipt | None]) -> Wait:
        """Go on at once, unless the broker takes nothing at the moment: then a pause is what it asks for."""
        refusals = [receipt for receipt in receipts if receipt is not None and receipt.is_for_now]
        if not refusals:
            self._refused_batches = 0
            return Wait(0)
        if not self._refused_batches:
            reason = refusals[0].error
            log.warning("relay: the broker refuses for now: %s; trying again until it takes more", reason)
        self._refused_batches += 1
        return self._back_off(self._refused_batches)

    def _back_off(self, failures: int) -> Wait:
        """The pause after so many failures in a row: half to all of what doubles with each, and has an end."""
        delay = min(_RECONNECT_FIRST * 2 ** min(failures - 1, 10), _RECONNECT_LONGEST)
        return Wait(delay * (0.5 + self._jitter() / 2))


def _reason_of(receipts: Sequence[Receipt | None]) -> str:
    reasons = [receipt.error for receipt in receipts if receipt is not None and receipt.error]
    return reasons[0] if reasons else "the broker did not answer"
