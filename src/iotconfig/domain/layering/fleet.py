"""The configs of a fleet as factoring and flattening read and write them: through use cases, so of a service elsewhere, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen

from iotconfig.domain.change_notes import ChangeNote
from iotconfig.domain.configs.bulk import BulkEntry, BulkRefusal, OnConflict
from iotconfig.domain.configs.bulk_options import ImportOptions
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.config import ConfigSummary
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.labels import TagFilter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, NO_CONTENT, ConfigContent
from iotconfig.domain.errors import ChangedSince
from iotconfig.domain.paging import MAX_PAGE


@frozen
class FleetConfig:
    """The config of one device, whose content may be `NO_CONTENT`, with what decides which layers reach it."""

    mac_address: str
    revision: int
    content: ConfigContent
    tags: tuple[str, ...]
    model: str | None = None


@frozen
class Fleet:
    """Reads and replaces the own content of many devices."""

    configs: ConfigUseCases
    bulk: BulkUseCases
    max_bytes: int = DEFAULT_MAX_BYTES
    """The size limit of contents, in bytes of UTF-8."""

    def read(self, tags: Sequence[str]) -> list[FleetConfig]:
        """Return the configs of all devices that have these tags, sorted by MAC address.

        A config that changes meanwhile is left out, or has a revision that is over: storing refuses it.
        """
        # The revisions first: a content that is newer than its revision is refused when it is replaced.
        summaries = {str(each.mac_address): each for each in self._summaries(TagFilter(tuple(tags)))}
        with self.bulk.export(TagFilter(tuple(tags))) as exported:
            return [
                FleetConfig(
                    mac_address=str(config.mac_address),
                    revision=summary.revision,
                    content=ConfigContent.parse(config.text, self.max_bytes),
                    tags=tuple(summary.tags),
                    model=summary.model,
                )
                for config in exported
                if (summary := summaries.get(str(config.mac_address))) is not None
            ]

    def without_content(self, tags: Sequence[str]) -> list[FleetConfig]:
        """Return the devices with these tags that layers alone serve, sorted by MAC address."""
        return [
            FleetConfig(str(each.mac_address), each.revision, NO_CONTENT, tuple(each.tags), each.model)
            for each in self._summaries(TagFilter(tuple(tags)), with_content=False)
        ]

    def replace(self, contents: Iterable[tuple[FleetConfig, ConfigContent]], note: ChangeNote) -> str | None:
        """Replace own contents, all or none; return the id of the change, None where nothing changes.

        Raises `ChangedSince` where a config is not at the revision that was read, so that nothing was stored.
        """
        entries = [
            BulkEntry(config.mac_address, config.mac_address, content, if_revision=config.revision)
            for config, content in contents
            if content != config.content
        ]
        if not entries:
            return None
        refusals: list[BulkRefusal] = []
        options = ImportOptions(on_conflict=OnConflict.REPLACE)
        tally = self.bulk.load(entries, options, note, refusals.append)
        if tally.refused:
            first = f" The first: {refusals[0].error}" if refusals else ""
            raise ChangedSince(
                f"{tally.refused} of {len(entries)} configs cannot be replaced, so none was.{first}",
                refused=tally.refused,
            )
        return tally.change

    def _summaries(self, tags: TagFilter, *, with_content: bool = True) -> Iterator[ConfigSummary]:
        query = ConfigQuery(tags=tags, limit=MAX_PAGE, count=False, with_content=with_content)
        while True:
            page = self.configs.find(query)
            yield from page
            if page.next is None:
                return
            query = evolve(query, after=page.next)
