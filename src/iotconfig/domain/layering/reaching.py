"""The devices that an edit of layers concerns: those that a changed layer reaches, or reached before."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from attrs import evolve

from iotconfig.domain.configs.labels import TagFilter
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.configs.store import View
from iotconfig.domain.layers.layer_stack import LayerStack
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.paging import MAX_PAGE


def changed_reaches(before: LayerStack, after: LayerStack) -> frozenset[Reach]:
    """Return the reaches, before and after an edit, of the layers that it changes, adds or removes."""
    old, new = ({layer.name: layer.definition for layer in stack.layers} for stack in (before, after))
    return frozenset(
        definition.reach
        for name in old.keys() | new.keys()
        if old.get(name) != new.get(name)
        for definition in (old.get(name), new.get(name))
        if definition is not None
    )


def concerned_devices(
    view: View, before: LayerStack, after: LayerStack, most: int = sys.maxsize
) -> list[MacAddress]:
    """Return the devices that an edit of layers concerns, sorted by MAC address.

    most: the number of devices after which the search ends
    """
    found: set[MacAddress] = set()
    for reach in changed_reaches(before, after):
        for mac_address in reached_devices(view, reach):
            found.add(mac_address)
            if len(found) >= most:
                return sorted(found)
    return sorted(found)


def reached_devices(view: View, reach: Reach) -> Iterator[MacAddress]:
    """Yield the devices with a config that a reach takes."""
    tags = TagFilter(reach.tags, reach.not_tags)
    query = ConfigQuery(tags=tags, model=reach.model, limit=MAX_PAGE, count=False)
    while True:
        page = view.configs.find(query)
        yield from (summary.mac_address for summary in page)
        if page.next is None:
            return
        query = evolve(query, after=page.next)
