"""The events that a helper reports: lines of JSON, each with a kind and a value.

`items`: a batch of refusals and results. `done`: the outcome. `refused`: the domain error that ended
the work. `fault`: an unexpected error. One of these three is the last line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, Final

from attrs import asdict, astuple, define, field

from iotconfig.domain import errors
from iotconfig.domain.configs.bulk import (
    BulkRefusal,
    BulkResult,
    OnRefusal,
    OnResult,
    Outcome,
    PatchOutcome,
    PatchSample,
    Tally,
)
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.label_differences import (
    DocumentDifference,
    ModelDifference,
    NoteDifference,
    TagDifference,
)
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload, run_inline

_TOGETHER: Final = 100
"""Items in one line."""


class HelperFault(Exception):
    """A helper ended with an unexpected error; the message is its traceback."""


@define
class EventWriter:
    """Writes events to a stream."""

    _stream: IO[bytes]
    _items: list[list[object]] = field(factory=list)

    def refusal(self, refusal: BulkRefusal) -> None:
        self._add(["refusal", refusal.place, _error_to_json(refusal.error)])

    def result(self, result: BulkResult) -> None:
        mac_address = result.mac_address.canonical
        item = ["result", result.place, mac_address, result.outcome, result.config_id, result.revision]
        self._add(
            [*item, _parts(result.tags), _parts(result.note), _parts(result.model), _parts(result.document)]
        )

    def done(self, outcome: PatchOutcome) -> None:
        self._write("items", self._items)
        samples = [_sample_to_json(sample) for sample in outcome.samples]
        self._write("done", {"tally": asdict(outcome.tally), "samples": samples})

    def refused(self, error: IotConfigError) -> None:
        self._write("items", self._items)
        self._write("refused", _error_to_json(error))

    def fault(self, traceback: str) -> None:
        self._write("fault", traceback)

    def _add(self, item: list[object]) -> None:
        self._items.append(item)
        if len(self._items) == _TOGETHER:
            self._write("items", self._items)
            self._items = []

    def _write(self, kind: str, value: object) -> None:
        self._stream.write(json.dumps([kind, value]).encode() + b"\n")
        self._stream.flush()


def handle_event(
    line: bytes,
    on_refusal: OnRefusal,
    on_result: OnResult,
    offload: Offload = run_inline,
) -> PatchOutcome | None:
    """Handle one event. Returns the outcome if it is the last one, else None; raises the error that ended the work.

    `offload`: runs the parsing of the samples, up to ten documents.
    """
    kind, value = json.loads(line)
    if kind == "items":
        for name, *parts in value:
            if name == "refusal":
                on_refusal(BulkRefusal(parts[0], _error_from_json(parts[1])))
            else:
                on_result(_result_from_json(*parts))
        return None
    if kind == "done":
        samples = offload(lambda: tuple(map(_sample_from_json, value["samples"])), len(line))
        return PatchOutcome(Tally(**value["tally"]), samples)
    if kind == "refused":
        raise _error_from_json(value)
    raise HelperFault(value)


def _parts(
    difference: TagDifference | NoteDifference | ModelDifference | DocumentDifference | None,
) -> Sequence[object] | None:
    return None if difference is None else astuple(difference)


def _result_from_json(
    place: str,
    mac_address: str,
    outcome: str,
    config_id: int | None,
    revision: int | None,
    tags: Sequence[Sequence[str]] | None,
    note: Sequence[str | None] | None,
    model: Sequence[str | None] | None,
    document: Sequence[str] | None,
) -> BulkResult:
    return BulkResult(
        place,
        MacAddress(mac_address),
        Outcome(outcome),
        config_id,
        revision,
        tags=None if tags is None else TagDifference(*map(tuple, tags)),
        note=None if note is None else NoteDifference(*note),
        model=None if model is None else ModelDifference(*model),
        document=None if document is None else DocumentDifference(*document),
    )


def _error_to_json(error: IotConfigError) -> dict[str, Any]:
    return {"kind": type(error).__name__, "message": str(error), "facts": vars(error)}


def _error_from_json(given: dict[str, Any]) -> IotConfigError:
    """Restore an error without its constructor, which would build the message from other arguments."""
    kind: type[IotConfigError] = getattr(errors, given["kind"])
    error = kind.__new__(kind, given["message"])
    vars(error).update(given["facts"])
    return error


def _sample_to_json(sample: PatchSample) -> dict[str, Any]:
    config = sample.config
    return {
        "id": config.id,
        "mac_address": config.mac_address.canonical,
        "revision": config.revision,
        "created_at": config.created_at.isoformat(),
        "updated_at": config.updated_at.isoformat(),
        "from": config.content.text,
        "to": sample.content.text,
    }


def _sample_from_json(given: dict[str, Any]) -> PatchSample:
    config = Config(
        id=given["id"],
        mac_address=MacAddress(given["mac_address"]),
        content=_content(given["from"]),
        revision=given["revision"],
        created_at=datetime.fromisoformat(given["created_at"]),
        updated_at=datetime.fromisoformat(given["updated_at"]),
    )
    return PatchSample(config, _content(given["to"]))


def _content(text: str) -> ConfigContent:
    # The other process has checked its size.
    return ConfigContent.parse(text, len(text.encode()))
