"""A client of server-sent events."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen


@frozen
class Block:
    """One event, or the time after which a client connects again, or a comment."""

    name: str
    """`retry` and `comment` for these two."""
    data: Any
    id: str | None = None


class EventStream:
    """An open stream: a context manager that ends the connection."""

    def __init__(self, url: str, query: str = "", **headers: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("GET", f"/api/events{query}", headers=given)
        self.answer = self._connection.getresponse()

    def __enter__(self) -> Self:
        assert 200 == self.answer.status, self.answer.read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._connection.close()
        self.answer.close()

    def next(self) -> Block | None:
        """The next block; None at the end of the stream. Raises `TimeoutError`."""
        fields: dict[str, str] = {}
        while line := self.answer.readline():
            if line == b"\n":
                break
            name, _, value = line.decode().removesuffix("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        if not fields:
            return None
        if "" in fields:
            return Block("comment", None)
        if "retry" in fields:
            return Block("retry", int(fields["retry"]))
        return Block(fields["event"], json.loads(fields["data"]), fields.get("id"))

    def event(self) -> Block | None:
        """The next event, apart from snapshots of devices; None at the end of the stream."""
        while (found := self.next()) is not None and found.name in {"retry", "comment", "device"}:
            pass
        return found

    def device(self) -> Any:
        """The data of the next snapshot of a device."""
        while (found := self.next()) is None or found.name != "device":
            assert found is not None, "the stream ended"
        return found.data

    def hello(self) -> dict[str, int]:
        """The data of the first event."""
        found = self.event()
        assert found is not None
        assert ("hello", None) == (found.name, found.id)
        data: dict[str, int] = found.data
        return data

    def positions(self, count: int) -> list[int]:
        """The positions of the next events, which are changes."""
        found = []
        for _ in range(count):
            event = self.event()
            assert event is not None
            assert ("change", str(event.data["position"])) == (event.name, event.id)
            found.append(event.data["position"])
        return found

    def rest(self) -> list[str]:
        """The names of the blocks up to the end of the stream, apart from snapshots of devices."""
        found = []
        while (event := self.next()) is not None:
            found.append(event.name)
        return [name for name in found if name != "device"]
