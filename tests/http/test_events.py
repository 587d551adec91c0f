"""`GET /api/events` under plain WSGI threads: what a stream begins with, resumes, refuses, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from threading import Event
from threading import enumerate as all_threads
from typing import Any

import pytest
from attrs import field, frozen
from prometheus_client import CollectorRegistry

from iotconfig.adapters.http.access_control import AccessControl
from iotconfig.adapters.http.events.feed import Feed
from iotconfig.adapters.http.events.stream import Timing
from iotconfig.adapters.http.events.streams import EventStreams
from iotconfig.adapters.memory import MemoryApiTokenStore, MemoryStore
from iotconfig.adapters.metrics import EventStreamMetrics
from iotconfig.adapters.throttle import MemoryThrottle
from iotconfig.domain.access.api_tokens import ApiToken, ApiTokenService
from iotconfig.domain.access.principal import Role
from iotconfig.domain.devices.service import DeviceService
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.entrypoints.wiring.clock import utc_now
from iotconfig.testing.builders import add
from iotconfig.testing.clocks import START
from tests.support.api import created, expect_problem
from tests.support.apps import app_in_memory
from tests.support.browser import Browser
from tests.support.event_stream import Block, EventStream
from tests.support.http import Client
from tests.support.in_process import Service
from tests.support.socket_service import api_on_socket, serving
from tests.support.waiting import wait_until

QUICK = Timing(comment=0.1, rights=0.1, presence=0.05)
COMMENT = Block("comment", None)
ALWAYS = START + timedelta(days=365)


@frozen
class FaultyStore(MemoryStore):
    """A store in memory whose log can be put back, and be away."""

    is_there: Event = field(init=False, factory=Event)
    """Cleared while the database is away."""

    def __attrs_post_init__(self) -> None:
        self.is_there.set()

    def changes_since(self, position: int, limit: int) -> Any:
        if not self.is_there.is_set():
            raise StoreUnavailable("The database is away.")
        return super().changes_since(position, limit)

    def newest_position(self) -> int:
        if not self.is_there.is_set():
            raise StoreUnavailable("The database is away.")
        return super().newest_position()

    def put_back(self, position: int) -> None:
        """Forget the changes above a position, as an older backup does."""
        with self._committed.transaction() as state:
            del state.log[position:]


@frozen
class Streaming:
    """The API in memory, with streams, on a socket."""

    store: FaultyStore
    streams: EventStreams
    url: str

    def open(self, query: str = "", **headers: str) -> EventStream:
        return EventStream(self.url, query, **headers)


@contextmanager
def _streaming(
    timing: Timing = QUICK, most: int = 200, access: AccessControl | None = None
) -> Iterator[Streaming]:
    store = FaultyStore()
    streams = EventStreams(
        Feed.of(store, DeviceService(store.evidence, utc_now).news, store.wakeup), most, timing
    )
    with serving(app_in_memory(store, access=access, event_streams=streams)) as url, ExitStack() as stack:
        stack.callback(streams.feed.signal.end)
        yield Streaming(store, streams, url)


@pytest.fixture
def streaming() -> Iterator[Streaming]:
    with _streaming() as streaming:
        yield streaming


@pytest.fixture
def api(database_url: str) -> Iterator[Client]:
    """The API on each kind of database."""
    with api_on_socket(database_url) as url:
        yield Client(url)


def test_changes_arrive_as_they_are_made(api: Client) -> None:
    """Of configs and of tags, as the list has them; the first event has the bounds of the log, and no id."""
    before = created(api, {})
    with EventStream(api.base_url) as stream, EventStream(api.base_url, "?position=0") as late:
        headers = stream.answer.headers
        assert ("text/event-stream", "no", "no-store", None) == (
            *(headers[name] for name in ("Content-Type", "X-Accel-Buffering", "Cache-Control")),
            headers["Content-Length"],
        )
        first = stream.next()
        assert first is not None
        assert "retry" == first.name
        assert 1000 <= first.data <= 5000
        assert {"position": 1, "oldest": 1} == stream.hello() == late.hello()
        api.send_json("PUT", f"/api/configs/{before['id']}", {"content": {"a": 1}})
        api.request("PUT", f"/api/devices/{before['mac_address']}/tags/a")
        events = [stream.event() for _ in range(2)]
        listed = api.get("/api/changes?order=oldest&cursor=1").json()["changes"]

        assert listed == [event and event.data for event in events]
        assert [("change", "2"), ("change", "3")] == [event and (event.name, event.id) for event in events]
        assert ["config", "tags"] == [each["kind"] for each in listed]
        assert [1, 2, 3] == late.positions(3)


@pytest.mark.parametrize(
    ("query", "headers", "positions"),
    [
        ("", {}, [4]),
        ("?position=1", {}, [2, 3, 4]),
        ("?position=3", {}, [4]),
        ("?position=0", {"Last_Event_ID": "2"}, [3, 4]),
        ("", {"Last_Event_ID": "0"}, [1, 2, 3, 4]),
        ("", {"Last_Event_ID": ""}, [4]),
    ],
)
def test_a_client_goes_on_where_it_was(
    streaming: Streaming, query: str, headers: dict[str, str], positions: list[int]
) -> None:
    """With the position in the URL, or the id of its last event, which is newer."""
    for number in range(3):
        add(streaming.store, number)
    with streaming.open(query, **headers) as stream:
        assert {"position": 3, "oldest": 1} == stream.hello()
        add(streaming.store, 3)
        assert positions == stream.positions(len(positions))


@pytest.mark.parametrize("cursor", [1, 2, 9, 10**17])
def test_a_cursor_that_cannot_be_resumed_is_reset(streaming: Streaming, cursor: int) -> None:
    """One that is older than the log, and one that is newer: an older backup was put back. The stream goes on at the end."""
    for number in range(5):
        add(streaming.store, number)
    streaming.store.prune_changes(ALWAYS, 3)
    with streaming.open(f"?position={cursor}") as stream:
        assert {"position": 5, "oldest": 4} == stream.hello()
        reset = stream.event()
        assert reset is not None
        assert ("reset", {"position": 5, "oldest": 4}, None) == (reset.name, reset.data, reset.id)
        add(streaming.store, 5)
        assert [6] == stream.positions(1)


def test_a_backup_that_is_put_back_under_a_stream_resets_it(streaming: Streaming) -> None:
    """It goes on at the end of the older log."""
    for number in range(3):
        add(streaming.store, number)
    with streaming.open() as stream:
        stream.hello()
        add(streaming.store, 3)
        assert [4] == stream.positions(1)
        streaming.store.put_back(1)
        reset = stream.event()
        assert reset is not None
        assert ("reset", {"position": 1, "oldest": 1}) == (reset.name, reset.data)
        add(streaming.store, 5)
        assert [2] == stream.positions(1)


def test_a_client_far_behind_gets_everything(streaming: Streaming) -> None:
    """More changes than the process keeps in memory, while further ones are made."""
    for number in range(1500):
        add(streaming.store, number)
    with streaming.open() as other, streaming.open("?position=0") as stream:
        other.hello()
        stream.hello()
        for number in range(1500, 1600):
            add(streaming.store, number)
        assert list(range(1, 1601)) == stream.positions(1600)
        assert list(range(1501, 1601)) == other.positions(100)


def test_devices_are_shown_when_their_state_changes(api: Client) -> None:
    """As the list has them, and without an id. What changes no state is not shown, and a change is shown once."""
    config = created(api, {"deviceName": "Porch"})
    mac, etag = config["mac_address"], config["etag"]
    report = {"outcome": "rejected", "etag": etag, "pointer": "/a", "reason": "1 > 0"}
    with EventStream(api.base_url) as stream:
        stream.hello()
        for _ in range(2):
            assert 204 == api.send_json("POST", f"/api/devices/{mac}/report", report).status
        shown = stream.device()
        (listed,) = api.get("/api/devices").json()["devices"]
        assert "rejected" == shown["state"]
        assert {**listed, "why": ""} == {**shown, "why": ""}
        assert "refused 1 at /a: 1 > 0" in shown["why"].lower()
        applied = {"outcome": "applied", "etag": etag}
        assert 204 == api.send_json("POST", f"/api/devices/{mac}/report", applied).status
        assert "in_sync" == stream.device()["state"]


def test_a_silent_stream_has_comments(streaming: Streaming) -> None:
    """They keep proxies from closing the connection."""
    with streaming.open() as stream:
        stream.hello()
        for _ in range(3):
            assert COMMENT == stream.next()


def test_streams_end_with_the_process(streaming: Streaming) -> None:
    """At once, with a time after which to connect again."""
    with streaming.open() as stream:
        stream.hello()
        streaming.streams.feed.signal.end()
        names = stream.rest()
    assert "retry" == names[-1]
    assert {"comment", "retry"} >= set(names)


def test_streams_outlast_a_database_that_is_away(streaming: Streaming) -> None:
    """What was committed meanwhile follows."""
    with streaming.open() as stream:
        stream.hello()
        streaming.store.is_there.clear()
        for number in range(2):
            add(streaming.store, number)
            assert COMMENT == stream.next()
        streaming.store.is_there.set()
        assert [1, 2] == stream.positions(2)


def test_no_stream_begins_without_the_database() -> None:
    """It is refused, and takes no room."""
    with _streaming(most=1) as streaming:
        streaming.store.is_there.clear()
        for _ in range(2):
            refused = Client(streaming.url).get("/api/events")
            expect_problem(refused, 503, "STORE_UNAVAILABLE")
        streaming.store.is_there.set()
        with streaming.open() as stream:
            assert {"position": 0, "oldest": 0} == stream.hello()


@frozen
class Guarded:
    """The API in memory, with authentication."""

    streaming: Streaming
    tokens: ApiTokenService
    is_there: Event
    """Cleared while the tokens cannot be read."""
    token: str

    def open(self) -> EventStream:
        return self.streaming.open(Authorization=f"Bearer {self.token}")


class FaultyTokenStore(MemoryApiTokenStore):
    """A store of tokens that can be away."""

    is_there = Event()

    def find(self, key: str) -> ApiToken | None:
        if not self.is_there.is_set():
            raise StoreUnavailable("The database is away.")
        return super().find(key)


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    store = FaultyTokenStore()
    store.is_there.set()
    tokens = ApiTokenService(store, utc_now)
    access = AccessControl(MemoryThrottle(10), MemoryThrottle(60), tokens)
    _, token = tokens.create("dashboard", Role.VIEWER)
    with _streaming(access=access) as streaming:
        yield Guarded(streaming, tokens, store.is_there, token)


def test_a_revoked_token_ends_its_streams(guarded: Guarded) -> None:
    """At the next check; the client is refused when it connects again. Another token's stream goes on."""
    _, other = guarded.tokens.create("other", Role.ADMIN)
    with guarded.open() as stream, guarded.streaming.open(Authorization=f"Bearer {other}") as kept:
        stream.hello()
        kept.hello()
        guarded.tokens.revoke("dashboard")
        assert "retry" == stream.rest()[-1]
        add(guarded.streaming.store, 1)
        assert [1] == kept.positions(1)
    refused = Client(guarded.streaming.url).get("/api/events", Authorization=f"Bearer {guarded.token}")
    expect_problem(refused, 401, "AUTHENTICATION_REQUIRED")


def test_a_revoked_token_ends_the_streams_of_its_sessions(guarded: Guarded) -> None:
    """A browser that signed in with the token sends a cookie with the stream."""
    browser = Browser(Client(guarded.streaming.url))
    body = {"token": guarded.token}
    assert (
        200 == browser.send_json("POST", "/api/auth/session", body, {"Sec-Fetch-Site": "same-origin"}).status
    )
    cookie = f"token_session={browser.cookies['token_session']}"
    with guarded.streaming.open(Cookie=cookie) as stream:
        stream.hello()
        guarded.tokens.revoke("dashboard")
        assert "retry" == stream.rest()[-1]
    expect_problem(browser.get("/api/events"), 401, "AUTHENTICATION_REQUIRED")


def test_nothing_is_sent_while_rights_cannot_be_checked(guarded: Guarded) -> None:
    """The stream stays open, and goes on when they are confirmed."""
    with guarded.open() as stream:
        stream.hello()
        guarded.is_there.clear()
        wait_until(lambda: stream.next() == COMMENT, "a comment")
        for _ in range(3):
            assert COMMENT == stream.next()
        add(guarded.streaming.store, 1)
        for _ in range(3):
            assert COMMENT == stream.next()
        guarded.is_there.set()
        assert [1] == stream.positions(1)


def test_one_caller_has_a_share_of_the_streams() -> None:
    """The next one is refused until one ends; a client that left is noticed."""
    with _streaming(most=8) as streaming, ExitStack() as stack:
        first, _ = (stack.enter_context(streaming.open()) for _ in range(2))
        refused = Client(streaming.url).get("/api/events")
        assert "20" == refused.headers["retry-after"]
        problem = expect_problem(refused, 429, "TOO_MANY_REQUESTS")
        assert problem["error"].startswith("2 of your event streams are open in this worker")
        first.close()

        def opened() -> bool:
            stream = streaming.open()
            stack.callback(stream.close)
            return 200 == stream.answer.status

        wait_until(opened, "there is room for another stream")


def test_open_streams_are_counted() -> None:
    """For metrics: up to the end of each, and not those that are refused."""
    registry = CollectorRegistry()

    def count() -> float | None:
        return registry.get_sample_value("iotconfig_event_streams")

    with _streaming(most=8) as streaming:
        streaming.streams.on_count = EventStreamMetrics(registry).count
        with streaming.open(), streaming.open():
            assert 429 == Client(streaming.url).get("/api/events").status
            assert 2 == count()
        wait_until(lambda: count() == 0, "both have ended")


def test_a_process_has_a_limit_of_streams() -> None:
    """Of all callers together."""
    with _streaming(most=1) as streaming, streaming.open():
        refused = Client(streaming.url).get("/api/events")
        assert expect_problem(refused, 429, "TOO_MANY_REQUESTS")["error"].startswith(
            "1 event streams are open"
        )


@pytest.mark.parametrize(
    ("query", "headers", "words"),
    [
        ("?position=x", {}, "position must be a position of the change log"),
        ("?position=-1", {}, "position must be a position"),
        ("?position=1&position=2", {}, "more than once"),
        ("?cursor=1", {}, "is unknown: this route accepts position"),
        ("", {"Last-Event-ID": "x"}, "Last-Event-ID must be the id of an event"),
        ("", {"Last-Event-ID": "1" * 19}, "Last-Event-ID must be the id of an event"),
    ],
)
def test_what_is_no_position_is_refused(
    single: Service, query: str, headers: dict[str, str], words: str
) -> None:
    answer = single.client.request("GET", f"/api/events{query}", headers=headers)
    assert words in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


def test_head_is_refused(single: Service) -> None:
    """It has no answer without a stream."""
    assert 405 == single.client.request("HEAD", "/api/events").status


def test_nothing_follows_the_log_without_streams(streaming: Streaming) -> None:
    """The thread ends with the last stream, and the next one starts another."""

    def follows() -> bool:
        return any(thread.name == "event-feed" for thread in all_threads())

    wait_until(lambda: not follows(), "feeds of other tests have ended")
    for _ in range(2):
        with streaming.open() as stream:
            stream.hello()
            assert follows()
        wait_until(lambda: not follows(), "the feed has ended")
