"""The contract of concurrent writers: they wait for each other, and no change is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event

import pytest

from iotconfig.domain.configs import changes
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.precondition import Precondition
from iotconfig.domain.configs.revisions import Operation
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import IotConfigError, PreconditionFailed, RecordExists
from iotconfig.testing.builders import add, content, mac, record
from iotconfig.testing.clocks import START
from iotconfig.testing.use_cases import UseCases

WRITERS = 8

ROUNDS = 10


def at_once(act: Callable[[int], Config]) -> list[Config | type[Exception]]:
    """Return the results of eight threads that start together."""
    start = Barrier(WRITERS)

    def run(number: int) -> Config | type[Exception]:
        start.wait(30)
        try:
            return act(number)
        except IotConfigError as error:
            return type(error)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


class Oops(Exception):
    """Raised inside a unit of work."""


class ConcurrencyContract(UseCases):
    """Needs the fixture `store`: an empty store."""

    def test_no_update_is_lost(self, store: Store, service: ConfigService) -> None:
        """Eight writers of one config, ten updates each: every update gets its own revision."""
        created = service.create(mac(1), content())

        def write(number: int) -> list[int]:
            return [service.update(created.id, content(w=number, n=n)).revision for n in range(ROUNDS)]

        with ThreadPoolExecutor(WRITERS) as pool:
            revisions = sorted(revision for done in pool.map(write, range(WRITERS)) for revision in done)

        assert list(range(2, WRITERS * ROUNDS + 2)) == revisions
        assert WRITERS * ROUNDS + 1 == service.get(created.id).revision

    def test_no_count_is_lost(self, store: Store) -> None:
        """A counter that is read under its lock counts every change."""
        added = add(store, 1)

        def change(writer: int) -> None:
            for number in range(ROUNDS):
                with store.writing() as work:
                    counter = work.counters.lock(mac(1))
                    document = content(w=writer, n=number)
                    record(work, changes.edited(counter, added, document, Operation.UPDATE, START))

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(change, range(WRITERS)))
        with store.writing() as work:
            assert WRITERS * ROUNDS + 1 == work.counters.lock(mac(1)).last_revision

    def test_one_creator_wins(self, service: ConfigService) -> None:
        """Of eight concurrent creations for one new device, one succeeds, and the others raise `RecordExists`."""
        results = at_once(lambda number: service.create(mac(1), content(w=number)))
        winners = [result for result in results if isinstance(result, Config)]

        assert [RecordExists] * (WRITERS - 1) == [
            result for result in results if not isinstance(result, Config)
        ]
        assert [service.get_by_mac(mac(1))] == winners
        assert 1 == winners[0].revision

    def test_one_of_equal_preconditions_wins(self, service: ConfigService) -> None:
        """Of eight concurrent updates of the same revision, one succeeds, and the others raise `PreconditionFailed`."""
        created = service.create(mac(1), content())
        replaces_the_first = Precondition(one_of=frozenset({1}))
        results = at_once(lambda number: service.update(created.id, content(w=number), replaces_the_first))
        winners = [result for result in results if isinstance(result, Config)]

        assert [PreconditionFailed] * (WRITERS - 1) == [r for r in results if not isinstance(r, Config)]
        assert [service.get(created.id)] == winners
        assert 2 == winners[0].revision

    def test_put_counts_its_creation_and_every_update(self, service: ConfigService) -> None:
        """Of eight concurrent puts for one device, one creates the config, and no change is lost."""
        with ThreadPoolExecutor(WRITERS) as pool:
            results = list(pool.map(lambda number: service.put(mac(1), content(w=number)), range(WRITERS)))

        assert list(range(1, WRITERS + 1)) == sorted(config.revision for config, _ in results)
        assert [1] == [config.revision for config, created in results if created]

    @pytest.mark.parametrize(
        ("ending", "expected"), [pytest.param(None, 2, id="commit"), pytest.param(Oops, 1, id="rollback")]
    )
    def test_a_second_writer_of_a_device_waits_for_the_first(
        self, store: Store, ending: type[Oops] | None, expected: int
    ) -> None:
        """A writer that locks a locked counter waits until the first writer ends, and reads the value that it stored."""
        added = add(store, 1)
        asked = Event()

        def second() -> int:
            asked.set()
            with store.writing() as work:
                return work.counters.lock(mac(1)).last_revision

        with ThreadPoolExecutor(1) as pool:
            with suppress(Oops), store.writing() as work:
                counter = work.counters.lock(mac(1))
                record(work, changes.edited(counter, added, content(n=1), Operation.UPDATE, START))
                waiting = pool.submit(second)
                assert asked.wait(30)
                assert not waiting.done()
                if ending is not None:
                    raise ending

            assert expected == waiting.result(30)
