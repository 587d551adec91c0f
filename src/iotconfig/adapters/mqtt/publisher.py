"""`Publisher` over MQTT: converts announcements to messages, and answers to receipts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from iotconfig.adapters.codec import to_json
from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.ports import Receipt
from iotconfig.domain.announcing.relay_reports import RelayProblem, RelayProblemCode
from iotconfig.domain.errors import BrokerUnavailable

from .broker import Broker
from .connection import Ending
from .device_topics import device_topics
from .message import Message
from .neighbours import MARK_EXPIRY, Neighbours
from .session import Answer, Session

log = logging.getLogger(__name__)

HINT_EXPIRY: Final = 300
"""The expiry of a hint, in seconds. A device that was offline for longer gets the retained message only,
and does not restart on an old hint."""

_LARGEST: Final = Announcement(
    Subject(Kind.CONFIG, "aa:bb:cc:dd:ee:ff"),
    restart_hint=True,
    state=AnnouncedDocument(2**31, f'"{"0" * 64}"', datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)),
)
_CUT_OFF: Final = 2
"""Connections in a row that end while the relay publishes its marker, after which it stops doing so."""


class MqttPublisher:
    """`Publisher` on one broker, and the `BrokerWatch` of its connection."""

    def __init__(
        self,
        broker: Broker,
        *,
        prefix: str,
        client_id: str,
        window: int,
        timeout: float,
        hint_expiry: int = HINT_EXPIRY,
        shows_itself: bool = False,
        clears_devices: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`prefix`: of all topics. `client_id`: shared by all relays, so that a new one ends the session of an old one.

        `window`: the most messages in flight; the broker's Receive Maximum may lower it.
        `timeout`: seconds without an answer after which the broker counts as away.
        `hint_expiry`: the Message Expiry Interval of hints, in seconds.
        `shows_itself`: publish the client id below the prefix, so that two installations detect each other.
        `clears_devices`: clear what a board retained on its own topics when its document is deleted.
        """
        self._broker = broker
        self._prefix = prefix
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        self._hint_expiry = hint_expiry
        self._shows_itself = shows_itself
        self._clears_devices = clears_devices
        self._neighbours = Neighbours(client_id, prefix, clock)
        self._cut_off = 0
        self._is_blind = False
        self._must_show = False
        self._must_mark = False
        self._session: Session | None = None
        self._ending: Ending | None = None
        self._limits: tuple[RelayProblem, ...] = ()

    def connect(self) -> None:
        if self._session is not None and self._session.is_open():
            return
        self.disconnect()
        was_cut = self._ending is not None and self._ending.code is None
        self._must_mark = self._shows_itself and (self._must_mark or was_cut)
        self._ending = None
        self._session = Session(self._broker, self._client_id, self._window, self._timeout)
        log.info("relay: connected to %s", self._broker)
        self._note_limits(self._session)
        self._must_show = self._shows_itself

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        messages = [
            message
            for index, announcement in enumerate(announcements)
            for message in self._messages(index, announcement)
        ]
        if self._session is None:
            return [None] * len(announcements)
        answers = self._session.publish(messages)
        if not any(problem.code is RelayProblemCode.PACKETS_TOO_SMALL for problem in self._limits):
            for message, answer in zip(messages, answers, strict=True):
                if answer is not None and answer.is_final:
                    subject = announcements[message.index].subject
                    log.error("relay: %s was parked: %s (%s)", subject, answer.error, message.topic)
        receipts = _receipts(len(announcements), messages, answers)
        if self._session.closed_on is not None:
            position, ending = self._session.closed_on
            error = f"the broker closed the connection: {ending.reason} ({messages[position].topic})"
            receipts[messages[position].index] = Receipt(
                hint_accepted=False,
                state_accepted=False,
                error=error,
                connection_closed=not ending.is_message_only,
            )
        return receipts

    def disconnect(self) -> None:
        if self._session is not None:
            self._ending = self._session.ending
            self._session.close()
            self._session = None

    def lost(self) -> str | None:
        ending = self._ending
        if self._session is not None and not self._session.is_open():
            ending = self._session.ending
            self.disconnect()
        self._ending = None
        if ending is None:
            return None
        self._must_mark = self._must_mark or ending.code is None
        if ending.code is None and self._neighbours.has_copy:
            return f"another client takes the session of {self._client_id} at the broker {self._broker}"
        if ending.is_about_a_message:
            return None
        if ending.is_takeover:
            self._neighbours.taken_over()
        return f"the broker {self._broker} ended the connection: {ending.reason}"

    def tend(self) -> None:
        if self._session is None or not self._session.is_open():
            return
        if self._must_show:
            self._must_show = False
            self._show(self._session)
        self._neighbours.receive(self._session.received())
        if self._neighbours.must_publish():
            self._session.send(self._marker())
            self._neighbours.published()

    def problems(self) -> Sequence[RelayProblem]:
        conflict = self._neighbours.problem()
        return self._limits if conflict is None else (conflict, *self._limits)

    def _note_limits(self, session: Session) -> None:
        """Store the broker's limits, and log them where they differ from those of the last connection."""
        needed = max(message.size(1) for message in self._messages(0, _LARGEST))
        limits = tuple(session.limits.problems(needed))
        if limits != self._limits:
            if limits:
                log.warning(
                    "relay: not all can be announced: %s", "; ".join(limit.message for limit in limits)
                )
            else:
                log.info("relay: the broker no longer limits what can be announced")
        self._limits = limits

    @property
    def _marker_topic(self) -> str:
        return f"{self._prefix}/installation"

    def _marker(self, *, is_retained: bool = False) -> Message:
        """Return the marker. Unless it is retained it expires at once, so that no broker queues it for offline clients."""
        return Message(
            0,
            True,
            self._marker_topic,
            to_json(self._neighbours.marker),
            is_retained=is_retained,
            expires=MARK_EXPIRY if is_retained else 1,
        )

    def _show(self, session: Session) -> None:
        """Subscribe to the markers of other installations, and publish this one's."""
        self._neighbours.connected()
        granted = session.subscribe_to(self._marker_topic)
        answer = None if granted is None else session.publish_one(self._marker(is_retained=self._must_mark))
        ending = session.ending
        if ending is not None and not ending.is_about_a_message:
            return
        if ending is not None or granted is None or answer is None:
            # Some brokers close the connection over a forbidden topic; a silent one may have stalled just now.
            self._cut_off += 1
            self._shows_itself = self._cut_off < _CUT_OFF
            if not self._shows_itself:
                self._log_blind("ends the connection, or does not answer,")
            reason = "does not answer" if ending is None else f"closed the connection: {ending.reason}"
            raise BrokerUnavailable(f"the broker {self._broker} {reason}")
        self._cut_off = 0
        if granted.is_failure or answer.error is not None:
            self._log_blind("refuses")
        # Before `published`: a retained marker received here was found in place of this relay's earlier one.
        self._neighbours.receive(session.received())
        self._neighbours.published(retained=self._must_mark)
        self._must_mark = False

    def _log_blind(self, reaction: str) -> None:
        if not self._is_blind:
            log.info(
                "relay: the broker %s when the relay subscribes and publishes to %s, so another installation under "
                "this prefix may not be noticed. Allow the relay's user to read and write that topic",
                reaction,
                self._marker_topic,
            )
        self._is_blind = True

    def _messages(self, index: int, announcement: Announcement) -> Iterator[Message]:
        """The state comes first: a device that restarts on the hint then finds the new one."""
        subject, state = announcement.subject, announcement.state
        if state is not None:
            topic = f"{self._prefix}/devices/{subject.key}/config"
            payload = {
                "mac_address": subject.key,
                "revision": state.document_number,
                "etag": state.etag,
                "updated_at": state.updated_at,
            }
            yield Message(
                index, False, topic, "" if state.etag is None else to_json(payload), is_retained=True
            )
        if announcement.is_deletion and self._clears_devices:
            for topic in device_topics(self._prefix, subject.key):
                yield Message(index, False, topic, "", is_retained=True)
        if announcement.restart_hint:
            is_config = subject.kind is Kind.CONFIG
            name = f"{subject.key}.json" if is_config else subject.key
            topic = f"{self._prefix}/updates/{'configs' if is_config else 'assets'}"
            yield Message(index, True, topic, to_json({"filename": name}), expires=self._hint_expiry)


def _receipts(
    count: int, messages: Sequence[Message], answers: Sequence[Answer | None]
) -> list[Receipt | None]:
    receipts: list[Receipt | None] = [Receipt(hint_accepted=True, state_accepted=True)] * count
    for message, answer in zip(messages, answers, strict=True):
        receipts[message.index] = _with_answer(receipts[message.index], message, answer)
    return receipts


def _with_answer(receipt: Receipt | None, message: Message, answer: Answer | None) -> Receipt | None:
    """Return the receipt of an announcement, extended by the answer to one more of its messages.

    A refusal counts even if the other message got no answer: some brokers (Mosquitto 2.0.11) close the
    connection after a refusal, and the announcement would otherwise be tried first for ever.
    """
    if answer is not None and answer.error is None:
        return receipt
    refused = receipt is not None and receipt.error is not None and not receipt.is_final
    if answer is None and not refused:
        return None
    is_first = receipt is not None and receipt.error is None
    receipt = receipt or Receipt(hint_accepted=False, state_accepted=False)
    error = None if answer is None else f"{answer.error} ({message.topic})"
    return Receipt(
        hint_accepted=receipt.hint_accepted and not message.is_hint,
        state_accepted=receipt.state_accepted and message.is_hint,
        error="; ".join(part for part in (receipt.error, error) if part),
        is_final=answer is not None and answer.is_final and (is_first or receipt.is_final),
        is_for_now=receipt.is_for_now or (answer is not None and answer.is_for_now),
    )
