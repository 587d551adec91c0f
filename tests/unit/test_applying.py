"""Applying plans: what one step refuses keeps the later ones from beginning, and a fleet that moved is not changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import define, evolve

from iotconfig.domain.configs.bulk import BulkRefusal
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.change_query import ChangeQuery
from iotconfig.domain.configs.change_use_cases import ChangeUseCases
from iotconfig.domain.configs.config_use_cases import ConfigUseCases
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.errors import PlaceTaken, PreconditionFailed, StoreUnavailable
from iotconfig.domain.layering.use_cases import LayerUseCases
from iotconfig.domain.layers.layer import LayerDefinition
from iotconfig.domain.layers.reach import EVERYTHING
from iotconfig.domain.planning.applying import Application, UnexpectedRemovals
from iotconfig.domain.planning.fleet import FleetMoved, read_fleet
from iotconfig.domain.planning.managed import EVERY_NAME, Managed
from iotconfig.domain.planning.plan import Plan, plan_of
from iotconfig.domain.planning.tree import Tree
from iotconfig.entrypoints.wiring.services import Services, services_in_memory
from iotconfig.testing.builders import content, mac

TREE = Tree(
    {mac(1): content('{"a":1}')},
    {mac(1): Labels(["hall"])},
    Managed(layers=EVERY_NAME, devices=EVERY_NAME),
    {"base": LayerDefinition(content('{"b":1}'), EVERYTHING)},
)


@pytest.fixture
def services() -> Iterator[Services]:
    """A fleet in memory, with one device that the tree does not have."""
    made = services_in_memory()
    made.configs.create(mac(2), content())
    yield made
    made.persistence.close()


def planned(services: Services, *, prunes: bool = False) -> Plan:
    return plan_of(TREE, read_fleet(services), prunes=prunes)


def unexpected(refusal: BulkRefusal) -> None:
    pytest.fail(f"{refusal.place}: {refusal.error}")


@define
class Meddling:
    """The use cases of a fleet; what somebody else does goes between two steps."""

    configs: ConfigUseCases
    bulk: BulkUseCases
    tags: TagUseCases
    changes: ChangeUseCases
    layers: LayerUseCases

    @classmethod
    def of(cls, services: Services, **parts: object) -> Meddling:
        made = cls(
            services.configs,
            services.bulk,
            services.tags,
            services.changes,
            services.layers,
        )
        for name, part in parts.items():
            setattr(made, name, part)
        return made


def test_all_steps(services: Services) -> None:
    """Each stored change is named; what the tree does not have is gone."""
    application = Application(services, TREE, planned(services, prunes=True))

    assert application.run(unexpected, expect_removed=1)

    assert 4 == len(application.changes)
    assert () == planned(services, prunes=True).differences
    logged = [each.change for each in services.changes.find(ChangeQuery(limit=4))]
    assert logged == application.changes[::-1]


@pytest.mark.parametrize("expected", [0, 2])
def test_another_number_of_removals_is_refused(services: Services, expected: int) -> None:
    """Nothing is stored."""
    before = read_fleet(services)
    application = Application(services, TREE, planned(services, prunes=True))

    with pytest.raises(UnexpectedRemovals, match=f"removes 1 object, not {expected} as expected"):
        application.run(unexpected, expect_removed=expected)

    assert before == read_fleet(services)


def test_a_fleet_that_moved_is_not_changed(services: Services) -> None:
    """By whatever change."""
    application = Application(services, TREE, planned(services))
    services.configs.create(mac(9), content())
    before = read_fleet(services)

    with pytest.raises(FleetMoved, match="has changed since the plan was made"):
        application.run(unexpected)

    assert before == read_fleet(services)


def test_a_layer_that_is_refused_ends_the_application(services: Services) -> None:
    """The refusal names it; devices and labels are not touched."""

    class Taken:
        def all(self) -> list[object]:
            return []

        def write(self, *_arguments: object) -> None:
            raise PlaceTaken("The place is taken.")

    refused: list[BulkRefusal] = []
    application = Application(Meddling.of(services, layers=Taken()), TREE, planned(services))

    assert not application.run(refused.append)

    assert ["layers/base"] == [each.place for each in refused]
    assert [] == application.changes
    assert {mac(2)} == set(read_fleet(services).devices)


def test_a_store_that_is_away_is_no_refusal(services: Services) -> None:
    """Its error is the caller's: the outcome is unknown."""

    class Away:
        def all(self) -> list[object]:
            return []

        def write(self, *_arguments: object) -> None:
            raise StoreUnavailable("The database does not answer.")

    application = Application(Meddling.of(services, layers=Away()), TREE, planned(services))

    with pytest.raises(StoreUnavailable):
        application.run(unexpected)


def test_a_device_that_changes_meanwhile_is_not_removed(services: Services) -> None:
    """Its new document would be lost."""
    stored = services.configs.get_by_mac(mac(2))

    class Edited:
        """Labels are written while somebody edits the device."""

        def load(self, *arguments: object) -> object:
            services.configs.put(mac(2), content('{"by":"hand"}'))
            return services.tags.load(*arguments)  # type: ignore[arg-type]  # Passed on as they are.

    plan = planned(services, prunes=True)

    refused: list[BulkRefusal] = []
    assert not Application(Meddling.of(services, tags=Edited()), TREE, plan).run(refused.append)
    assert [(f"devices/{mac(2)}", True)] == [
        (each.place, isinstance(each.error, PreconditionFailed)) for each in refused
    ]

    assert content('{"by":"hand"}') == services.configs.get(stored.id).content


def test_a_fleet_that_never_stands_still_is_not_read(services: Services) -> None:
    """The parts of it would be of different moments."""

    class Moving:
        def find(self, query: ChangeQuery) -> object:
            page = services.changes.find(query)
            services.configs.put(mac(2), content(f'{{"n":{page.bounds.position}}}'))
            return page

    with pytest.raises(FleetMoved, match="changed while it was read, 3 times"):
        read_fleet(Meddling.of(services, changes=Moving()))


def test_a_fleet_that_moved_once_is_read_again(services: Services) -> None:
    """As of its new position."""
    moved: list[object] = []

    class Moving:
        def find(self, query: ChangeQuery) -> object:
            page = services.changes.find(query)
            if not moved:
                moved.append(services.configs.put(mac(2), content('{"n":1}')))
            return page

    found = read_fleet(Meddling.of(services, changes=Moving()))

    assert evolve(found, position=2) == found
    assert {mac(2): '{"n":1}'} == found.devices
