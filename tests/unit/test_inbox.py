"""The inbox: what becomes of the messages of devices, and which of them count."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from iotconfig.adapters.memory import MemoryDeviceTokenStore, MemoryStore
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.evidence import Evidence, Kind, Proof
from iotconfig.domain.devices.inbox import Inbox
from iotconfig.domain.devices.incoming import SOURCE, Incoming, LastMessages, Outcome, Topic
from iotconfig.domain.devices.presence import Presence
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.tokens import DeviceToken
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.subscribing import report_reader
from iotconfig.testing.builders import content, mac
from iotconfig.testing.clocks import START, SteppingClock

_MINUTE = timedelta(minutes=1)
_READ = report_reader()


def report(outcome: str = "applied", etag: str | None = None, device: int = 1, **given: Any) -> Incoming:
    """A report; `etag`: of the document, or None for another one."""
    members = {"outcome": outcome, "etag": etag or '"other"', **given}
    return Incoming(Topic.REPORT, str(mac(device)), json.dumps(members).encode())


def online(word: str = "online", device: int = 1) -> Incoming:
    return Incoming(Topic.ONLINE, str(mac(device)), word.encode())


def retained(message: Incoming) -> Incoming:
    return evolve(message, is_retained=True)


class _World:
    """An inbox, and a device with a document."""

    def __init__(self, proof: Proof = Proof.NONE) -> None:
        self.clock = SteppingClock()
        self.store = MemoryStore()
        self.tokens = MemoryDeviceTokenStore()
        self.service = ConfigService(self.store, self.clock)
        self.service.create(mac(1), content())
        self.inbox = self.new_inbox(proof)

    def new_inbox(self, proof: Proof = Proof.NONE) -> Inbox:
        return Inbox(self.store.evidence, self.store.last_messages, _READ, self.clock, proof, self.tokens)

    @property
    def etag(self) -> str:
        return self.service.get_by_mac(mac(1)).content.etag

    def say(self, *messages: Incoming) -> list[Outcome]:
        return list(self.inbox.record(messages))

    def state(self) -> State:
        found = self.store.evidence.find(mac(1))
        assert found is not None
        return found.state

    def evidence(self, kind: Kind) -> Evidence:
        found = self.store.evidence.find(mac(1))
        assert found is not None
        return found.newest[kind]

    def last(self) -> LastMessages:
        return self.store.last_messages.of([mac(1)])[mac(1)]

    def presence(self) -> Presence | None:
        return self.last().presence


@pytest.fixture
def world() -> _World:
    """A device with a document, and nothing said."""
    return _World()


def test_a_report_becomes_evidence(world: _World) -> None:
    """It has the number of the document that the device was to have, and no address."""
    world.clock.go_to(START + _MINUTE)
    assert [Outcome.STORED] == world.say(
        report("rejected", world.etag, pointer="/wifi/channel", reason="15 > 13", firmware="1.2", n=7)
    )

    assert State.REJECTED is world.state()
    assert Evidence(
        mac(1), Kind.REJECTED, world.etag, 1, START + _MINUTE, SOURCE, Proof.NONE, 1, "/wifi/channel", "15 > 13", "1.2", 7
    ) == world.evidence(Kind.REJECTED)  # fmt: skip


def test_messages_of_one_batch_keep_their_order(world: _World) -> None:
    """Two reports that arrive together have different times, whatever they say, and even if the clock goes back."""
    world.say(report("rejected", world.etag), report("applied", world.etag))
    assert State.IN_SYNC is world.state()

    world.clock.go_to(START - 60 * _MINUTE)
    world.say(report("applied", world.etag), report("rejected", world.etag))
    assert State.REJECTED is world.state()


@pytest.mark.parametrize("spelling", ["020000000001", "02-00-00-00-00-01", "0200.0000.0001"])
def test_the_address_may_have_any_spelling(world: _World, spelling: str) -> None:
    """Access rules can name a user in a topic, and a user's name has no colons in Mosquitto."""
    assert [Outcome.STORED] == world.say(evolve(report("applied", world.etag), device=spelling))
    assert State.IN_SYNC is world.state()


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        pytest.param(evolve(report(), device="02:00:00:00:00"), Outcome.BAD_TOPIC, id="no-address"),
        pytest.param(evolve(report(), device="\x1b[2J"), Outcome.BAD_TOPIC, id="escape-in-topic"),
        pytest.param(report(device=2), Outcome.UNKNOWN_DEVICE, id="no-document"),
        pytest.param(evolve(report(), payload=b"x" * 513), Outcome.TOO_LARGE, id="too-large"),
        pytest.param(evolve(report(), payload=b"\xff\x00\x1b"), Outcome.MALFORMED, id="binary"),
        pytest.param(
            evolve(report(), payload=rb'{"outcome": "applied", "etag": "\"a\"", "reason": "\u0000"}'),
            Outcome.MALFORMED,
            id="nul",
        ),
        pytest.param(evolve(report(), payload=b"[" * 500), Outcome.MALFORMED, id="deep"),
        pytest.param(evolve(report(), payload=b"{}"), Outcome.MALFORMED, id="empty-object"),
        pytest.param(report("exploded"), Outcome.MALFORMED, id="unknown-outcome"),
        pytest.param(online("Online"), Outcome.MALFORMED, id="unknown-word"),
        pytest.param(online("online\n"), Outcome.MALFORMED, id="line-end"),
        pytest.param(online(device=2), Outcome.UNKNOWN_DEVICE, id="presence-without-document"),
    ],
)
def test_bad_messages_are_refused(world: _World, message: Incoming, outcome: Outcome) -> None:
    """Nothing is stored of them, and the others of the batch are recorded."""
    assert [outcome, Outcome.STORED] == world.say(message, report("applied", world.etag))

    assert outcome.is_refusal
    assert State.IN_SYNC is world.state()
    assert {} == world.store.last_messages.of([mac(2)])


def test_terminal_escapes_are_harmless(world: _World) -> None:
    """They are kept as the text of an escape."""
    world.say(report("rejected", world.etag, reason="\x1b[2J\x07", firmware="\u202e1"))

    evidence = world.evidence(Kind.REJECTED)
    assert (r"\x1b[2J\x07", r"\u202e1") == (evidence.reason, evidence.firmware)


def test_a_retained_report_counts_once(world: _World) -> None:
    """A broker that lost its sessions sends it again; a device that sends it anew counts."""
    first = report("applied", world.etag)
    assert [Outcome.STORED] == world.say(retained(first))
    stored = world.evidence(Kind.APPLIED)

    assert [Outcome.REPEATED] * 2 == world.say(retained(first), retained(first))
    assert [Outcome.REPEATED] == list(world.new_inbox().record([retained(first)]))
    assert stored == world.evidence(Kind.APPLIED)
    assert [Outcome.STORED] == world.say(first)
    assert [Outcome.STORED] == world.say(retained(report()))


def test_a_retained_report_of_a_year_ago_does_not_come_back(world: _World) -> None:
    """The document that it refused is served again, under a new number."""
    refused, config = report("rejected", world.etag), world.service.get_by_mac(mac(1))
    world.say(refused)
    world.service.update(config.id, content(a=1))
    world.service.update(config.id, content())

    assert [Outcome.REPEATED] == world.say(retained(refused))
    assert State.PENDING is world.state()


def test_a_retained_report_ranks_below_what_was_seen_over_http(world: _World) -> None:
    """It may be older than the fetch in which the device named what it runs."""
    world.store.evidence.write(
        [Evidence(mac(1), Kind.HOLDS, world.etag, 1, START + _MINUTE, "192.0.2.1", etag_number=1)]
    )
    world.clock.go_to(START + 2 * _MINUTE)

    assert [Outcome.STORED] == world.say(retained(report()))
    assert State.IN_SYNC is world.state()

    assert [Outcome.STORED] == world.say(report())
    assert State.PENDING is world.state()


def test_a_retained_report_is_newer_than_the_last_one_from_its_topic(world: _World) -> None:
    """The topic keeps the newest report, so it follows the one that arrived, whatever was seen over HTTP before that."""
    world.store.evidence.write(
        [Evidence(mac(1), Kind.FETCHED, world.etag, 1, START + _MINUTE, "192.0.2.1", etag_number=1)]
    )
    world.clock.go_to(START + 2 * _MINUTE)
    world.say(report("rejected", world.etag))
    world.clock.go_to(START + 3 * _MINUTE)

    assert [Outcome.STORED] == world.say(retained(report("applied", world.etag)))
    assert State.IN_SYNC is world.state()


def test_a_fetch_of_an_earlier_document_is_no_reason_to_doubt(world: _World) -> None:
    """Only evidence for the present number ranks above a retained report."""
    before = Evidence(mac(1), Kind.HOLDS, world.etag, 1, START + _MINUTE, "192.0.2.1")
    world.store.evidence.write([before])
    world.service.update(world.service.get_by_mac(mac(1)).id, content(a=1))
    world.clock.go_to(START + 2 * _MINUTE)
    world.say(retained(report("applied", world.etag)))

    assert START + 2 * _MINUTE == world.evidence(Kind.APPLIED).received_at
    assert State.IN_SYNC is world.state()


def test_an_outdated_report_changes_nothing(world: _World) -> None:
    """Its number is lower than that of the last one, in the same batch or before."""
    assert [Outcome.STORED, Outcome.OUTDATED] == world.say(
        report("applied", world.etag, n=7), report("rejected", world.etag, n=6)
    )
    assert [Outcome.OUTDATED] == world.say(report("rejected", world.etag, n=5))
    assert State.IN_SYNC is world.state()


def test_a_device_with_a_token_needs_proof() -> None:
    """Anybody else could report for it. What the broker proves is kept, and shown as proven."""
    world = _World()
    world.tokens.add(DeviceToken(mac(1), "0" * 64, START))
    assert [Outcome.WITHOUT_PROOF] * 2 == world.say(report("applied", world.etag), online())
    assert State.NEVER is world.state()

    proven = world.new_inbox(Proof.BROKER)
    assert [Outcome.STORED] == list(proven.record([report("applied", world.etag)]))
    assert Proof.BROKER is world.evidence(Kind.APPLIED).proof


def test_presence_from_before_a_token_does_not_stay(world: _World) -> None:
    """No message could change it any more: a device that is switched off would be online for ever."""
    world.say(report(), online())
    world.tokens.add(DeviceToken(mac(1), "0" * 64, START))
    assert [Outcome.WITHOUT_PROOF] == world.say(report("rejected"))
    assert world.presence() is not None

    assert [Outcome.WITHOUT_PROOF] == world.say(online("offline"))
    assert world.presence() is None
    assert world.last().report is not None


def test_presence_follows_the_messages(world: _World) -> None:
    """`seen_at` moves with each `online`, `changed_at` with the changes only."""

    def say(minutes: int, message: Incoming) -> Presence | None:
        world.clock.go_to(START + minutes * _MINUTE)
        world.say(message)
        return world.presence()

    assert Presence(True, START + _MINUTE, START + _MINUTE) == say(1, online())
    assert Presence(True, START + _MINUTE, START + 2 * _MINUTE) == say(2, online())
    assert Presence(False, START + 3 * _MINUTE, START + 2 * _MINUTE) == say(3, online("offline"))
    assert Presence(False, START + 3 * _MINUTE, START + 2 * _MINUTE) == say(4, online("offline"))
    assert Presence(True, START + 5 * _MINUTE, START + 5 * _MINUTE) == say(5, online())


def test_repetitions_within_a_minute_are_not_stored(world: _World) -> None:
    """A device that reports each second costs no write a second; what it says anew is stored at once."""
    world.say(report(), online())
    first = world.last()
    world.clock.go_to(START + _MINUTE / 2)
    assert [Outcome.STORED] * 2 == world.say(report(), online())
    assert first == world.last()

    world.say(online("offline"))
    assert first.reported_at == world.last().reported_at
    world.clock.go_to(START + 2 * _MINUTE)
    world.say(report())
    assert START + 2 * _MINUTE == world.last().reported_at


def test_a_retained_online_is_no_sign_of_life(world: _World) -> None:
    """The device may have gone since: nothing says when it said so. A repeated one is not stored."""
    assert [Outcome.STORED, Outcome.REPEATED] == world.say(retained(online()), retained(online()))
    found = world.presence()
    assert found is not None
    assert (True, None) == (found.is_online, found.seen_at)
    assert [Outcome.STORED] == world.say(retained(online("offline")))


def test_a_cleared_topic_is_forgotten(world: _World) -> None:
    """The service clears both when a board is deleted or replaced, after its document is gone."""
    world.say(report("applied", world.etag), online())
    config = world.service.get_by_mac(mac(1))
    world.service.delete(config.id)
    empty = [evolve(report(), payload=b""), evolve(online(), payload=b"")]

    assert [Outcome.CLEARED] == world.say(empty[1])
    assert world.presence() is None
    assert [Outcome.CLEARED, Outcome.CLEARED] == world.say(empty[0], evolve(empty[0], device=str(mac(2))))
    assert {} == world.store.last_messages.of([mac(1), mac(2)])


def test_messages_that_the_broker_does_not_keep_are_known(world: _World) -> None:
    """The subscriber then asks for retained messages again."""
    world.say(evolve(report(), is_kept=False))
    assert world.store.last_messages.has_unkept()
    world.say(online())
    assert not world.store.last_messages.has_unkept()


def test_a_batch_can_be_recorded_again(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence is written first: what fails between the two writes is not taken for known."""
    batch = [retained(report("applied", world.etag))]
    with monkeypatch.context() as patch:
        patch.setattr(type(world.store.last_messages), "write", _fail)
        with pytest.raises(StoreUnavailable):
            world.say(*batch)

    assert [Outcome.STORED] == world.say(*batch)
    assert State.IN_SYNC is world.state()


def _fail(*_: object) -> None:
    raise StoreUnavailable("away")
