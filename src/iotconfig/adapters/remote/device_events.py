"""What happens to devices, from the event stream of a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from attrs import define, field

from iotconfig.adapters.codec.device_answers import Device
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.devices.device_events import NOTHING, DeviceEvents, joined
from iotconfig.domain.errors import InvalidMacAddress, StoreUnavailable, TooManyRequests

from .answers import RemoteUseCases
from .connection import Request
from .server_sent_events import EventTooLong, ServerSentEvent, server_sent_events

_EVENTS: Final = "text/event-stream"
_SILENCE: Final = 45.0
"""Seconds without a line after which the connection counts as dead: a service sends one every 20 s."""
_RETRY_FIRST: Final = 1.0
_RETRY_LONGEST: Final = 10.0


class RemoteDeviceEvents(RemoteUseCases):
    """`DeviceEventSource` of a service."""

    @contextmanager
    def follow(self) -> Iterator[_Reading]:
        reading = _Reading(self)
        # A thread, because its reading cannot be interrupted without losing the connection.
        Thread(target=reading.run, name="event-stream", daemon=True).start()
        try:
            yield reading
        finally:
            reading.end()


@define
class _Reading:
    """`Following` of a service. A thread of its own reads the stream, and opens it again."""

    _use_cases: RemoteUseCases
    _found: SimpleQueue[DeviceEvents | Exception] = field(init=False, factory=SimpleQueue)
    _is_over: Event = field(init=False, factory=Event)
    _retry: float = field(init=False, default=_RETRY_FIRST)

    def wait(self, seconds: float) -> DeviceEvents:
        try:
            found = [self._found.get(timeout=seconds)]
        except Empty:
            return NOTHING
        with suppress(Empty):
            while True:
                found.append(self._found.get_nowait())
        for each in found:
            if isinstance(each, Exception):
                raise each
        return joined([each for each in found if isinstance(each, DeviceEvents)])

    def end(self) -> None:
        """Let the thread end after the next line; it does not keep the process."""
        self._is_over.set()

    def run(self) -> None:
        """Read until `end`, or until an error that no repetition solves."""
        failures = 0
        while not self._is_over.is_set():
            try:
                self._read()
                failures = 0
            except (StoreUnavailable, TooManyRequests) as error:
                failures += 1
                self._found.put(DeviceEvents(problem=error))
            except Exception as error:  # noqa: BLE001 - `wait` raises it
                self._found.put(error)
                return
            # The service names a time that differs from client to client.
            self._is_over.wait(min(self._retry * 2 ** min(failures, 4), _RETRY_LONGEST))

    def _read(self) -> None:
        """Read one stream to its end."""
        request = Request(
            "GET",
            "/api/events",
            headers={"Accept": _EVENTS},
            accepts=_EVENTS,
            seconds=_SILENCE,
            # A byte gives back the whole wait.
            bytes_a_second=1 / _SILENCE,
        )
        with self._use_cases.service.stream(request) as blocks:
            try:
                for event in server_sent_events(blocks):
                    if self._is_over.is_set():
                        return
                    if event.retry is not None:
                        self._retry = event.retry
                    if found := self._happened(event):
                        self._found.put(found)
            except EventTooLong:
                raise self._use_cases.malformed() from None

    def _happened(self, event: ServerSentEvent) -> DeviceEvents:
        if event.name in {"hello", "reset"}:
            return DeviceEvents(is_lost=True)
        if event.name == "device":
            return DeviceEvents((self._use_cases.read(event.data, Device).status(),))
        if event.name == "change":
            change = self._use_cases.read(event.data, LoggedChange)
            try:
                return DeviceEvents.of_changes([change])
            except InvalidMacAddress:
                raise self._use_cases.malformed() from None
        # Of a newer service.
        return NOTHING
