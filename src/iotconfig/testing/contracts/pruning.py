"""The contract of pruning: old revisions go; what is present, and what a restore needs, stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from iotconfig.domain.configs import changes
from iotconfig.domain.configs.edits import Rollback
from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.revisions import (
    DeletedQuery,
    HistoryQuery,
    Operation,
    PruneStep,
    Retention,
)
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import RecordGone, RecordNotFound
from iotconfig.testing.builders import content, mac, record
from iotconfig.testing.clocks import START, step
from iotconfig.testing.simultaneous import together
from iotconfig.testing.use_cases import UseCases

NEVER = START - timedelta(days=1)

ALWAYS = START + timedelta(days=1)


def with_revisions(service: ConfigService, number: int, count: int) -> int:
    """Return the id of a config with this many revisions."""
    created = service.create(mac(number), content())
    for n in range(1, count):
        service.update(created.id, content(n=n))
    return created.id


def numbers(history: HistoryService, config_id: int) -> list[int]:
    return [r.revision for r in history.revisions(HistoryQuery(config_id, limit=1000)).revisions]


def prune(history: HistoryService, retention: Retention, *, dry_run: bool = False) -> list[int]:
    """Prune, and return the number of revisions that each step removed."""
    return [step.revisions for step in history.prune(retention, dry_run=dry_run)]


class PruningContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    @pytest.mark.parametrize(
        ("keep", "older_than", "left"),
        [
            (1, ALWAYS, [5]),
            (2, ALWAYS, [5, 4]),
            (5, ALWAYS, [5, 4, 3, 2, 1]),
            (99, ALWAYS, [5, 4, 3, 2, 1]),
            (1, step(2), [5, 4, 3]),
            (4, step(3), [5, 4, 3, 2]),
            (1, NEVER, [5, 4, 3, 2, 1]),
            (1, START, [5, 4, 3, 2, 1]),
        ],
    )
    def test_pruning_by_number_and_by_age(
        self,
        service: ConfigService,
        history: HistoryService,
        keep: int,
        older_than: datetime,
        left: list[int],
    ) -> None:
        """A revision is removed if neither `keep` nor the time keeps it; the newest one is never removed."""
        config_id = with_revisions(service, 1, 5)
        retention = Retention(keep, older_than)
        config = service.get(config_id)

        assert [5 - len(left)] == prune(history, retention, dry_run=True)
        assert [5, 4, 3, 2, 1] == numbers(history, config_id)
        assert [5 - len(left)] == prune(history, retention)
        assert left == numbers(history, config_id)
        assert [0] == prune(history, retention)
        assert config == service.get(config_id)
        assert 6 == service.update(config_id, content(z=1)).revision

    def test_what_was_pruned_is_gone(self, service: ConfigService, history: HistoryService) -> None:
        """Every read of a pruned revision raises `RecordGone`, not `RecordNotFound`, also after further pruning."""
        config_id = with_revisions(service, 1, 5)
        prune(history, Retention(3, ALWAYS))
        for act in (
            lambda: history.revision(config_id, 2),
            lambda: history.compare(config_id, 1),
            lambda: service.edit(config_id, Rollback(2)),
            lambda: service.preview(config_id, Rollback(1)),
        ):
            with pytest.raises(RecordGone, match="up to revision 2 was pruned") as refusal:
                act()
            assert {"pruned_to": 2} == refusal.value.details
        for number in (0, 6):
            with pytest.raises(RecordNotFound):
                history.revision(config_id, number)
        assert 3 == history.revision(config_id, 3).revision

        prune(history, Retention(1, ALWAYS))
        with pytest.raises(RecordGone, match="up to revision 4 was pruned"):
            service.edit(config_id, Rollback(3))
        with pytest.raises(
            RecordGone, match="Revision 5 of config 1 has no earlier revision to compare with"
        ):
            history.compare(config_id)

    def test_a_deleted_config_can_still_be_restored(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """Of a deleted config, the deletion and the content before it are always kept."""
        config_id = with_revisions(service, 1, 4)
        last = service.get(config_id).content
        service.delete(config_id)

        assert [3] == prune(history, Retention(1, ALWAYS), dry_run=True)
        assert [3] == prune(history, Retention(1, ALWAYS))
        assert [5, 4] == numbers(history, config_id)
        assert [config_id] == [config.id for config in history.deleted(DeletedQuery()).configs]
        assert (last, 6) == (service.restore(config_id).content, service.get(config_id).revision)

    def test_deletions_that_were_undone_are_pruned_like_others(
        self, service: ConfigService, history: HistoryService
    ) -> None:
        """A deletion that was undone is an old revision like any other."""
        config_id = with_revisions(service, 1, 2)
        for _ in range(2):
            service.delete(config_id)
            service.restore(config_id)
        service.delete(config_id)

        assert [7, 6, 5, 4, 3, 2, 1] == numbers(history, config_id)
        assert [5] == prune(history, Retention(1, ALWAYS))
        assert [7, 6] == numbers(history, config_id)

    @pytest.mark.parametrize("keep", [1, 2, 3])
    def test_a_swap_counts_as_any_revision(
        self, service: ConfigService, history: HistoryService, keep: int
    ) -> None:
        """The history belongs to the config and spans both boards; each config is pruned by itself."""
        config_id = with_revisions(service, 1, 2)
        service.replace_device(config_id, mac(2))
        service.update(config_id, content(z=1))
        other = with_revisions(service, 1, 3)

        assert [4 - keep + 3 - keep] == prune(history, Retention(keep, ALWAYS))
        assert [4, 3, 2, 1][:keep] == numbers(history, config_id)
        assert [6, 5, 4][:keep] == numbers(history, other)

    def test_steps_go_through_all_configs(self, store: Store, service: ConfigService) -> None:
        """Each step handles a number of configs and returns where to continue; every config is handled once."""
        ids = [with_revisions(service, number, 3) for number in range(5)]
        retention = Retention(1, ALWAYS)
        steps, after = [], 0
        while True:
            with store.reading() as view:
                would = view.history.prunable(retention, after, 2)
            with store.writing() as work:
                steps.append(work.history.prune(retention, after, 2))
            assert would == steps[-1]
            if steps[-1].next_config is None:
                break
            after = steps[-1].next_config

        assert [PruneStep(4, ids[1]), PruneStep(4, ids[3]), PruneStep(2, None)] == steps

    def test_an_empty_store_has_nothing_to_prune(self, history: HistoryService) -> None:
        """In an empty store, pruning is one step that removes nothing."""
        assert [0] == prune(history, Retention(1, ALWAYS))
        assert [0] == prune(history, Retention(1, ALWAYS), dry_run=True)

    def test_more_configs_than_one_transaction_takes(self, store: Store, history: HistoryService) -> None:
        """A large store is pruned in several short transactions."""
        with store.writing() as work:
            for number in range(101):
                config = record(work, changes.created(work.counters.lock(mac(number)), content(), START))
                counter = work.counters.lock(mac(number))
                record(work, changes.edited(counter, config, content(n=1), Operation.UPDATE, START))

        assert [100, 1] == prune(history, Retention(1, ALWAYS), dry_run=True)
        assert [100, 1] == prune(history, Retention(1, ALWAYS))
        assert [0, 0] == prune(history, Retention(1, ALWAYS))

    def test_pruning_while_writers_write(self, service: ConfigService, history: HistoryService) -> None:
        """Writers continue during pruning; afterwards every current revision exists and can be rolled back to."""
        ids = [with_revisions(service, number, 2) for number in range(3)]

        def act(number: int) -> None:
            for n in range(8):
                if number == 3:
                    prune(history, Retention(1, ALWAYS))
                else:
                    service.update(ids[number], content(w=number, n=n))

        together(4, act)
        for config_id in ids:
            config = service.get(config_id)
            assert 10 == config.revision == numbers(history, config_id)[0]
            assert config.content == history.revision(config_id, 10).content
