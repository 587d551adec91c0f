"""Recording the messages of devices: reports become evidence, `online` and `offline` become presence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import Factory, define, evolve, field

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import InvalidMacAddress, IotConfigError
from iotconfig.domain.mac import MacAddress

from .evidence import RENEWED_EVERY, Evidence, Kind, Newest, Proof, newer
from .incoming import SOURCE, Incoming, LastMessages, Outcome, Topic, digest_of
from .incoming_ports import LastMessageStore
from .observed import ObservedDevice
from .ports import EvidenceStore
from .presence import Presence
from .reports import MAX_REPORT, Report, is_outdated
from .tokens import DeviceTokenStore

_INSTANT: Final = timedelta(microseconds=1)
_WORDS: Final = {b"online": True, b"offline": False}


@define
class Inbox:
    """Records batches of messages. Its times never decrease, even if the clock does, and no two messages have the same."""

    _evidence: EvidenceStore
    _messages: LastMessageStore
    _read: Callable[[bytes], Report]
    """Reads a report; raises an `IotConfigError` where it is none."""
    _clock: Clock
    _proof: Proof = Proof.NONE
    """What the broker's access rules show of a message."""
    _tokens: DeviceTokenStore | None = None
    """The tokens of devices; without proof, messages of a device with a token are not kept. None: tokens are off."""
    _write: Callable[[Sequence[Evidence]], None] = field()
    """`write` of the evidence, or what measures it."""
    _now: datetime = field(init=False, default=datetime(1970, 1, 1, tzinfo=UTC))

    @_write.default
    def _write_plainly(self) -> Callable[[Sequence[Evidence]], None]:
        return self._evidence.write

    def record(self, batch: Sequence[Incoming]) -> Sequence[Outcome]:
        """Store what the messages say, and return what became of each, in their order.

        A message that is recorded again changes no more than its time. Raises `StoreUnavailable` and `StoreFull`;
        then the batch is to be recorded again.
        """
        addresses = [_address_of(message) for message in batch]
        known = {mac for mac in addresses if mac is not None}
        devices = self._evidence.find_all(known)
        recording = _Recording(
            self._read,
            self._proof,
            {device.mac_address: device for device in devices},
            dict(self._messages.of(known)),
            self._owners(known),
        )
        outcomes = []
        for mac_address, message in zip(addresses, batch, strict=True):
            self._now = max(self._clock(), self._now + _INSTANT)
            outcomes.append(
                Outcome.BAD_TOPIC if mac_address is None else recording.add(mac_address, message, self._now)
            )
        # The evidence first: a message that is stored as the last one of its topic is not looked at again.
        if recording.evidence:
            self._write(recording.evidence)
        if recording.changed:
            self._messages.write([recording.last[mac_address] for mac_address in sorted(recording.changed)])
        return outcomes

    def _owners(self, mac_addresses: set[MacAddress]) -> frozenset[MacAddress]:
        """Those of these devices that have a token, where it is needed."""
        if self._tokens is None or self._proof is not Proof.NONE or not mac_addresses:
            return frozenset()
        return self._tokens.owners(mac_addresses)


@define
class _Recording:
    """What one batch says, on top of what is stored."""

    _read: Callable[[bytes], Report]
    _proof: Proof
    _devices: dict[MacAddress, ObservedDevice]
    last: dict[MacAddress, LastMessages]
    _owners: frozenset[MacAddress]
    evidence: list[Evidence] = Factory(list)
    changed: set[MacAddress] = Factory(set)

    def add(self, mac_address: MacAddress, message: Incoming, now: datetime) -> Outcome:
        """Take one message in."""
        if not message.payload:
            return self._clear(mac_address, message)
        device = self._devices.get(mac_address)
        if device is None:
            return Outcome.UNKNOWN_DEVICE
        if mac_address in self._owners:
            return self._refuse(mac_address, message)
        if message.topic is Topic.ONLINE:
            return self._add_presence(mac_address, message, now)
        return self._add_report(device, message, now)

    def _refuse(self, mac_address: MacAddress, message: Incoming) -> Outcome:
        # What it said before it had a token would count for ever: no later message can change it.
        if message.topic is Topic.ONLINE:
            self._clear(mac_address, message)
        return Outcome.WITHOUT_PROOF

    def _clear(self, mac_address: MacAddress, message: Incoming) -> Outcome:
        last = self.last.get(mac_address)
        if last is not None:
            is_report = message.topic is Topic.REPORT
            left = evolve(last, report=None, reported_at=None) if is_report else evolve(last, presence=None)
            if left != last:
                self._keep(left)
        return Outcome.CLEARED

    def _add_presence(self, mac_address: MacAddress, message: Incoming, now: datetime) -> Outcome:
        is_online = _WORDS.get(message.payload)
        if is_online is None:
            return Outcome.MALFORMED
        last = self.last.get(mac_address) or LastMessages(mac_address)
        before = last.presence
        is_repeated = before is not None and before.is_online is is_online
        if message.is_retained and is_repeated:
            return Outcome.REPEATED
        changed_at = before.changed_at if before is not None and is_repeated else now
        seen_at = now if is_online and not message.is_retained else before.seen_at if before else None
        presence = Presence(is_online, changed_at, seen_at)
        self._keep(evolve(last, presence=presence, is_kept=message.is_kept), now)
        return Outcome.STORED

    def _add_report(self, device: ObservedDevice, message: Incoming, now: datetime) -> Outcome:
        last = self.last.get(device.mac_address) or LastMessages(device.mac_address)
        digest = digest_of(message.payload)
        if message.is_retained and digest == last.report:
            return Outcome.REPEATED
        if len(message.payload) > MAX_REPORT:
            return Outcome.TOO_LARGE
        try:
            report = self._read(message.payload)
        except IotConfigError:
            return Outcome.MALFORMED
        if is_outdated(report, device.newest):
            return Outcome.OUTDATED
        moment = now
        if message.is_retained:
            moment = arrival_of_retained(device.newest, device.wanted.number, last.reported_at, now)
        evidence = report.as_evidence(device.mac_address, device.wanted, moment, SOURCE, self._proof)
        self.evidence.append(evidence)
        self._devices[device.mac_address] = evolve(device, newest=_with(device.newest, evidence))
        self._keep(evolve(last, report=digest, reported_at=now, is_kept=message.is_kept), now)
        return Outcome.STORED

    def _keep(self, last: LastMessages, now: datetime | None = None) -> None:
        """Store the last messages of a device; `now`: unless they say what was stored less than a minute ago."""
        if now is None or not last.repeats(self.last.get(last.mac_address), now - RENEWED_EVERY):
            self.last[last.mac_address] = last
            self.changed.add(last.mac_address)


def arrival_of_retained(newest: Newest, number: int, after: datetime | None, now: datetime) -> datetime:
    """The time that a retained report is taken to have arrived at.

    It may be old, so it ranks below what was seen over HTTP since the device's last report here, for the document
    that it is to have. Without such evidence it arrives now.

    number: of the document that the device is to have.
    after: when its last report arrived over the broker, of which the retained one is a successor; None without one.
    """
    seen = (
        evidence.received_at
        for kind, evidence in newest.items()
        if kind is not Kind.OFFERED
        and evidence.source != SOURCE
        and evidence.number == number
        and (after is None or evidence.received_at > after)
    )
    first = min(seen, default=None)
    return now if first is None else first - _INSTANT


def _with(newest: Newest, evidence: Evidence) -> Newest:
    known = newest.get(evidence.kind)
    return {**newest, evidence.kind: evidence if known is None else newer(evidence, known)}


def _address_of(message: Incoming) -> MacAddress | None:
    try:
        return MacAddress.parse(message.device)
    except InvalidMacAddress:
        return None
