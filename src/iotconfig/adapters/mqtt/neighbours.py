"""Other installations under this prefix on this broker: how they are noticed, and what is said of them.

Each relay subscribes to `<prefix>/installation` when it has connected, and publishes its
client id there. The client id is made of the installation and the prefix, so one that
differs is another installation's. Whoever hears a foreign one answers with its own, at
most every few seconds, and says it again now and then while it hears one. Only what is
published at the moment counts, for an installation that is gone leaves nothing to answer.

A copy of a database has the client id of its original, so the two end each other's
sessions and never meet. Some brokers say "Session taken over"; of others (Mosquitto 2.0.11)
only the connection's end is seen. So a relay that lost its connection without a reason leaves
a mark that is retained for a while, with a random name of its process. One that finds
another's mark in place of its own, while it holds the lease, has a copy of itself about.
"""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Final, Self

from attrs import frozen

from iotconfig.domain.announcing.relay_reports import RelayProblem, RelayProblemCode

from .session import Received

log = logging.getLogger(__name__)

_LONGEST: Final = 200
_MEMBERS: Final = ("client_id", "process")
_NAME: Final = re.compile(r"[0-9A-Za-z]{1,23}")

_ANSWER_EVERY: Final = 5.0
_REPEAT_EVERY: Final = 30.0
_GONE_AFTER: Final = 90.0
"""Seconds without a sign of the other installation after which it counts as gone: three of its repetitions."""

MARK_EXPIRY: Final = 90
"""Seconds for which a mark is retained."""

_TAKEOVERS: Final = 2
"""One takeover happens when a relay that lost its lease has not noticed; two while it holds the lease do not."""


@frozen
class Marker:
    """Who announces under a prefix."""

    client_id: str
    process: str
    """A random name, which tells a relay from a copy of it."""

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Read a marker; None for anything else, which anybody may have published."""
        if len(payload) > _LONGEST:
            return None
        try:
            found = json.loads(payload)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        names = [name for name in map(found.get, _MEMBERS) if isinstance(name, str)]
        return cls(*names) if len(names) == len(_MEMBERS) and all(map(_NAME.fullmatch, names)) else None


class Neighbours:
    """What one relay knows of other installations. Times are of a clock that only goes forward."""

    def __init__(self, client_id: str, prefix: str, clock: Callable[[], float]) -> None:
        self.marker = Marker(client_id, token_hex(8))
        """Who this relay is."""
        self._prefix = prefix
        self._clock = clock
        self._other: str | None = None
        self._heard_at = self._said_at = -_REPEAT_EVERY
        self._must_answer = False
        self._has_left_mark = self._has_mark = False
        self._takeovers: deque[float] = deque(maxlen=_TAKEOVERS)
        self._problem: RelayProblem | None = None

    def connected(self) -> None:
        """What is heard from now on is heard on a new connection; only an earlier one's mark can have been replaced."""
        self._has_mark = self._has_left_mark

    def said(self, *, retained: bool = False) -> None:
        """The marker was published."""
        self._said_at, self._must_answer = self._clock(), False
        self._has_left_mark = self._has_left_mark or retained

    def heard(self, messages: Sequence[Received]) -> None:
        """These arrived on the marker's topic."""
        for message in messages:
            marker = Marker.parse(message.payload)
            if marker is None or marker.process == self.marker.process:
                continue
            if marker.client_id == self.marker.client_id:
                # A mark that was there before this relay's may be its predecessor's.
                if self._has_mark or not message.is_retained:
                    self._takeovers.extend([self._clock()] * _TAKEOVERS)
            elif not message.is_retained:
                self._other, self._heard_at, self._must_answer = marker.client_id, self._clock(), True

    @property
    def has_copy(self) -> bool:
        """Whether a copy of this relay ends its sessions."""
        return len(self._takeovers) == _TAKEOVERS

    def must_say(self) -> bool:
        """Whether the marker is to be published now: to answer one that was heard, or to show that there is a conflict still."""
        waited = self._clock() - self._said_at
        return self._other is not None and waited >= (_ANSWER_EVERY if self._must_answer else _REPEAT_EVERY)

    def taken_over(self) -> None:
        """Another client ended this relay's session, while it held the lease."""
        self._takeovers.append(self._clock())

    def problem(self) -> RelayProblem | None:
        """The conflict there is at the moment; its beginning and its end are logged, once."""
        now = self._clock()
        if self._other is not None and now - self._heard_at > _GONE_AFTER:
            self._other = None
        while self._takeovers and now - self._takeovers[-1] > _GONE_AFTER:
            self._takeovers.clear()
        found = self._conflict()
        if found is not None and self._problem is None:
            log.error("relay: %s", found.message)
        elif found is None and self._problem is not None:
            log.warning('relay: no other installation uses the prefix "%s" any more', self._prefix)
        self._problem = found
        return found

    def _conflict(self) -> RelayProblem | None:
        if self._other is not None:
            how = (
                f"its relay's client id is {self._other}, this one's {self.marker.client_id}; "
                "the broker's log shows where it connects from"
            )
            way_out = "Give each installation an IOTCONFIG_MQTT_PREFIX of its own"
        elif self.has_copy:
            how = (
                f"the broker gives this relay's session to another that has its client id, {self.marker.client_id}; "
                "most likely a copy of this database is in service"
            )
            way_out = "Stop the copy, or give it an IOTCONFIG_MQTT_PREFIX of its own"
        else:
            return None
        message = f'another installation uses this prefix, "{self._prefix}": {how}. {way_out}'
        return RelayProblem(RelayProblemCode.PREFIX_SHARED, message)
