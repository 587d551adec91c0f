"""The worker's side for tags and notes: large writes run in a helper, as those of configs do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from iotconfig.adapters.fleet_files.side_files import LabelFile
from iotconfig.domain.configs.bulk import BulkRefusal, BulkResult, OnRefusal, OnResult, Tally
from iotconfig.domain.configs.bulk_options import BulkOptions
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.configs.label_ports import TagCount
from iotconfig.domain.configs.labels import ANY_TAGS, LabelEdit, TagFilter
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.mac import MacAddress

from .helped import HelpedBulkService, ignore
from .orders import Order

_OPTIONS: Final = BulkOptions()


@frozen
class HelpedTagService:
    """`TagUseCases` that does small work itself, and large work in a helper process.

    On SQLite, the commit of ten thousand devices with 32 tags each copies 50 MB, which blocks the worker for 200 ms.
    """

    tags: TagService
    helped: HelpedBulkService

    def counts(self) -> Sequence[TagCount]:
        return self.tags.counts()

    def edit(self, mac_address: MacAddress, edit: LabelEdit, note: ChangeNote = UNSIGNED) -> str | None:
        return self.tags.edit(mac_address, edit, note)

    def preview(self, mac_address: MacAddress, edit: LabelEdit) -> BulkResult:
        return self.tags.preview(mac_address, edit)

    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[LabelledDevice]:
        return self.tags.export(tags)

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = _OPTIONS,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        if not self.helped.may_select_many(selection):
            return self.tags.tag(selection, edit, options, note, on_refusal, on_result)
        order = Order(options, note, self.helped.bulk.max_content_bytes, selection=selection, labels=edit)
        return self.helped.run(order, on_refusal, on_result).tally

    def load(
        self,
        source: Iterable[LabelEntry | BulkRefusal],
        options: BulkOptions = _OPTIONS,
        note: ChangeNote = UNSIGNED,
        on_refusal: OnRefusal = ignore,
        on_result: OnResult = ignore,
    ) -> Tally:
        if not isinstance(source, LabelFile) or not source.may_have_more_than(self.helped.most_here):
            return self.tags.load(source, options, note, on_refusal, on_result)
        order = Order(options, note, self.helped.bulk.max_content_bytes, most_records=source.most)
        return self.helped.run(order, on_refusal, on_result, source.file).tally
