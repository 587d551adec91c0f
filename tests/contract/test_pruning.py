"""Pruning: the shipped suite, over every adapter, and the size of a step in SQL."""

from __future__ import annotations

import pytest

from iotconfig.adapters.memory import MemoryStore
from iotconfig.adapters.sql import history as sql_history
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import HistoryQuery, Retention
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import RecordGone
from iotconfig.testing import PruningContract
from iotconfig.testing.contracts.pruning import ALWAYS, prune, with_revisions


class TestPruning(PruningContract):
    """Over each kind of store."""


@pytest.fixture
def history(store: Store, service: ConfigService) -> HistoryService:
    """The use cases of the history, over the same store as the service."""
    return HistoryService(store, service.clock)


def test_a_long_history_takes_several_transactions(
    store: Store, service: ConfigService, history: HistoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step reads or removes more than its share; the result is the same."""
    monkeypatch.setattr(sql_history, "_PRUNED_AT_ONCE", 7)
    monkeypatch.setattr(sql_history, "_LOOKED_AT_ONCE", 25)
    ids = [with_revisions(service, number, 20) for number in range(3)]

    assert 54 == sum(prune(history, Retention(2, ALWAYS), dry_run=True))
    steps = prune(history, Retention(2, ALWAYS))

    assert 54 == sum(steps)
    if not isinstance(store, MemoryStore):
        assert 7 == max(steps)
    for config_id in ids:
        assert [20, 19] == [r.revision for r in history.revisions(HistoryQuery(config_id)).revisions]
        with pytest.raises(RecordGone, match="up to revision 18 was pruned"):
            history.revision(config_id, 18)
