"""The contract of `DelayReader`: the first evidence that a device runs a new document."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.devices.delays import Delay, DelayReader
from iotconfig.domain.devices.evidence import Evidence, Kind
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.testing.builders import content, mac
from iotconfig.testing.use_cases import UseCases

_LATER: Final = timedelta(seconds=1.5)


def _saved(service: ConfigService, number: int, value: int) -> Evidence:
    """Save the config of a device; return evidence, 1.5 s later, that it holds its document."""
    config, _ = service.put(mac(number), content(value=value))
    document = service.document(mac(number))
    return _holds(mac_number=number, document=(document.number, document.etag), at=config.updated_at + _LATER)


def _holds(mac_number: int, document: tuple[int, str], at: datetime) -> Evidence:
    number, etag = document
    return Evidence(mac(mac_number), Kind.HOLDS, etag, number, at, etag_number=number)


class DelayReaderContract(UseCases):
    """Needs the fixtures `store`, an empty store, `evidence`, its evidence, and `delays`, its delays."""

    def test_the_first_evidence_of_each_kind_has_a_delay(
        self, service: ConfigService, evidence: EvidenceStore, delays: DelayReader
    ) -> None:
        """Until it is stored, and again for the next document; evidence of another kind does not count."""
        for value in (1, 2):
            holds = _saved(service, 1, value)
            applied = evolve(holds, kind=Kind.APPLIED, received_at=holds.received_at + _LATER)
            assert [Delay(Kind.HOLDS, 1.5)] == list(delays.delays([holds]))
            assert {Delay(Kind.HOLDS, 1.5), Delay(Kind.APPLIED, 3.0)} == set(delays.delays([holds, applied]))

            evidence.write([holds])
            assert [Delay(Kind.APPLIED, 3.0)] == list(delays.delays([holds, applied]))
            evidence.write([applied])
            assert [] == list(delays.delays([holds, applied]))

    def test_a_document_that_returns_is_a_new_one(
        self, service: ConfigService, evidence: EvidenceStore, delays: DelayReader
    ) -> None:
        """Its bytes are the same, and its number is not."""
        first = _saved(service, 1, 1)
        evidence.write([first])
        _saved(service, 1, 2)
        again = _saved(service, 1, 1)

        assert first.etag == again.etag
        assert [] == list(delays.delays([first]))
        assert [Delay(Kind.HOLDS, 1.5)] == list(delays.delays([again]))

    def test_evidence_of_other_documents_has_none(self, service: ConfigService, delays: DelayReader) -> None:
        """An earlier one, an unknown one, one of a device without a document; and evidence of other kinds."""
        old = _saved(service, 1, 1)
        new = _saved(service, 1, 2)
        others = [
            old,
            evolve(new, etag='"unknown"', etag_number=None),
            evolve(new, etag='"unknown"'),
            evolve(new, mac_address=mac(2)),
            evolve(new, kind=Kind.FETCHED),
            evolve(new, kind=Kind.REJECTED),
        ]
        assert [] == list(delays.delays(others))
        assert [] == list(delays.delays([]))

    def test_evidence_that_comes_twice_has_one_delay(
        self, service: ConfigService, delays: DelayReader
    ) -> None:
        """A batch of messages may have several reports of a device."""
        first = _saved(service, 1, 1)
        assert [Delay(Kind.HOLDS, 1.5)] == list(
            delays.delays([first, evolve(first, received_at=first.received_at + _LATER)])
        )

    def test_a_delay_is_not_negative(self, service: ConfigService, delays: DelayReader) -> None:
        """The clock of the machine that received the evidence may be behind."""
        early = evolve(_saved(service, 1, 1), received_at=datetime.fromisoformat("2000-01-01T00:00:00Z"))
        assert [Delay(Kind.HOLDS, 0.0)] == list(delays.delays([early]))

    def test_many_devices(self, service: ConfigService, evidence: EvidenceStore, delays: DelayReader) -> None:
        """Each has its own."""
        batch = [_saved(service, number, 1) for number in range(1, 8)]
        evidence.write(batch[::2])
        late = [
            evolve(each, received_at=each.received_at + timedelta(seconds=number))
            for number, each in enumerate(batch)
        ]
        assert [2.5, 4.5, 6.5] == sorted(delay.seconds for delay in delays.delays(late))
