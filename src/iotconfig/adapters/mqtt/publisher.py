"""`Publisher` over MQTT: announcements become messages, and answers become receipts."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from paho.mqtt.reasoncodes import ReasonCode

from iotconfig.adapters.codec import to_json
from iotconfig.domain.notifications import Announcement, Kind
from iotconfig.domain.ports import Receipt

from .broker import Broker
from .session import Message, Session

log = logging.getLogger(__name__)


class MqttPublisher:
    """`Publisher` on one broker."""

    def __init__(
        self, broker: Broker, *, prefix: str, client_id: str, window: int = 100, timeout: float = 10.0
    ) -> None:
        """`prefix`: of all topics. `client_id`: one for all relays, so that a new one ends the old one's session.

        `window`: messages on their way at the same time; a broker that allows fewer has its way.
        `timeout`: seconds without an answer after which the broker counts as away.
        """
        self._broker = broker
        self._prefix = prefix
        self._client_id = client_id
        self._window = window
        self._timeout = timeout
        self._session: Session | None = None

    def connect(self) -> None:
        if self._session is not None and self._session.is_open():
            return
        self.disconnect()
        self._session = Session(self._broker, self._client_id, self._window, self._timeout)
        log.info("relay: connected to %s", self._broker)

    def publish(self, announcements: Sequence[Announcement]) -> Sequence[Receipt | None]:
        messages = [
            message
            for index, announcement in enumerate(announcements)
            for message in self._messages(index, announcement)
        ]
        if self._session is None:
            return [None] * len(announcements)
        answers = self._session.publish(messages)
        receipts = _receipts(len(announcements), messages, answers)
        if self._session.hung_up_on is not None:
            place, reason = self._session.hung_up_on
            error = f"the broker hung up: {reason} ({messages[place].topic})"
            receipts[messages[place].index] = Receipt(nudged=False, stated=False, error=error, hung_up=True)
        return receipts

    def disconnect(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _messages(self, index: int, announcement: Announcement) -> Iterator[Message]:
        """State first: a device that a nudge wakes finds the new one."""
        subject, state = announcement.subject, announcement.state
        if state is not None:
            topic = f"{self._prefix}/devices/{subject.key}/config"
            payload = {
                "mac_address": subject.key,
                "revision": state.revision,
                "etag": state.etag,
                "updated_at": state.updated_at,
            }
            yield Message(index, False, topic, "" if state.etag is None else to_json(payload))
        if announcement.nudge:
            is_config = subject.kind is Kind.CONFIG
            name = f"{subject.key}.json" if is_config else subject.key
            topic = f"{self._prefix}/updates/{'configs' if is_config else 'assets'}"
            yield Message(index, True, topic, to_json({"filename": name}))


def _receipts(
    count: int, messages: Sequence[Message], answers: Sequence[ReasonCode | None]
) -> list[Receipt | None]:
    receipts: list[Receipt | None] = [Receipt(nudged=True, stated=True)] * count
    for message, answer in zip(messages, answers, strict=True):
        receipts[message.index] = _with_answer(receipts[message.index], message, answer)
    return receipts


def _with_answer(receipt: Receipt | None, message: Message, answer: ReasonCode | None) -> Receipt | None:
    """The receipt of an announcement when one more of its messages was answered, or was not.

    A refusal counts even where the rest got no answer: some brokers hang up after one
    (Mosquitto 2.0.11 does), and the announcement would else come first for ever.
    """
    if answer is not None and not answer.is_failure:
        return receipt
    refused = receipt is not None and receipt.error is not None
    if answer is None and not refused:
        return None
    receipt = receipt or Receipt(nudged=False, stated=False)
    error = None if answer is None else f"{answer} ({message.topic})"
    return Receipt(
        nudged=receipt.nudged and not message.is_nudge,
        stated=receipt.stated and message.is_nudge,
        error="; ".join(part for part in (receipt.error, error) if part),
    )
