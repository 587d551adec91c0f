"""The patch of many configs. Its results are spooled while they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import falcon
from attrs import asdict, frozen

from iotconfig.adapters.codec import AnswerStream, BodyReader, answer, to_json
from iotconfig.adapters.diff import JsonPatchOperation, proposed
from iotconfig.adapters.http.access.change_notes import note_of
from iotconfig.adapters.http.comparing import compared
from iotconfig.adapters.http.members import As
from iotconfig.adapters.http.problems import Refused
from iotconfig.adapters.http.requests.bodies import read_json
from iotconfig.adapters.http.requests.queries import (
    dry_run_parameter,
    keep_going_parameter,
    message_parameter,
    read_query,
)
from iotconfig.adapters.http.spooled_answers import spooling
from iotconfig.adapters.http.transfer_limits import Kind
from iotconfig.adapters.http.transfers import TransferSlots
from iotconfig.domain.configs.bulk import BulkResult, Outcome, PatchSample
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.label_differences import (
    DocumentDifference,
    ModelDifference,
    NoteDifference,
    TagDifference,
)
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.offload import Offload

from .reports import BulkReport, Refusals, is_refused
from .selecting import Selecting


@frozen
class PatchQuery:
    """The query string of `POST /api/configs/patch`."""

    keep_going: bool = keep_going_parameter()
    dry_run: bool = dry_run_parameter()
    message: str | None = message_parameter()


@frozen(kw_only=True)
class PatchOfMany(Selecting):
    """The body of `POST /api/configs/patch`."""

    merge: Annotated[MergePatch, "The change of each config"]


@answer
@frozen
class PatchedConfig:
    """The outcome of a patch, of a change of tags, or of an undo for one config."""

    mac_address: MacAddress
    id: int | None
    outcome: Annotated[Outcome, As({"type": "string"})]
    revision: int | None
    tags: Annotated[TagDifference | None, "What changes of the tags; left out where they stay"] = None
    note: Annotated[NoteDifference | None, "What changes of the note; left out where it stays"] = None
    model: Annotated[ModelDifference | None, "What changes of the model; left out where it stays"] = None
    document: Annotated[
        DocumentDifference | None,
        "Of a change of tags: the ETags of the device's document before and after; left out where it is served the same",
    ] = None


@answer
@frozen
class Sample:
    """The difference that a patch would make to one config."""

    mac_address: MacAddress
    id: int
    revision: Annotated[int, "The current revision"]
    json_patch: list[JsonPatchOperation]
    unified_diff: str


@answer
@frozen
class Patched(BulkReport):
    """The outcome of a patch of many configs."""

    results: Sequence[PatchedConfig]
    samples: Annotated[Sequence[Sample] | None, "Some of the differences; only in a dry run"] = None


@frozen
class PatchResource:
    """`/api/configs/patch`: one merge patch to every config that is selected."""

    bulk: BulkUseCases
    bodies: BodyReader
    comparing: Offload
    slots: TransferSlots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        query = read_query(req, PatchQuery)
        options = BulkOptions(keep_going=query.keep_going, dry_run=query.dry_run)
        body = self.bodies.read(read_json(req, self.bodies.max_body_bytes), PatchOfMany)
        selection = self.bodies.offload(body.selection, req.content_length or 0)
        refusals = Refusals()
        with spooling(self.slots.take(req, Kind.CHANGE)) as spooled:
            patched = AnswerStream(Patched, spooled.write)
            patched.begin_list("results")
            with refusals.told():
                outcome = self.bulk.patch(
                    selection,
                    body.merge,
                    options,
                    note_of(req, query.message, body.message),
                    refusals.add,
                    lambda result: patched.add(listed(result)),
                )
            tally = outcome.tally
            report = refusals.report(BulkReport, tally, options)
            if is_refused(tally, options):
                raise Refused(
                    "VALIDATION_FAILED",
                    f"{tally.refused} of the configs cannot be patched, so nothing was stored: {refusals.first}",
                    **asdict(report),
                )
            patched.add_members(report)
            if options.dry_run:
                patched.begin_list("samples")
                # One sample at a time in memory: five can have 50 MB.
                for sample in outcome.samples:
                    patched.add_json(_shown(sample, self.comparing))
            patched.end()
        resp.content_type = falcon.MEDIA_JSON
        resp.set_header("Cache-Control", "private, no-cache")
        spooled.send(req, resp)


def listed(result: BulkResult) -> PatchedConfig:
    """The outcome for one config, as answers list it."""
    return PatchedConfig(
        result.mac_address,
        result.config_id,
        result.outcome,
        result.revision,
        result.tags,
        result.note,
        result.model,
        result.document,
    )


def _shown(sample: PatchSample, comparing: Offload) -> str:
    config = sample.config

    def text() -> str:
        found = proposed(config, sample.content)
        return to_json(
            Sample(config.mac_address, config.id, config.revision, found.json_patch, found.unified_diff)
        )

    return compared(comparing, text, config.content, sample.content)
