"""Read all pages of a list."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from attrs import evolve

from iotconfig.domain.paging import MAX_PAGE, all_items

if TYPE_CHECKING:
    from iotconfig.domain.configs.config import ConfigSummary
    from iotconfig.domain.configs.config_use_cases import ConfigUseCases
    from iotconfig.domain.configs.history_use_cases import HistoryUseCases
    from iotconfig.domain.configs.query import ConfigQuery
    from iotconfig.domain.configs.revisions import DeletedConfig


def summaries(
    service: ConfigUseCases, query: ConfigQuery, limit: int | None = None
) -> Iterator[ConfigSummary]:
    """The configs that `query` selects, at most `limit` of them, sorted by MAC address. They are not counted."""
    first = evolve(query, limit=_page_size(limit), count=False)
    return islice(all_items(lambda cursor: service.find(evolve(first, after=cursor))), limit)


def deleted_configs(service: HistoryUseCases, limit: int | None = None) -> Iterator[DeletedConfig]:
    """The deleted configs, at most `limit` of them, the latest deletion first."""
    from iotconfig.domain.configs.revisions import DeletedQuery

    first = DeletedQuery(limit=_page_size(limit))
    return islice(all_items(lambda cursor: service.deleted(evolve(first, before=cursor))), limit)


def _page_size(limit: int | None) -> int:
    return min(limit or MAX_PAGE, MAX_PAGE)
