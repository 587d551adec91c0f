"""The sketch for the ESP32 and answers that it must not trust: it keeps the last good document, and tries again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from iotconfig.adapters.codec import report_of_header
from tests.support.board import Board, changed_sketch
from tests.support.scripted_service import ScriptedService
from tests.support.waiting import wait_until

MAC = "02:00:00:00:00:01"
GOOD = b'{"deviceName": "Good"}'
OTHER = b'{"deviceName": "Other"}'
MINUTE = 60.0
POLL = 7 * 3600.0


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test gives."""
    with ScriptedService() as service:
        yield service


@pytest.fixture
def start(service: ScriptedService, tmp_path: Path) -> Iterator[Callable[..., Board]]:
    """Switch on the board, without a broker; another start is one after a power cut."""
    boards: list[Board] = []

    def switch_on(program: Path | None = None, **surroundings: str) -> Board:
        for board in boards:
            board.cut_power()
        boards.append(
            Board(tmp_path, MAC, server=service.port, broker=None, program=program, surroundings=surroundings)
        )
        return boards[-1]

    yield switch_on
    for board in boards:
        board.cut_power()


@pytest.fixture
def board(service: ScriptedService, start: Callable[..., Board]) -> Board:
    """A board that runs the document Good, with the ETag "good", has reported it, and will poll in some hours."""
    board = start()
    service.answer(200, GOOD, ETag='"good"')
    board.wait_said("document stored")
    service.answer(304)
    board.wait_said("reported")
    return board


def knows(head: list[str]) -> list[str]:
    """The conditions of a request."""
    return [line for line in head if line.startswith("If-None-Match")]


def reports(head: list[str]) -> list[str]:
    """The reports in a request."""
    return [line for line in head if line.startswith("Config-Report")]


def test_the_request_is_that_of_the_device_route(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """Without a condition and without a token, as long as there is neither."""
    start()
    head = service.answer(404)

    assert f"GET /api/configs/{MAC}.json HTTP/1.1" == head[0]
    assert "Host: 192.168.1.10:8080" in head
    assert [] == knows(head)
    assert [] == reports(head)
    assert [] == [line for line in head if line.startswith("Authorization")]


def test_a_poll_names_the_document_that_runs(service: ScriptedService, board: Board) -> None:
    """Every six hours, more or less; 304 changes nothing."""
    board.later(POLL)
    head = service.answer(304)
    board.wait_said("unchanged")

    assert ['If-None-Match: "good"'] == knows(head)
    assert 1 == board.said().count("configuration of")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
def test_an_error_is_followed_by_another_attempt(service: ScriptedService, board: Board, status: int) -> None:
    """Within a minute, and with the same condition."""
    board.later(POLL)
    service.answer(status, b"{}")
    board.wait_said(f"not fetched ({status})")
    board.later(MINUTE)
    head = service.answer(200, OTHER, ETag='"other"')
    board.wait_said("configuration of Other")

    assert ['If-None-Match: "good"'] == knows(head)


@pytest.mark.parametrize("status", [404, 410])
def test_without_a_config_the_last_document_stays(
    service: ScriptedService, start: Callable[..., Board], board: Board, status: int
) -> None:
    """A deletion is often a mistake. Not even a start forgets the document."""
    board.later(POLL)
    service.answer(status, b"{}")
    board.wait_said("no configuration")
    board = start()
    head = service.answer(304)
    board.wait_said("unchanged")

    assert ['If-None-Match: "good"'] == knows(head)
    assert "configuration of Good" in board.said()


def pauses(board: Board) -> list[int]:
    """The milliseconds that it waited after each failure to fetch."""
    lines = [line.split() for line in board.said().splitlines() if line.startswith("not fetched")]
    return [int(words[-2]) for words in lines]


def test_pauses_grow_to_a_minute_with_a_random_part(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """Each pause is between half of its limit and its limit."""
    board = start()
    for attempt in range(1, 9):
        service.answer(500)
        board.wait_said("not fetched (500)", attempt)
        board.later(MINUTE)

    for number, pause in enumerate(pauses(board), 1):
        limit = min(60_000, 1000 * 2**number)
        assert limit / 2 <= pause < limit
    assert 1 < len({pause % 1000 for pause in pauses(board)})


@pytest.mark.parametrize(
    ("asked", "least"), [("30", 30_000), ("99999", 3_600_000), ("-5", 1000), ("soon", 1000)]
)
def test_retry_after_is_respected_up_to_an_hour(
    service: ScriptedService, start: Callable[..., Board], asked: str, least: int
) -> None:
    """The random part is added, so that not all boards return in the same second."""
    board = start()
    service.answer(503, Retry_After=asked)
    board.wait_said("not fetched (503)")

    (pause,) = pauses(board)
    assert least <= pause < least + 2000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"deviceName": "Bad"', b'{"deviceName" "Bad"}', b"<html>", b"[1]", b"null", b'{"a": nul}'],
)
def test_a_document_that_cannot_be_applied_is_refused_once(
    service: ScriptedService, start: Callable[..., Board], board: Board, body: bytes
) -> None:
    """The next poll names it after the one that runs, so that it is not sent again; it is not stored."""
    board.later(POLL)
    service.answer(200, body, ETag='"bad"')
    board.wait_said("document refused: ")
    assert ['If-None-Match: "good", "bad"'] == knows(service.answer(304))
    board.wait_said("reported", 2)
    board.later(POLL)
    head = service.answer(304)
    board.wait_said("unchanged")
    assert ['If-None-Match: "good", "bad"'] == knows(head)

    board = start()
    head = service.answer(200, OTHER, ETag='"other"')
    board.wait_said("configuration of Other")
    assert ['If-None-Match: "good"'] == knows(head)


def test_a_document_that_is_too_large_is_not_read(service: ScriptedService, board: Board) -> None:
    """Its length is known before the first byte."""
    board.later(POLL)
    service.request()
    service.send(b'HTTP/1.1 200 OK\r\nContent-Length: 16385\r\nETag: "large"\r\n\r\n')
    board.wait_said("document refused: 16385 bytes")
    head = service.answer(304)

    assert ['If-None-Match: "good", "large"'] == knows(head)
    assert ['Config-Report: rejected; etag="large"; firmware="1.0.0"; n=1; reason="16385 bytes"'] == reports(
        head
    )


def test_the_largest_document_is_read(service: ScriptedService, board: Board) -> None:
    """In many pieces."""
    start = b'{"deviceName": "Largest", "filler": "'
    board.later(POLL)
    service.answer(200, start + b"x" * (16384 - len(start) - 2) + b'"}', ETag='"largest"')

    board.wait_said("configuration of Largest")


def test_an_answer_without_an_etag_is_not_from_the_service(service: ScriptedService, board: Board) -> None:
    """A WiFi portal answers every request with 200."""
    board.later(POLL)
    service.answer(200, OTHER)
    board.wait_said("no ETag")
    board.wait_said("not fetched (200)")

    assert "configuration of Other" not in board.said()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nETag: "cut"\r\n\r\n{"deviceName": "Cut',
            "body cut: 19 of 99 bytes",
        ),
        (b'HTTP/1.1 200 OK\r\nETag: "cut"\r\n\r\n{"deviceName": "Cut"}', "not fetched (200)"),
        (
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "cut"\r\n\r\n2\r\n{}\r\n',
            "not fetched (200)",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "not fetched (-5)"),
        (b"", "not fetched (-5)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not fetched (-7)"),
    ],
)
def test_an_answer_that_is_cut_is_fetched_again(
    service: ScriptedService, board: Board, answer: bytes, said: str
) -> None:
    """Also one whose length is unknown: its end cannot be told from a cut."""
    board.later(POLL)
    service.request()
    service.send(answer)
    service.close()
    board.wait_said(said)
    board.later(MINUTE)
    head = service.answer(200, OTHER, ETag='"other"')
    board.wait_said("configuration of Other")

    assert ['If-None-Match: "good"'] == knows(head)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (b"", "not fetched (-11)"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "not fetched (-11)"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nETag: "cut"\r\n\r\n{"dev', "body cut: 5 of 99 bytes"),
    ],
)
def test_a_server_that_falls_silent_is_left(
    service: ScriptedService, board: Board, part: bytes, said: str
) -> None:
    """The connection stays open, as it does where a link is lost."""
    board.later(POLL)
    service.request()
    service.send(part)
    board.wait_said_later(said, 11)
    board.later(MINUTE)
    service.answer(200, OTHER, ETag='"other"')

    board.wait_said("configuration of Other")


def test_a_loop_that_does_not_end_is_ended_by_the_watchdog(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """No time-out of the library ends a head that never does. The clock of the watchdog is faster here."""
    board = start(HOST_WATCHDOG_SPEED="100")
    service.request()
    service.send(b"HTTP/1.1 200 OK\r\n")

    def is_reset() -> bool:
        with suppress(ConnectionError):
            service.send(b"X: y\r\n" * 1000)
        return board.process.poll() is not None

    wait_until(is_reset, "the watchdog ends the board", 30.0)

    assert -signal.SIGALRM == board.process.returncode


def test_a_full_flash_keeps_the_last_document_that_was_stored(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """The new one runs until the next start, which then has the old one with its own ETag."""
    board = start(HOST_FLASH_BYTES="100")
    service.answer(200, GOOD, ETag='"good"')
    board.wait_said("document stored")
    service.answer(304)
    board.wait_said("reported")
    board.later(POLL)
    service.answer(200, b'{"deviceName": "%s"}' % (b"x" * 90), ETag='"long"')
    board.wait_said("document not stored")
    assert ['Config-Report: applied; etag="long"; firmware="1.0.0"; n=1'] == reports(service.answer(304))
    assert f"configuration of {'x' * 90}" in board.said()

    board = start(HOST_FLASH_BYTES="100")
    head = service.answer(304)
    board.wait_said("unchanged")
    assert "configuration of Good" in board.said()
    assert ['If-None-Match: "good"'] == knows(head)


@pytest.mark.parametrize(
    "left", ["", '"good"', '"good"\n', '"good"\n{"deviceName": "Cu', '\n{"deviceName": "No"}']
)
def test_a_damaged_file_is_ignored(
    service: ScriptedService, start: Callable[..., Board], left: str, tmp_path: Path
) -> None:
    """The document is fetched without a condition."""
    flash = tmp_path / "flash"
    flash.mkdir()
    (flash / "config").write_text(left)
    board = start()
    head = service.answer(200, OTHER, ETag='"other"')
    board.wait_said("document stored")

    assert [] == knows(head)
    assert '"other"\n' + OTHER.decode() == (flash / "config").read_text()


def test_the_overflow_of_the_clock_delays_nothing(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """Every 49.7 days, millis() begins at 0 again."""
    board = start(HOST_MILLIS=str(2**32 - 1000))
    service.answer(500)
    board.wait_said("not fetched (500)")
    board.later(MINUTE)
    service.answer(200, GOOD, ETag='"good"')
    board.wait_said("configuration of Good")
    service.answer(304)
    board.wait_said("reported")
    board.later(POLL)
    service.answer(304)

    board.wait_said("unchanged")


BAD = b'{"brightness": 150}'


def test_a_report_is_a_header_of_the_next_fetch_which_is_made_at_once(
    service: ScriptedService, start: Callable[..., Board]
) -> None:
    """Of what was applied, and of what was refused and why. The first one has no number."""
    board = start()
    service.answer(200, GOOD, ETag='"good"')
    head = service.answer(304)
    assert ['If-None-Match: "good"'] == knows(head)
    assert ['Config-Report: applied; etag="good"; firmware="1.0.0"'] == reports(head)
    board.wait_said("reported")

    board.later(POLL)
    assert [] == reports(service.answer(200, BAD, ETag='"bad"'))
    board.wait_said("document refused: /brightness: 150 > 100")
    rejected = 'rejected; etag="bad"; firmware="1.0.0"; n=1; pointer="/brightness"; reason="150 > 100"'
    assert [f"Config-Report: {rejected}"] == reports(service.answer(304))
    board.wait_said("reported", 2)
    board.later(POLL)
    assert [] == reports(service.answer(304))
    report = report_of_header(rejected)
    assert ("/brightness", "150 > 100", "1.0.0", 1) == (
        report.pointer,
        report.reason,
        report.firmware,
        report.number,
    )


def test_a_refused_first_document(service: ScriptedService, start: Callable[..., Board]) -> None:
    """An empty tag says that nothing runs; so the document is not sent again, and the board does not fetch on and on."""
    board = start()
    service.answer(200, BAD, ETag='"bad"')
    head = service.answer(304)

    assert ['If-None-Match: "", "bad"'] == knows(head)
    assert 1 == len(reports(head))
    board.wait_said("reported")


def test_a_report_waits_until_the_service_has_it(service: ScriptedService, board: Board) -> None:
    """After an error, and after one of the report itself, which is not repeated at once."""
    board.later(POLL)
    service.answer(200, OTHER, ETag='"other"')
    report = reports(service.answer(503))
    board.wait_said("not fetched (503)")
    board.later(MINUTE)
    assert report == reports(service.answer(304, Config_Report_Error="no space"))
    board.wait_said("report not kept: no space")
    board.later(POLL)
    assert report == reports(service.answer(304))
    board.wait_said("reported", 2)
    board.later(POLL)

    assert [] == reports(service.answer(304))


def test_numbers_of_reports_continue_after_a_start(
    service: ScriptedService, start: Callable[..., Board], board: Board
) -> None:
    """They are in the flash."""
    for number, content in enumerate((OTHER, GOOD, OTHER), 1):
        board = start()
        service.answer(200, content, ETag=f'"{number}"')
        assert [f'Config-Report: applied; etag="{number}"; firmware="1.0.0"; n={number}'] == reports(
            service.answer(304)
        )
        board.wait_said("reported")


def test_a_number_that_cannot_be_stored_is_not_sent(
    service: ScriptedService, start: Callable[..., Board], board: Board, tmp_path: Path
) -> None:
    """The service takes a report without one for the newest; a number that repeats could be dropped."""
    (tmp_path / "flash" / "reports").write_text("9")
    size = sum(file.stat().st_size for file in (tmp_path / "flash").iterdir())
    start(HOST_FLASH_BYTES=str(size))
    service.answer(200, BAD, ETag='"bad"')

    assert ['Config-Report: rejected; etag="bad"; firmware="1.0.0"; '] == [
        line.partition("pointer")[0] for line in reports(service.answer(304))
    ]


def test_a_proxy_that_removes_conditions_causes_no_further_reports(
    service: ScriptedService, board: Board
) -> None:
    """Otherwise the board would fetch and report without an end."""
    board.later(POLL)
    assert [] == reports(service.answer(200, GOOD, ETag='"good"'))
    board.wait_said("configuration of Good", 2)
    board.later(POLL)
    service.answer(200, BAD, ETag='"bad"')
    assert 1 == len(reports(service.answer(200, BAD, ETag='"bad"')))
    board.wait_said("document refused: ", 2)
    board.later(POLL)

    assert [] == reports(service.answer(304))


@pytest.mark.parametrize("firmware", ['1.0 "é" \\ \x1b', "x" * 60])
def test_a_report_is_short_and_well_formed(
    service: ScriptedService, start: Callable[..., Board], tmp_path: Path, firmware: str
) -> None:
    """Whatever the version of the firmware, with 192 bytes at most."""
    text = "".join(f"\\{byte:03o}" for byte in firmware.encode())
    program = changed_sketch(tmp_path, ('FIRMWARE = "1.0.0"', f'FIRMWARE = "{text}"'))
    start(program=program)
    service.answer(200, BAD, ETag=f'"{"e" * 76}"')
    (header,) = reports(service.answer(304))

    name, _, value = header.partition(": ")
    assert "Config-Report" == name
    assert len(value) <= 192
    report = report_of_header(value)
    assert f'"{"e" * 76}"' == report.etag
    assert report.firmware == ('1.0 "??" \\ ?' if "é" in firmware else "x" * 32)
