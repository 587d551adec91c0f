"""The contract of searches in the change log, and of pages of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from iotconfig.domain.configs.change_filter import ChangeFilter
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.change_log_service import ChangeLogService
from iotconfig.domain.configs.change_query import ChangeQuery, LogBounds
from iotconfig.domain.configs.labels import LabelEdit
from iotconfig.domain.configs.revisions import ChangeNote, Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.configs.tagging import TagService
from iotconfig.domain.errors import RecordGone
from iotconfig.testing.builders import add, content, mac
from iotconfig.testing.clocks import START, SteppingClock, step
from iotconfig.testing.use_cases import UseCases

ALWAYS = START + timedelta(days=365)
DAY = timedelta(days=1)


def positions(found: Sequence[LoggedChange]) -> list[int]:
    """Their positions, in the order in which they were found."""
    return [change.position for change in found]


class ChangeSearchContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    @pytest.fixture
    def log(self, store: Store, service: ConfigService) -> Store:
        """A store with seven changes: of three devices, by two authors, of four kinds, and of tags."""
        tags, anna, ben = TagService(store, service.clock), ChangeNote("anna"), ChangeNote("ben", "why")
        ids = [service.create(mac(number), content(n=number), note=anna).id for number in range(2)]
        tags.edit(mac(0), LabelEdit(add=["attic", "old"]), ben)
        tags.edit(mac(1), LabelEdit(add=["attic"]), anna)
        service.update(ids[0], content(n=9), note=ben)
        third = service.create(mac(2), content(), note=anna)
        service.delete(third.id, note=ben)
        return store

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, [1, 2, 3, 4, 5, 6, 7]),
            ({"device": mac(0)}, [1, 3, 5]),
            ({"device": "02-00-00-00-00-FF"}, []),
            ({"author": "ben"}, [3, 5, 7]),
            ({"author": "Ben"}, []),
            ({"operation": Operation.CREATE}, [1, 2, 6]),
            ({"operation": Operation.UPDATE}, [5]),
            ({"operation": Operation.TAG}, [3, 4]),
            ({"operation": Operation.NOTE}, []),
            ({"tags": ["attic"]}, [1, 2, 3, 4, 5]),
            ({"tags": ["attic", "!old"]}, [2, 4]),
            ({"tags": ["!attic"]}, []),
            ({"tags": ["attic"], "author": "ben", "operation": Operation.TAG}, [3]),
            ({"since": step(2)}, [3, 4, 5, 6, 7]),
            ({"until": step(2)}, [1, 2]),
            ({"since": step(2), "until": step(3)}, [3]),
        ],
    )
    def test_a_filter_takes_what_matches(self, log: Store, wanted: Any, found: list[int]) -> None:
        """All parts must match; tags are those that the device has now, and a deleted one has none."""
        given, everywhere = ChangeFilter(**wanted), range(1, 100)

        assert found == positions(log.matching_changes(given, everywhere, 99, newest_first=False))
        assert found[::-1] == positions(log.matching_changes(given, everywhere, 99, newest_first=True))
        assert found[:2] == positions(log.matching_changes(given, everywhere, 2, newest_first=False))
        assert found[:-3:-1] == positions(log.matching_changes(given, everywhere, 2, newest_first=True))

    def test_a_filter_takes_one_write(self, log: Store) -> None:
        """The changes that were stored together share the id; another id has none."""
        first = log.changes_since(0, 1)[0]
        for wanted, found in ((first.change, [1]), ("0" * 16, [])):
            given = ChangeFilter(change=wanted)
            assert found == positions(log.matching_changes(given, range(1, 100), 99, newest_first=False))
        assert [] == log.matching_changes(
            ChangeFilter(change=first.change, author="ben"), range(1, 100), 99, newest_first=False
        )

    @pytest.mark.parametrize(
        ("where", "limit", "found"),
        [
            (range(2, 5), 9, [2, 3, 4]),
            (range(6, 99), 9, [6, 7]),
            (range(3, 3), 9, []),
            (range(1, 9), 0, []),
            (range(1, 9), -1, []),
        ],
    )
    def test_a_search_stays_in_its_positions(
        self, log: Store, where: range, limit: int, found: list[int]
    ) -> None:
        """Nothing else is looked at; a limit below 1 finds nothing."""
        assert found == positions(log.matching_changes(ChangeFilter(), where, limit, newest_first=False))
        assert found[::-1] == positions(log.matching_changes(ChangeFilter(), where, limit, newest_first=True))

    def test_the_newest_position(self, store: Store) -> None:
        """0 in an empty log; it stays when older changes are pruned."""
        assert 0 == store.newest_position()
        for number in range(3):
            add(store, number)
        assert 3 == store.newest_position()
        store.prune_changes(ALWAYS, 9)
        assert (3, 3) == (store.oldest_position(), store.newest_position())

    @pytest.mark.parametrize("wanted", [{}, {"author": "ben"}, {"tags": ["attic"]}, {"since": step(2)}])
    def test_pages_have_every_change_once(self, log: Store, wanted: Any) -> None:
        """In either order, and where each page looks at few positions only."""
        services = (ChangeLogService(log), ChangeLogService(log, 2, 1, 1))
        for oldest_first, limit, service in product((True, False), (1, 2, 7, 1000), services):
            query = ChangeQuery(**wanted, limit=limit, oldest_first=oldest_first)
            found: list[int] = []
            while True:
                page = service.find(query)
                assert LogBounds(7, 1) == page.bounds
                assert len(page.changes) <= limit
                found += positions(page.changes)
                if page.next is None:
                    break
                query = ChangeQuery(**wanted, limit=limit, oldest_first=oldest_first, after=page.next)
            expected = log.matching_changes(
                ChangeFilter(**wanted), range(1, 9), 99, newest_first=not oldest_first
            )
            assert positions(expected) == found == positions([*service.all(query_of(wanted, oldest_first))])

    def test_times_out_of_order(self, store: Store, service: ConfigService, clock: SteppingClock) -> None:
        """After a clock was set back, a filter by time finds the changes on both sides."""
        for number, day in enumerate([0, 5, 1, 2, 6, 3, 7]):
            clock.go_to(START + day * DAY)
            service.create(mac(number), content())
        found = ChangeLogService(store).find(ChangeQuery(since=START + 2 * DAY, until=START + 6 * DAY))

        assert [6, 4, 2] == positions(found.changes)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"after": 7, "oldest_first": True}, []),
            ({"after": 4, "oldest_first": True}, [5, 6, 7]),
            ({"oldest_first": True}, [5, 6, 7]),
            ({"after": 8}, [7, 6, 5]),
            ({"after": 5}, []),
            ({"after": 2}, []),
            ({}, [7, 6, 5]),
        ],
    )
    def test_a_reader_goes_on_after_pruning(self, log: Store, query: Any, found: list[int]) -> None:
        """One that has every change up to the oldest one that is left; lists that begin with the newest end there."""
        log.prune_changes(ALWAYS, 4)
        page = ChangeLogService(log).find(ChangeQuery(**query))

        assert found == positions(page.changes)
        assert (None, LogBounds(7, 5)) == (page.next, page.bounds)

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            (
                {"after": 3, "oldest_first": True},
                "begins at position 5: changes after position 3 were pruned",
            ),
            ({"after": 0, "oldest_first": True}, "begins at position 5"),
            ({"after": 8, "oldest_first": True}, "ends at position 7, before position 8: an older backup"),
            ({"after": 9}, "ends at position 7, before position 9"),
            ({"after": 2**63 - 1}, "ends at position 7"),
        ],
    )
    def test_a_reader_that_cannot_go_on_is_told(self, log: Store, query: Any, words: str) -> None:
        """It missed changes that were pruned, or has read changes that a backup does not have."""
        log.prune_changes(ALWAYS, 4)

        with pytest.raises(RecordGone, match=words) as refused:
            ChangeLogService(log).find(ChangeQuery(**query))
        assert {"position": 7, "oldest": 5} == refused.value.details

    def test_an_empty_log(self, store: Store) -> None:
        """It has no page but the first; a position of another log is refused."""
        for oldest_first in (True, False):
            page = ChangeLogService(store).find(ChangeQuery(oldest_first=oldest_first))
            assert ((), None, LogBounds(0, 0)) == (page.changes, page.next, page.bounds)
        assert () == ChangeLogService(store).find(ChangeQuery(after=0, oldest_first=True)).changes
        with pytest.raises(RecordGone, match="ends at position 0, before position 1"):
            ChangeLogService(store).find(ChangeQuery(after=1, oldest_first=True))


def query_of(wanted: Any, oldest_first: bool) -> ChangeQuery:
    """A query of all pages."""
    return ChangeQuery(**wanted, oldest_first=oldest_first)
