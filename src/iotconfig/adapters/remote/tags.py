"""Tags and notes, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.domain.configs.bulk import BulkRefusal, OnRefusal, OnResult, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_ports import TagCount
from iotconfig.domain.configs.labels import Keep, LabelEdit
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.mac import MacAddress

from .bodies import signed
from .bulk import SECONDS, RemoteBulk, ignore, parameters, selecting
from .connection import Request

_OPTIONS: Final = BulkOptions()


@frozen
class _Tags:
    tags: Sequence[TagCount]


@frozen
class RemoteTags(RemoteBulk):
    """`TagUseCases` of a service."""

    def counts(self) -> Sequence[TagCount]:
        return self.entity(Request("GET", "/api/tags"), _Tags).tags

    def edit(self, mac_address: MacAddress, edit: LabelEdit, note: ChangeNote = UNSIGNED) -> str | None:
        refusals: list[BulkRefusal] = []
        tally = self.tag(Selection([mac_address]), edit, _OPTIONS, note, refusals.append)
        if refusals:
            raise refusals[0].error
        return tally.change

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = _OPTIONS,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        changed: dict[str, object] = {"add": edit.add, "remove": edit.remove}
        if not isinstance(edit.note, Keep):
            changed["note"] = edit.note or ""
        body = f"{{{json.dumps(changed, ensure_ascii=False)[1:-1]}, {selecting(selection)}}}".encode()
        report = self.report(
            Request(
                "POST", "/api/devices/tags", parameters(options, note), signed(note), body, seconds=SECONDS
            ),
            on_refusal,
        )
        self.give_results(report, on_result)
        self.refuse(report.body, on_refusal, str)
        return self.read(report.body, Tally)
