"""Detection of other installations that use the same prefix on the same broker.

Each relay subscribes to `<prefix>/installation` after connecting, and publishes a marker with
its client id there. The client id is derived from the installation and the prefix, so a
different one belongs to another installation. A relay that receives a foreign marker answers
with its own, at most every few seconds, and repeats it while foreign ones arrive. Retained
markers are ignored here, since their installation may be gone.

A copy of a database has the client id of its original, so the two end each other's sessions
and are never connected together. Some brokers send "Session taken over"; others (Mosquitto
2.0.11) close the connection without a reason. So a relay that lost its connection without a
reason publishes its marker retained, with an expiry and a random name of its process. A relay
that holds the lease and finds another process's marker in place of its own competes with a copy.
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
"""Seconds without a marker after which the other installation counts as gone: three of its repetitions."""

MARK_EXPIRY: Final = 90
"""The expiry of a retained marker, in seconds."""

_TAKEOVERS: Final = 2
"""Takeovers while holding the lease from which on a copy is reported. A single one happens without a copy, when a
relay lost its lease and has not noticed it."""


@frozen
class Marker:
    """The identity of a relay under a prefix."""

    client_id: str
    process: str
    """A random name, which distinguishes a relay from a copy of it."""

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """Parse a marker. Returns None for anything else, since any client may publish to the topic."""
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
    """Tracks the markers of other installations for one relay. `clock`: monotonic, in seconds."""

    def __init__(self, client_id: str, prefix: str, clock: Callable[[], float]) -> None:
        self.marker = Marker(client_id, token_hex(8))
        """The marker of this relay."""
        self._prefix = prefix
        self._clock = clock
        self._other: str | None = None
        self._received_at = self._published_at = -_REPEAT_EVERY
        self._must_answer = False
        self._has_left_mark = self._has_mark = False
        self._takeovers: deque[float] = deque(maxlen=_TAKEOVERS)
        self._problem: RelayProblem | None = None

    def connected(self) -> None:
        """Note a new connection: only a marker left on an earlier one can have been replaced."""
        self._has_mark = self._has_left_mark

    def published(self, *, retained: bool = False) -> None:
        """Note that the marker was published."""
        self._published_at, self._must_answer = self._clock(), False
        self._has_left_mark = self._has_left_mark or retained

    def receive(self, messages: Sequence[Received]) -> None:
        """Evaluate messages that arrived on the marker's topic."""
        for message in messages:
            marker = Marker.parse(message.payload)
            if marker is None or marker.process == self.marker.process:
                continue
            if marker.client_id == self.marker.client_id:
                # A retained marker from before this relay's own may be its predecessor's.
                if self._has_mark or not message.is_retained:
                    self._takeovers.extend([self._clock()] * _TAKEOVERS)
            elif not message.is_retained:
                self._other, self._received_at, self._must_answer = marker.client_id, self._clock(), True

    @property
    def has_copy(self) -> bool:
        """Whether a copy of this relay ends its sessions."""
        return len(self._takeovers) == _TAKEOVERS

    def must_publish(self) -> bool:
        """Whether to publish the marker now: as an answer to a foreign one, or as a repetition during a conflict."""
        waited = self._clock() - self._published_at
        return self._other is not None and waited >= (_ANSWER_EVERY if self._must_answer else _REPEAT_EVERY)

    def taken_over(self) -> None:
        """Note that another client took over this relay's session while it held the lease."""
        self._takeovers.append(self._clock())

    def problem(self) -> RelayProblem | None:
        """Return the current conflict, or None. Logs its beginning and its end once."""
        now = self._clock()
        if self._other is not None and now - self._received_at > _GONE_AFTER:
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
