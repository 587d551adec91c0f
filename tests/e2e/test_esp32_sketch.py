"""The sketch for the ESP32 as a process of this machine, with a real service and a real broker."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iotconfig.adapters.sql.engine.url import DatabaseUrl
from iotconfig.adapters.sql.migrations import Migrations
from tests.support.api import new_mac
from tests.support.board import Board, changed_sketch
from tests.support.broker_files import password_file
from tests.support.documented import commands
from tests.support.listener import Listener
from tests.support.markdown import Block, blocks
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import PostgresServer
from tests.support.proxy import Link
from tests.support.serving import Serve, environment, run_command
from tests.support.waiting import wait_until

MINUTE = 60.0
POLL = 7 * 3600.0
DAY = 24 * 3600.0


class Site:
    """A service, its broker, and one board, which may be switched on and off."""

    def __init__(self, serve: Serve, broker: Mosquitto, directory: Path) -> None:
        self.serve = serve
        self.broker = broker
        self.mac = new_mac()
        self._directory = directory
        self._boards: list[Board] = []

    def start(
        self,
        *,
        service: bool = True,
        broker: bool = True,
        link: Link | None = None,
        program: Path | None = None,
    ) -> Board:
        """Switch the board on, off first if it is on.

        `service`, `broker`: whether it reaches them; `link`: what leads to the broker; `program`: another sketch.
        """
        for board in self._boards:
            board.cut_power()
        board = Board(
            self._directory,
            self.mac,
            server=self.serve.client.address[1] if service else None,
            broker=(link or self.broker).port if broker else None,
            program=program,
        )
        self._boards.append(board)
        return board

    def put(self, content: object) -> str:
        """Create or change the config of the board; return the ETag of its document."""
        answer = self.serve.client.send_json("PUT", f"/api/configs/by-mac/{self.mac}", {"content": content})
        assert answer.status in (200, 201), answer.body
        etag: str = answer.json()["etag"]
        return etag

    def device(self) -> Any:
        """The board as operators see it."""
        answer = self.serve.client.get(f"/api/devices/{self.mac}")
        assert 200 == answer.status
        return answer.json()

    def shown(self) -> tuple[str, int | None]:
        """Its state, and the number of the document that it runs."""
        device = self.device()
        return device["state"], device["held"]

    def run(self, *arguments: str) -> None:
        """Run a command on the service's database."""
        done = run_command(*arguments, env=environment(self.serve.database_url))
        assert 0 == done.returncode, done.stderr

    def close(self) -> None:
        for board in self._boards:
            board.cut_power()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path
) -> Iterator[tuple[Serve, Mosquitto]]:
    """A service and its broker, for the boards of several tests."""
    place = tmp_path_factory.mktemp("site")
    shutil.copy(_sqlite_template, place / "configs.db")
    broker = Mosquitto(place)
    try:
        with Serve(f"sqlite:///{place / 'configs.db'}", place / "serve.log", MQTT_URL=broker.url) as serve:
            yield serve, broker
    finally:
        broker.kill()


@pytest.fixture
def site(shared: tuple[Serve, Mosquitto], tmp_path: Path) -> Iterator[Site]:
    """A board of the test's own, which is off, without a config, at the shared service."""
    site = Site(*shared, tmp_path)
    yield site
    site.close()


@pytest.fixture
def own_site(
    start_serve: Callable[..., Serve], sqlite_url: str, broker: Mosquitto, tmp_path: Path
) -> Iterator[Site]:
    """The same for one test, which may end the broker."""
    site = Site(start_serve(sqlite_url, MQTT_URL=broker.url), broker, tmp_path)
    yield site
    site.close()


def named(name: str) -> dict[str, str]:
    return {"deviceName": name}


def test_a_board_follows_its_config(site: Site) -> None:
    """From before there is one, over changes by HTTP and by command, to a deletion, which it does not follow."""
    topic = f"{site.mac}/config"
    with Listener(site.broker.port) as listener:
        board = site.start()
        board.wait_said("no configuration")
        board.wait_said("subscribed")
        site.put(named("One"))
        board.wait_said("configuration of One")
        site.run("config", "set", site.mac, json.dumps(named("Two")))
        board.wait_said("configuration of Two")
        # Its report is a fetch of its own, which finds no configuration once that is deleted.
        board.wait_said("reported", 2)
        assert 204 == site.serve.client.request("DELETE", f"/api/configs/{site.mac}").status
        *_, cleared = listener.wait_for(3, topic)
        assert b"" == cleared.payload
        site.put(named("Three"))
        board.wait_said("configuration of Three")

    assert 3 == board.said().count("configuration of")
    assert 1 == board.said().count("no configuration")


def test_a_board_that_starts_runs_the_stored_document_at_once(site: Site) -> None:
    """And asks whether it is the newest; with the service away, it runs it all the same."""
    site.put(named("Stored"))
    site.start().wait_said("document stored")
    board = site.start()
    board.wait_said("unchanged")
    assert board.said().index("configuration of Stored") < board.said().index("network connected")

    board = site.start(service=False, broker=False)
    board.wait_said("not fetched (-1)")
    board.wait_said("no broker (-2)")
    assert 1 == board.said().count("configuration of Stored")


def test_a_poll_needs_no_message(site: Site) -> None:
    """The broker is out of reach."""
    site.put(named("One"))
    board = site.start(broker=False)
    board.wait_said("configuration of One")
    board.wait_said("reported")
    board.later(POLL)
    board.wait_said("unchanged")
    site.put(named("Two"))
    board.later(POLL)

    board.wait_said("configuration of Two")


def test_a_message_about_the_document_that_runs_causes_no_fetch(site: Site) -> None:
    """The same content, stored again, is announced; the next change is fetched."""
    board = site.start()
    board.wait_said("subscribed")
    site.put(named("One"))
    board.wait_said("configuration of One")
    site.put(named("One"))
    site.put(named("Two"))
    board.wait_said("configuration of Two")

    assert "unchanged" not in board.said()


def test_a_missed_change_is_in_the_retained_message(site: Site) -> None:
    """The link to the broker is lost without a sign, and keep-alive notices; the poll is hours away."""
    site.put(named("One"))
    with Link(site.broker.port) as link:
        board = site.start(link=link)
        board.wait_said("reported")
        board.wait_said("subscribed")
        link.swallow()
        site.put(named("Two"))
        board.wait_said_later("no broker (", 16)
        assert "configuration of Two" not in board.said()
        link.flow()
        board.wait_said_later("configuration of Two", 16)

        assert "unchanged" not in board.said()


def test_a_board_returns_to_a_broker_that_restarts(own_site: Site) -> None:
    """After a pause; and after 40 days, when a stored time would look like the future."""
    own_site.put(named("One"))
    board = own_site.start()
    board.wait_said("reported")
    board.wait_said("subscribed")
    board.later(40 * DAY)
    board.wait_said("unchanged")
    own_site.broker.kill()
    board.wait_said("no broker (-3)")
    own_site.broker.start()
    board.later(MINUTE)
    board.wait_said("subscribed", 2)
    own_site.put(named("Two"))

    board.wait_said("configuration of Two")


def test_two_boards_with_one_id_reconnect_after_growing_pauses(site: Site, tmp_path: Path) -> None:
    """The broker ends the connection of one whenever the other connects."""
    board = site.start()
    board.wait_said("subscribed")
    place = tmp_path / "twin"
    place.mkdir()
    with Board(place, site.mac, server=site.serve.client.address[1], broker=site.broker.port) as twin:
        for times in (1, 2, 3):
            board.wait_said("no broker (-3)", times)
            board.later(MINUTE / 2)
            board.wait_said("subscribed", times + 1)
            twin.wait_said("no broker (-3)", times)
            twin.later(MINUTE / 2)
        losses = [line.split() for line in board.said().splitlines() if line.startswith("no broker")]

    for number, words in enumerate(losses):
        assert int(words[-2]) >= 1000 * 2**number


def test_a_database_that_is_away_costs_the_board_nothing(
    own_postgres: PostgresServer, start_serve: Callable[..., Serve], site: Site
) -> None:
    """The service answers 503; the board asks again."""
    Migrations(DatabaseUrl.parse(own_postgres.base_url)).upgrade()
    site.serve = start_serve(own_postgres.base_url, IOTCONFIG_DB_POOL_TIMEOUT="0.5")
    site.put(named("One"))
    board = site.start(broker=False)
    board.wait_said("reported")
    own_postgres.stop("immediate")
    board.later(POLL)
    board.wait_said("not fetched (503)")
    own_postgres.start()
    board.wait_said_later("unchanged", MINUTE)

    assert 1 == board.said().count("configuration of")


def nested(levels: int) -> object:
    """A document of so many levels."""
    return {"deviceName": "Nested", "value": nested(levels - 1)} if levels else 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(nested(11), id="deeper than ArduinoJson reads"),
        pytest.param({"filler": "x" * 20_000}, id="larger than the board reads"),
    ],
)
def test_a_refused_document_is_not_fetched_again(site: Site, content: object) -> None:
    """The service may store it; the board keeps the last good one, and takes the next good one."""
    site.put(named("Good"))
    board = site.start()
    board.wait_said("reported")
    board.wait_said("subscribed")
    site.put(content)
    board.wait_said("document refused: ")
    board.wait_said("reported", 2)
    board.later(POLL)
    board.wait_said("unchanged")
    site.put(named("Better"))
    board.wait_said("configuration of Better")

    assert 1 == board.said().count("document refused: ")
    assert "Nested" not in board.said()


def test_a_message_has_a_refused_document_tried_again(site: Site) -> None:
    """An announcement by hand, too."""
    site.put(named("Good"))
    board = site.start()
    board.wait_said("configuration of Good")
    board.wait_said("subscribed")
    site.put(nested(11))
    board.wait_said("document refused: ")
    site.run("announce", site.mac)

    board.wait_said("document refused: ", 2)


def test_an_operator_sees_a_refusal_and_mends_it(site: Site) -> None:
    """The board reports at once, so that nobody waits for its next poll."""
    site.put(named("Good"))
    board = site.start()
    board.wait_said("reported")
    board.wait_said("subscribed")
    assert ("in_sync", 1) == site.shown()
    site.put({"deviceName": "Dazzling", "brightness": 150})
    board.wait_said("document refused: /brightness: 150 > 100")
    board.wait_said("reported", 2)
    assert ("rejected", 1) == site.shown()
    assert site.device()["why"].startswith("Runs 1 of 2; refused 2 at /brightness: 150 > 100; seen ")

    site.put({"deviceName": "Bright", "brightness": 100})
    board.wait_said("configuration of Bright")
    board.wait_said("reported", 3)

    assert ("in_sync", 3) == site.shown()


def test_a_board_may_report_by_message(site: Site, tmp_path: Path) -> None:
    """Retained, and again after each connection. Another topic says whether it is connected, by its last will, too."""
    program = changed_sketch(tmp_path, ("REPORTS_BY_MQTT = false", "REPORTS_BY_MQTT = true"))
    first = site.put({"brightness": 99})
    topic = f"iotsupport/devices/{site.mac.replace(':', '')}"
    board = site.start(program=program)
    board.wait_said("subscribed")
    board.wait_said("reported")
    wait_until(lambda: site.shown() == ("in_sync", 1), "the service has read it")
    with Listener(site.broker.port, f"{topic}/report") as reports:
        (report,) = reports.wait_for(1)
        assert report.retained
        assert {"outcome": "applied", "etag": first.strip('"'), "firmware": "1.0.0"} == report.json()
        second = site.put({"brightness": 101})
        *_, report = reports.wait_for(2)
        assert len(report.payload) <= 192
        assert {
            "outcome": "rejected",
            "etag": second.strip('"'),
            "firmware": "1.0.0",
            "n": 1,
            "pointer": "/brightness",
            "reason": "101 > 100",
        } == report.json()
        wait_until(lambda: site.shown() == ("rejected", 1), "the service has read it")
        assert site.device()["online"]

    with Listener(site.broker.port, f"{topic}/online") as online:
        assert [b"online"] == [message.payload for message in online.wait_for(1)]
        board.cut_power()
        assert [b"online", b"offline"] == [message.payload for message in online.wait_for(2)]
    with Listener(site.broker.port, f"{topic}/online") as online:
        assert [(b"offline", True)] == [(each.payload, each.retained) for each in online.wait_for(1)]


def test_a_board_uses_its_token_and_the_password_of_the_broker(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path
) -> None:
    """Without them, both refuse it."""
    mac = new_mac()
    environ = {"IOTCONFIG_AUTH": "on", "IOTCONFIG_DEVICE_AUTH": "required"}
    broker = Mosquitto(tmp_path, password_file(tmp_path, service="s", device="d"), anonymous=False)
    try:
        serve = start_serve(
            sqlite_url, MQTT_URL=broker.url, MQTT_USERNAME="service", MQTT_PASSWORD="s", **environ
        )
        env = environment(sqlite_url, **environ)
        assert 0 == run_command("config", "create", mac, json.dumps(named("Secret")), env=env).returncode
        token = run_command("device-token", "create", mac, env=env).stdout.decode().split()[-1]
        assert token.startswith("iotd_")
        server = serve.client.address[1]
        with Board(tmp_path, mac, server=server, broker=broker.port) as board:
            board.wait_said("not fetched (401)")
            board.wait_said("no broker (5)")
        program = changed_sketch(
            tmp_path,
            ('DEVICE_TOKEN = ""', f'DEVICE_TOKEN = "{token}"'),
            ('BROKER_USER = ""', 'BROKER_USER = "device"'),
            ('BROKER_PASSWORD = ""', 'BROKER_PASSWORD = "d"'),
        )
        with Board(tmp_path, mac, server=server, broker=broker.port, program=program) as board:
            board.wait_said("configuration of Secret")
            board.wait_said("subscribed")
            assert token not in board.said()
    finally:
        broker.kill()


def section(heading: str) -> list[Block]:
    """The blocks of a section of the tutorial."""
    page = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text()
    _, _, rest = page.partition(f"## {heading}\n")
    return list(blocks(rest.partition("\n## ")[0]))


def test_a_board_says_what_the_tutorial_shows(
    start_serve: Callable[..., Serve], sqlite_url: str, tmp_path: Path
) -> None:
    """With the broker's lines and the command of the page, and with authentication on."""
    shown = section("9. With a board")
    listener, *options = next(block for block in shown if block.language == "conf").text.splitlines()
    assert "listener 1883" == listener
    monitor = [block.text.splitlines() for block in shown if block.language == "text"]
    create = next(c for b in shown if b.language == "console" for c in commands(b) if "create" in c.text)
    program, *arguments = shlex.split(create.text)
    assert "iotconfig" == program
    broker = Mosquitto(tmp_path, *options, anonymous=False)
    try:
        serve = start_serve(sqlite_url, MQTT_URL=broker.url, IOTCONFIG_AUTH="on")
        mac, server = arguments[2], serve.client.address[1]
        with Board(tmp_path, mac, server=server, broker=broker.port) as board:
            for line in monitor[0]:
                board.wait_said(line)
            assert 0 == run_command(*arguments, env=environment(sqlite_url)).returncode
            for line in monitor[1]:
                board.wait_said(line)
            assert [*monitor[0], *monitor[1]] == board.said().splitlines()
    finally:
        broker.kill()


def test_the_sketch_compiles_for_tls(tmp_path: Path) -> None:
    """With the changes that its comment names."""
    changed_sketch(
        tmp_path,
        ("#include <WiFi.h>", "#include <NetworkClientSecure.h>\n#include <WiFi.h>"),
        ("WiFiClient httpSocket;", "NetworkClientSecure httpSocket;"),
        (
            "  WiFi.mode(WIFI_STA);",
            '  httpSocket.setCACert("…");\n  configTime(0, 0, "pool.ntp.org");\n  WiFi.mode(WIFI_STA);',
        ),
    )
