"""The relay: a job that publishes pending notifications, one batch at a time."""

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
from .ports import AnnouncementObserver, BrokerWatch, NotificationQueue, Publisher, Receipt
from .relay_reports import RelayProblem, Reporter

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Notifications published between two writes to the store."""

_STANDBY: Final = 1.0
"""Seconds between two attempts to take the lease, and so the longest gap after a relay dies."""

_RECONNECT_FIRST: Final = 0.5
_RECONNECT_LONGEST: Final = 10.0

_STABLE: Final = timedelta(minutes=1)
"""The age from which a connection that the broker ends counts as the first of a series."""


@define
class Relay:
    """One relay. Any number may run; the lease makes one of them active.

    A step that fails leaves its notifications pending: delivery is at least once.
    """

    _queue: NotificationQueue
    _publisher: Publisher
    _lease: Lease
    _clock: Clock
    _jitter: Callable[[], float]
    """Uniform in [0, 1)."""
    _poll_seconds: float = 5.0
    """The longest wait while nothing is pending, in case a wake-up is lost."""
    _policy: RetryPolicy = field(factory=RetryPolicy)
    _watch: BrokerWatch | None = None
    """The state of the publisher's connection, if the publisher provides it."""
    _reporter: Reporter | None = None
    """Stores reports about this relay; None stores none."""
    _observer: AnnouncementObserver | None = None
    """Is told what was announced."""
    _failures: int = 0
    _reason: str = ""
    _losses: int = 0
    _lost_at: datetime = AT_ONCE
    _lost_reason: str = ""
    _refused_batches: int = 0
    _is_active: bool | None = None
    _unrecorded: tuple[Sequence[Notification], Sequence[Notification]] | None = None
    """The delivered and the refused notifications that the store has not recorded yet."""

    def run_once(self) -> Wait:
        """Publish the due notifications, as far as lease, store and broker allow, and return the next wait."""
        try:
            wait = self._step()
        except BrokerUnavailable as error:
            wait = self._broker_away(str(error))
        except (StoreUnavailable, StoreFull) as error:
            log.warning("relay: %s", error)
            return Wait(_STANDBY)
        self._report()
        if self._observer is not None:
            self._observer.tend()
        return wait

    def close(self) -> None:
        """Release broker and lease, so that the next relay takes over at once."""
        self._publisher.disconnect()
        self._lease.release()
        if self._reporter is not None:
            self._reporter.close()
        if self._observer is not None:
            self._observer.flush()

    def _step(self) -> Wait:
        was_active = self._is_active
        if not self._hold_lease():
            return Wait(_STANDBY)
        # A connection that ended while another relay was active is not a loss: that relay took it over.
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
            self._unrecorded = None
            # All relays share one client id, so an open connection here would compete with the active relay's.
            self._publisher.disconnect()
        return held

    def _publish_due(self) -> Wait:
        # First, or each step would publish again what the store has not recorded as delivered.
        self._record()
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
            # The broker answered some, so reconnect at once instead of backing off.
            self._publisher.disconnect()
        self._connected()
        return self._refused_for_now(receipts)

    def _settle(self, batch: Sequence[Notification], receipts: Sequence[Receipt | None]) -> None:
        delivered: list[Notification] = []
        refused: list[Notification] = []
        for notification, receipt in zip(batch, receipts, strict=True):
            if receipt is None:
                continue
            if receipt.hint_accepted and receipt.state_accepted:
                delivered.append(notification)
            else:
                refused.append(self._refused(notification, receipt))
        if delivered or refused:
            self._unrecorded = (delivered, refused)
            self._record()

    def _record(self) -> None:
        if self._unrecorded is not None:
            self._queue.acknowledge(*self._unrecorded)
            if self._observer is not None:
                self._observer.announced([each.announcement for each in self._unrecorded[0]])
            self._unrecorded = None

    def _refused(self, notification: Notification, receipt: Receipt) -> Notification:
        refusals = notification.refusals + 1
        delay = self._policy.delay(refusals, self._jitter())
        # A broker that closes the connection or refuses everything for now does not object to this message:
        # it is not parked, only delayed, so that others are tried first.
        is_the_brokers = receipt.connection_closed or receipt.is_for_now
        parked = receipt.is_final or (refusals >= self._policy.limit and not is_the_brokers)
        if is_the_brokers:
            delay = min(delay, timedelta(seconds=_RECONNECT_LONGEST))
        level = logging.ERROR if parked else logging.WARNING
        if receipt.is_final or receipt.is_for_now:
            # The publisher has logged the reason once for all messages.
            level = logging.DEBUG
        subject = notification.announcement.subject
        log.log(level, "relay: %s was %s: %s", subject, "parked" if parked else "refused", receipt.error)
        return evolve(
            notification,
            # An accepted hint is not repeated with the state: the device would restart each time.
            announcement=evolve(
                notification.announcement,
                restart_hint=notification.announcement.restart_hint and not receipt.hint_accepted,
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
        """Reconnect after a delay, which grows while the broker ends one connection after another."""
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
        """Go on at once, unless the broker accepts no message at the moment; then back off."""
        refusals = [receipt for receipt in receipts if receipt is not None and receipt.is_for_now]
        if not refusals:
            self._refused_batches = 0
            return Wait(0)
        if not self._refused_batches:
            reason = refusals[0].error
            log.warning("relay: the broker refuses messages for now: %s; trying again", reason)
        self._refused_batches += 1
        return self._back_off(self._refused_batches)

    def _back_off(self, failures: int) -> Wait:
        """The wait after so many failures in a row: half to all of a delay that doubles up to a bound."""
        delay = min(_RECONNECT_FIRST * 2 ** min(failures - 1, 10), _RECONNECT_LONGEST)
        return Wait(delay * (0.5 + self._jitter() / 2))


def _reason_of(receipts: Sequence[Receipt | None]) -> str:
    reasons = [receipt.error for receipt in receipts if receipt is not None and receipt.error]
    return reasons[0] if reasons else "the broker did not answer"
