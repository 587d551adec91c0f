"""Evidence about devices in a dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from threading import Lock

from attrs import field, frozen

from iotconfig.domain.configs.labels import NO_LABELS
from iotconfig.domain.configs.query import ConfigQuery
from iotconfig.domain.devices.evidence import Evidence, Kind, is_worth_writing, newer, newest_of_each
from iotconfig.domain.devices.news import DeviceNews
from iotconfig.domain.devices.observed import ObservedDevice
from iotconfig.domain.devices.past import KEPT, PastPage, PastQuery, StateChange
from iotconfig.domain.devices.ports import ObservedPage
from iotconfig.domain.devices.reports import firmware_of
from iotconfig.domain.devices.silence import NO_INTERVALS, ExpectedIntervals
from iotconfig.domain.devices.state import State as DeviceState
from iotconfig.domain.devices.state import Wanted
from iotconfig.domain.devices.status import DeviceCounts, DeviceQuery, FormerDevice, FormerPage
from iotconfig.domain.devices.why import last_seen
from iotconfig.domain.mac import MacAddress

from .configs import MemoryConfigReader
from .state import Committed, State


@frozen
class MemoryEvidenceStore:
    """`EvidenceStore` in memory, beside the documents of a store."""

    _committed: Committed
    _intervals: ExpectedIntervals = NO_INTERVALS
    _stored: dict[MacAddress, dict[Kind, Evidence]] = field(init=False, factory=dict, repr=False)
    _past: dict[MacAddress, list[StateChange]] = field(init=False, factory=dict, repr=False)
    _changed: list[MacAddress] = field(init=False, factory=list, repr=False)
    """The devices whose state evidence has changed, in that order."""
    _writer: Lock = field(init=False, factory=Lock, repr=False)

    def write(self, batch: Sequence[Evidence]) -> None:
        self._committed.check()
        with self._writer:
            for mac_address, of_device in newest_of_each(batch).items():
                stored = self._stored.get(mac_address, {})
                written = {
                    kind: newer(new, stored[kind]) if kind in stored else new
                    for kind, new in of_device.items()
                    if is_worth_writing(new, stored, is_alone=len(of_device) == 1)
                }
                self._stored[mac_address] = {**stored, **written}
                if written:
                    self._add_change(mac_address, max(written.values(), key=lambda each: each.order))

    def find(self, mac_address: MacAddress) -> ObservedDevice | None:
        state = self._committed.state
        return self._observed(state, mac_address) if mac_address in state.documents else None

    def find_all(self, mac_addresses: Collection[MacAddress]) -> Sequence[ObservedDevice]:
        state = self._committed.state
        return [self._observed(state, mac) for mac in mac_addresses if mac in state.documents]

    def page(self, query: DeviceQuery, now: datetime) -> ObservedPage:
        matching = (
            device
            for device in self._matching(query)
            if (query.after is None or device.mac_address > query.after) and device.is_listed(query, now)
        )
        found = list(islice(matching, query.limit + 1))
        devices = found[: query.limit]
        return ObservedPage(devices, devices[-1].mac_address if len(found) > query.limit else None)

    def counts(self, query: DeviceQuery, now: datetime) -> DeviceCounts:
        found = [
            device
            for device in self._matching(query)
            if query.firmware is None or device.firmware == query.firmware
        ]
        states = Counter(device.state for device in found)
        overdue = sum(device.is_overdue(now) for device in found)
        return DeviceCounts({state: states[state] for state in DeviceState}, overdue)

    def former(self, after: MacAddress | None, limit: int) -> FormerPage:
        state = self._committed.state
        found = [
            mac_address
            for mac_address, counter in sorted(state.counters.items())
            if mac_address not in state.documents
            and counter.last_document_number
            and (after is None or mac_address > after)
        ]
        devices = tuple(
            FormerDevice(mac, state.successors.get(mac), last_seen(newest), firmware_of(newest))
            for mac in found[:limit]
            for newest in (self._stored.get(mac, {}),)
        )
        return FormerPage(devices, devices[-1].mac_address if len(found) > limit else None)

    def past(self, query: PastQuery) -> PastPage:
        self._committed.check()
        found = [
            change
            for change in reversed(self._past.get(query.mac_address, ()))
            if query.before is None or change.number < query.before
        ]
        changes = tuple(found[: query.limit])
        return PastPage(changes, changes[-1].number if len(found) > query.limit else None)

    def news(self, after: int | None, limit: int) -> DeviceNews[ObservedDevice]:
        self._committed.check()
        mark = len(self._changed)
        changed = [] if after is None else sorted(set(self._changed[after:mark]))
        if len(changed) > limit:
            return DeviceNews(mark, are_too_many=True)
        return DeviceNews(mark, self.find_all(changed))

    def prunable(self, older_than: datetime) -> int:
        self._committed.check()
        return sum(change.at < older_than for changes in self._past.values() for change in changes)

    def prune(self, older_than: datetime, limit: int) -> int:
        self._committed.check()
        with self._writer:
            removed = 0
            for mac_address, changes in self._past.items():
                old = [change for change in changes if change.at < older_than][: limit - removed]
                self._past[mac_address] = [change for change in changes if change not in old]
                removed += len(old)
        return removed

    def _add_change(self, mac_address: MacAddress, evidence: Evidence) -> None:
        """Add a change of the state, if evidence has changed it."""
        device = self.find(mac_address)
        past = self._past.setdefault(mac_address, [])
        before = past[-1].state if past else DeviceState.NEVER
        if device is not None and device.state is not before:
            number = past[-1].number + 1 if past else 1
            past.append(
                StateChange(number, evidence.received_at, device.state, device.wanted.number, evidence)
            )
            del past[:-KEPT]
            self._changed.append(mac_address)

    def _matching(self, query: DeviceQuery) -> Iterator[ObservedDevice]:
        """The devices with the text and the tags of `query`, sorted."""
        state = self._committed.state
        configs = MemoryConfigReader(state).matching(
            ConfigQuery(query.text, tags=query.tags, model=query.model)
        )
        return (self._observed(state, config.mac_address) for config in configs)

    def _observed(self, state: State, mac_address: MacAddress) -> ObservedDevice:
        document, config_id = state.documents[mac_address], state.ids[mac_address]
        name = MemoryConfigReader(state).labelled(state.configs[config_id]).device_name
        labels = state.labels.get(config_id, NO_LABELS)
        wanted = Wanted(document.number, document.etag)
        newest = self._stored.get(mac_address, {})
        expected = self._intervals.of(labels.tags)
        return ObservedDevice(mac_address, name, wanted, newest, labels, expected)
