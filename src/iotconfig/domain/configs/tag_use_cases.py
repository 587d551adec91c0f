"""The use cases of `TagService` as HTTP and the commands call them, whether they run on a database or on a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from iotconfig.domain.mac import MacAddress

from .bulk import BulkRefusal, BulkResult, OnRefusal, OnResult, Tally
from .bulk_options import BulkOptions
from .label_entries import LabelEntry, LabelledDevice
from .label_ports import TagCount
from .labels import LabelEdit, TagFilter
from .revisions import ChangeNote
from .selection import Selection


class TagUseCases(Protocol):
    """The use cases of `TagService`; its docstrings are the contract."""

    def counts(self) -> Sequence[TagCount]:
        """All tags that devices have, sorted, with the number of devices that have each."""
        ...

    def edit(self, mac_address: MacAddress, edit: LabelEdit, note: ChangeNote = ...) -> str | None:
        """Change the labels of one device; return the id of the change, None where it has these labels already."""
        ...

    def preview(self, mac_address: MacAddress, edit: LabelEdit) -> BulkResult:
        """Return what a change of the labels of one device would do."""
        ...

    def tag(
        self,
        selection: Selection,
        edit: LabelEdit,
        options: BulkOptions = ...,
        note: ChangeNote = ...,
        on_refusal: OnRefusal = ...,
        on_result: OnResult = ...,
    ) -> Tally:
        """Change the labels of every config that `selection` takes, in one transaction."""
        ...

    def export(self, tags: TagFilter = ...) -> Iterator[LabelledDevice]:
        """Yield the devices that have tags or a note, sorted by MAC address."""
        ...

    def load(
        self,
        source: Iterable[LabelEntry | BulkRefusal],
        options: BulkOptions = ...,
        note: ChangeNote = ...,
        on_refusal: OnRefusal = ...,
        on_result: OnResult = ...,
    ) -> Tally:
        """Give devices the labels of `source`, in one transaction. Other devices keep theirs."""
        ...
