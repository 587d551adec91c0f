"""What devices show in fetches and say in reports, and the states that operators read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import define, field

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.http import Answer
from tests.support.in_process import Service
from tests.support.schema import execute
from tests.support.tokens import api_token, bearer, device_token

BROWSER = {"Sec-Fetch-Mode": "navigate"}


@define
class Board:
    """A device of a service that records its fetches."""

    service: Service
    headers: Mapping[str, str] = field(factory=dict)
    """Of the operator."""
    mac: str = field(factory=new_mac)

    def save(self, content: object) -> str:
        """Save its config, and return the ETag of its document."""
        path = f"/api/configs/by-mac/{self.mac}"
        body = json.dumps({"content": content}).encode()
        answer = self.service.client.request("PUT", path, body, self.headers)
        assert answer.status in (200, 201)
        etag: str = answer.json()["etag"]
        return etag

    def fetch(self, *held: str, method: str = "GET", query: str = "", **headers: str) -> Answer:
        """Fetch the document, naming these ETags."""
        if held:
            headers["If-None-Match"] = ", ".join(held)
        dashed = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.client.request(method, f"/api/configs/{self.mac}.json{query}", headers=dashed)

    def report(
        self, outcome: str, etag: str, headers: Mapping[str, str] | None = None, **members: object
    ) -> Answer:
        body = json.dumps({"outcome": outcome, "etag": etag, **members}).encode()
        return self.send_report(body, headers)

    def send_report(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return self.service.client.request("POST", f"/api/devices/{self.mac}/report", body, headers or {})

    def shown(self) -> Any:
        """The device, as operators see it after the sightings were written."""
        assert self.service.flush is not None
        assert self.service.flush()
        answer = self.service.client.request("GET", f"/api/devices/{self.mac}", headers=self.headers)
        assert 200 == answer.status
        return answer.json()

    def evidence(self) -> dict[str, str]:
        """The ETag of each kind of evidence."""
        return {each["kind"]: each["etag"] for each in self.shown()["evidence"]}


@pytest.fixture
def start_recording(start_service: Callable[..., Service]) -> Callable[..., Service]:
    """Starts the API that records fetches, on an empty database of each kind; the test writes them itself."""
    return lambda **environ: start_service(**{"IOTCONFIG_SIGHTINGS_INTERVAL": "3600", **environ})


@pytest.fixture
def board(start_recording: Callable[..., Service]) -> Board:
    """A new device without a config."""
    return Board(start_recording())


def test_a_device_from_its_first_fetch_to_a_refusal_that_is_mended(board: Board) -> None:
    """Each sign is one row; the sentence says what runs, and why."""
    first = board.save({"wifi": {"channel": 11}})
    never = board.shown()
    assert ("never", "Never seen.", 1, None, None) == tuple(
        never[name] for name in ("state", "why", "wanted", "held", "last_seen")
    )

    assert 200 == board.fetch().status
    assert ("delivered", None) == (board.shown()["state"], board.shown()["held"])
    assert board.shown()["why"].endswith("its firmware does not say what it runs.")

    assert 304 == board.fetch(first).status
    assert ("in_sync", 1) == (board.shown()["state"], board.shown()["held"])

    second = board.save({"wifi": {"channel": 15}})
    assert "pending" == board.shown()["state"]
    assert 200 == board.fetch(first).status
    refusal: dict[str, Any] = {"pointer": "/wifi/channel", "reason": "15 > 13", "firmware": "1.4", "n": 1}
    assert (204, b"") == (board.report("rejected", second, **refusal).status, board.fetch(first, second).body)
    refused = board.shown()
    assert ("rejected", 1, 2, "1.4") == tuple(
        refused[name] for name in ("state", "held", "wanted", "firmware")
    )
    assert re.fullmatch(r"Runs 1 of 2; refused 2 at /wifi/channel: 15 > 13; seen .+\.", refused["why"])

    third = board.save({"wifi": {"channel": 13}})
    board.save({"wifi": {"channel": 12}})
    assert re.match(r"Runs 1 of 4; refused 2 at /wifi/channel: 15 > 13; seen ", board.shown()["why"])
    assert 204 == board.report("applied", third, n=2).status
    shown = board.shown()
    assert ("pending", None, "1.4") == (shown["state"], shown["held"], shown["firmware"])


def test_the_first_tag_is_what_the_device_runs(board: Board) -> None:
    """On 304 as on 200; later ones are known documents that it does not want. Tags that were altered on the way count."""
    old, new = board.save({"a": 1}), board.save({"a": 2})

    assert 304 == board.fetch(old, new).status
    assert {"holds": old} == board.evidence()
    assert 200 == board.fetch(f"{old[:-1]}-gzip{old[-1]}").status
    assert {"holds": old, "fetched": new} == board.evidence()


@pytest.mark.parametrize("tag", ["*", '"', '"a b"', f'"{"a" * 90}"', "\x01", '"\xff"'])
def test_what_is_no_tag_of_ours_is_no_evidence_of_what_runs(board: Board, tag: str) -> None:
    """The fetch is answered all the same."""
    board.save({})
    assert board.fetch(tag).status in (200, 304)
    assert "holds" not in board.evidence()


def test_requests_that_are_no_sighting(board: Board) -> None:
    """HEAD, browsers, credentials of operators, and `peek`."""
    etag = board.save({})
    token = bearer(api_token(board.service.database_url, Role.VIEWER))["Authorization"]

    answers = [
        board.fetch(etag, method="HEAD"),
        board.fetch(etag, Sec_Fetch_Site="none"),
        board.fetch(etag, Sec_Fetch_Dest="document"),
        board.fetch(etag, Authorization=token),
        *(
            board.fetch(etag, Cookie=f"theme=dark; {name}=abc")
            for name in ("access_token", "__Host-access_token", "token_session", "__Host-token_session")
        ),
        board.fetch(etag, query="?peek"),
        board.fetch(etag, query="?peek=1&a=b", Config_Report=f"applied; etag={etag}"),
    ]

    assert [304] * 10 == [answer.status for answer in answers]
    assert ("never", []) == (board.shown()["state"], board.shown()["evidence"])
    board.fetch(etag, query="?a=b", Cookie="theme=dark", Authorization="Basic YTpi")
    assert "in_sync" == board.shown()["state"]


def test_a_report_in_the_header_of_a_fetch(board: Board) -> None:
    """It is stored at once; a malformed one is named, and never costs the device its document."""
    etag = board.save({"a": 1})
    answer = board.fetch(Config_Report=f'rejected; etag={json.dumps(etag)}; reason="no"; n=3')
    assert (200, b'{"a": 1}') == (answer.status, answer.body)
    assert "config-report-error" not in answer.headers
    assert {"fetched": etag, "rejected": etag} == board.evidence()

    for malformed in ("eaten; etag=a", "applied", "\x1b[2J", "applied; etag=" + "a" * 4000):
        answer = board.fetch(etag, Config_Report=malformed)
        assert (304, etag) == (answer.status, answer.headers["etag"])
        assert re.fullmatch(r"[ -~]{10,210}", answer.headers["config-report-error"])
    assert {"fetched": etag, "rejected": etag, "holds": etag} == board.evidence()


def test_an_old_report_after_a_newer_one_changes_nothing(board: Board) -> None:
    """By the number of the report; a retry of the same one is harmless."""
    etag = board.save({})
    assert [204] * 3 == [
        board.report("applied", etag, n=8, firmware="2").status,
        board.report("rejected", etag, n=7, firmware="2").status,
        board.report("applied", etag, n=8, firmware="2").status,
    ]
    assert ({"applied": etag}, "in_sync") == (board.evidence(), board.shown()["state"])

    board.report("rejected", etag, n=1, firmware="3")
    assert ("rejected", "3") == (board.shown()["state"], board.shown()["firmware"])


def test_a_report_of_an_unknown_document_is_kept(board: Board) -> None:
    """Its number is not known."""
    board.save({})
    assert 204 == board.report("applied", "elsewhere").status
    shown = board.shown()
    assert ("pending", None) == (shown["state"], shown["held"])
    assert [('"elsewhere"', 1, None)] == [
        (each["etag"], each["number"], each["etag_number"]) for each in shown["evidence"]
    ]


def test_reports_that_are_refused(board: Board) -> None:
    """Nothing of them is stored."""
    etag = board.save({})
    refused = [
        (
            board.send_report(b'{"outcome": "applied", "etag": "a", "reason": "%s"}' % (b"x" * 4096)),
            413,
            "CONTENT_TOO_LARGE",
        ),
        (board.send_report(b"\x00\xff\xfe"), 400, "VALIDATION_FAILED"),
        (board.report("applied", etag, reason="\0"), 400, "VALIDATION_FAILED"),
        (board.send_report(b""), 400, "VALIDATION_FAILED"),
        (board.report("applied", etag, BROWSER), 403, "AUTHORIZATION_FAILED"),
        (board.report("applied", etag, {"Authorization": "Bearer iotc_x"}), 403, "AUTHORIZATION_FAILED"),
        (Board(board.service).report("applied", etag), 404, "RECORD_NOT_FOUND"),
        (board.service.client.request("POST", "/api/devices/x/report", b"{}"), 400, "INVALID_OPERATION"),
    ]
    for answer, status, code in refused:
        expect_problem(answer, status, code)
    assert [] == board.shown()["evidence"]

    assert 204 == board.report("rejected", etag, reason="\x1b[31m" + "x" * 350).status
    assert r"Refused 1: \x1b[31mxxx" in board.shown()["why"]


def test_evidence_without_the_token_of_its_device_is_not_kept(
    start_recording: Callable[..., Service],
) -> None:
    """Where it has one; a token of another device is refused."""
    service = start_recording(IOTCONFIG_AUTH="on", IOTCONFIG_DEVICE_AUTH="optional")
    admin = bearer(api_token(service.database_url, Role.ADMIN))
    board, other = Board(service, admin), Board(service, admin)
    etag, of_other = board.save({}), other.save({})
    token = bearer(device_token(service.database_url, board.mac))

    assert [304, 304] == [board.fetch(etag).status, other.fetch(of_other).status]
    problem = board.fetch(etag, Config_Report="applied; etag=a").headers["config-report-error"]
    assert "'Authorization: Bearer iotd_...'" in problem
    expect_problem(board.report("applied", etag), 401, "AUTHENTICATION_REQUIRED")
    expect_problem(other.report("applied", etag, token), 403, "AUTHORIZATION_FAILED")
    assert ("never", "in_sync") == (board.shown()["state"], other.shown()["state"])

    assert 304 == board.fetch(etag, **token).status
    assert 204 == board.report("applied", etag, token).status
    assert ["token", "token"] == [each["proof"] for each in board.shown()["evidence"]]
    assert ["none"] == [each["proof"] for each in other.shown()["evidence"]]


def test_where_tokens_are_required_an_operator_reports_nothing(
    start_recording: Callable[..., Service],
) -> None:
    """One who may read may fetch a document, which is no sighting."""
    service = start_recording(IOTCONFIG_AUTH="on", IOTCONFIG_DEVICE_AUTH="required")
    admin = bearer(api_token(service.database_url, Role.ADMIN))
    board = Board(service, admin)
    etag = board.save({})

    assert 304 == board.fetch(etag, **admin).status
    expect_problem(board.report("applied", etag, admin), 403, "AUTHORIZATION_FAILED")
    expect_problem(board.report("applied", etag), 401, "AUTHENTICATION_REQUIRED")
    assert "never" == board.shown()["state"]


def test_two_workers_that_saw_a_device_write_in_any_order(
    start_recording: Callable[..., Service],
) -> None:
    """The newest document number counts, whoever writes last."""
    board = Board(start_recording())
    elsewhere = Board(start_recording(), mac=board.mac)
    old = board.save({"a": 1})
    elsewhere.fetch(old)
    new = board.save({"a": 2})
    board.fetch(new)

    assert "in_sync" == board.shown()["state"]
    shown = elsewhere.shown()
    assert ("in_sync", 2, {"holds": new}) == (shown["state"], shown["held"], elsewhere.evidence())


def test_devices_are_listed_by_state(start_recording: Callable[..., Service]) -> None:
    """In pages, sorted by MAC address; a device without a document is none."""
    service = start_recording()
    boards = [Board(service, mac=f"02:00:00:00:01:{number:02x}") for number in range(7)]
    etags = [board.save({"deviceName": f"Lamp {number}"}) for number, board in enumerate(boards)]
    for board, etag in zip(boards[::2], etags[::2], strict=True):
        board.fetch(etag)
    boards[0].shown()

    def listed(query: str) -> list[str]:
        found, cursor = [], ""
        while True:
            page = service.client.get(f"/api/devices?{query}{cursor}").json()
            found += [device["device_name"] for device in page["devices"]]
            assert {"devices", "counts", "more", "next", "as_of"} == set(page)
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    names = [f"Lamp {number}" for number in range(7)]
    assert names == listed("") == listed("limit=3") == listed("limit=7") == listed("limit=1")
    assert names[::2] == listed("state=in_sync") == listed("state=in_sync&limit=1")
    assert names[1::2] == listed("state=never&limit=3")
    assert [] == listed("state=rejected")
    assert "evidence" not in service.client.get("/api/devices").json()["devices"][0]
    for query in (
        "state=lost",
        "limit=0",
        "cursor=x",
        "colour=red",
        "overdue=yes",
        "tag=A",
        "q=%00",
        "firmware=%00",
    ):
        expect_problem(service.client.get(f"/api/devices?{query}"), 400, "VALIDATION_FAILED")


def test_devices_are_listed_by_what_is_known_of_them(start_recording: Callable[..., Service]) -> None:
    """By tags, firmware and text, which all must fit; the counts are of all pages, and do not heed `state`."""
    service = start_recording()
    boards = [Board(service, mac=f"02:00:00:00:02:{number:02x}") for number in range(4)]
    for number, board in enumerate(boards):
        etag = board.save({"deviceName": f"Lamp {number}"})
        if number:
            assert 204 == board.report("applied", etag, firmware=f"1.{number}").status
    for number in (0, 1, 3):
        path = f"/api/devices/{boards[number].mac}"
        assert 204 == service.client.request("PUT", f"{path}/tags/floor-3").status
    assert (
        204 == service.client.send_json("PUT", f"/api/devices/{boards[3].mac}/note", {"note": "Attic"}).status
    )

    def listed(query: str) -> tuple[list[str], dict[str, int]]:
        page = service.client.get(f"/api/devices?{query}").json()
        assert page["more"] is False
        counts = {name: count for name, count in page["counts"].items() if count}
        return [device["device_name"] for device in page["devices"]], counts

    assert (["Lamp 0", "Lamp 1", "Lamp 3"], {"never": 1, "in_sync": 2}) == listed("tag=floor-3")
    assert (["Lamp 2"], {"in_sync": 1}) == listed("tag=!floor-3")
    assert (["Lamp 1", "Lamp 3"], {"never": 1, "in_sync": 2}) == listed("tag=floor-3&state=in_sync")
    assert (["Lamp 2"], {"in_sync": 1}) == listed("firmware=1.2")
    assert (["Lamp 3"], {"in_sync": 1}) == listed("q=lamp%203&tag=floor-3")
    assert ([], {"never": 1, "in_sync": 3}) == listed("overdue=true")
    assert ({"never", "rejected", "in_sync", "drifted", "delivered", "pending", "overdue"}) == set(
        service.client.get("/api/devices").json()["counts"]
    )
    without = service.client.get("/api/devices?count=false").json()
    assert (None, False) == (without.get("counts"), without["more"])
    attic = boards[3].shown()
    assert (["floor-3"], "Attic", False) == (attic["tags"], attic["note"], attic["overdue"])


def test_a_device_that_is_silent_is_overdue(start_recording: Callable[..., Service]) -> None:
    """The sentence says for how long it was silent, and how often it was expected."""
    service = start_recording(IOTCONFIG_EXPECTED_INTERVALS="mains=1s")
    board = Board(service)
    board.report("applied", board.save({}))
    service.client.request("PUT", f"/api/devices/{board.mac}/tags/mains")
    assert board.shown()["overdue"] is False
    execute(
        service.database_url,
        f"UPDATE device_evidence SET received_at = received_at - 10800000000 WHERE mac_address = '{board.mac}'",  # noqa: S608 - an address of ours
    )

    shown = board.shown()
    assert (True, "Runs 1; silent for 3 hours; expected every 1 second.") == (shown["overdue"], shown["why"])
    service.client.request("PUT", f"/api/devices/{board.mac}/tags/seen-again")
    listed = service.client.get("/api/devices?overdue=true&limit=1000").json()
    assert board.mac in [device["mac_address"] for device in listed["devices"]]
    board.report("applied", board.save({"a": 1}))
    assert board.shown()["overdue"] is False


def test_how_the_state_of_a_device_changed(board: Board) -> None:
    """Each change with the evidence that made it, the newest first, in pages; a device without any has none."""
    path = f"/api/devices/{board.mac}/evidence"
    client = board.service.client
    expect_problem(client.get(path), 404, "RECORD_NOT_FOUND")
    etag = board.save({})
    assert {"changes": [], "next": None} == client.get(path).json()
    board.report("rejected", etag, pointer="/a", reason="no", firmware="1.4")
    board.report("applied", etag)

    page = client.get(path).json()
    assert [(2, "in_sync", 1, "applied"), (1, "rejected", 1, "rejected")] == [
        (each["number"], each["state"], each["wanted"], each["evidence"]["kind"]) for each in page["changes"]
    ]
    assert ("/a", "no", "1.4") == tuple(
        page["changes"][1]["evidence"][name] for name in ("pointer", "reason", "firmware")
    )
    first = client.get(f"{path}?limit=1").json()
    assert page["changes"][:1] == first["changes"]
    assert page["changes"][1:] == client.get(f"{path}?limit=1&cursor={first['next']}").json()["changes"]
    for query in ("limit=0", "cursor=x", "state=pending"):
        expect_problem(client.get(f"{path}?{query}"), 400, "VALIDATION_FAILED")
    expect_problem(client.get("/api/devices/kitchen/evidence"), 400, "INVALID_OPERATION")

    assert (
        204
        == client.request(
            "DELETE", f"/api/configs/{client.get(f'/api/configs/{board.mac}').json()['id']}"
        ).status
    )
    assert 2 <= len(client.get(path).json()["changes"])


def test_former_devices(board: Board) -> None:
    """They are no devices any more; a list of them takes no filter."""
    client = board.service.client
    board.save({})
    board.report("applied", '"a"', firmware="1.4")
    config = client.get(f"/api/configs/{board.mac}").json()
    successor = new_mac()
    body = {"mac_address": successor}
    assert 200 == client.send_json("POST", f"/api/configs/{config['id']}/replace-device", body).status

    page = client.get("/api/devices?former=true&limit=1000").json()
    [former] = [each for each in page["former"] if each["mac_address"] == board.mac]
    assert (successor, "1.4") == (former["replaced_by"], former["firmware"])
    assert [] == page["devices"]
    assert successor not in [each["mac_address"] for each in page["former"]]
    assert "former" not in client.get("/api/devices").json()
    for query in ("former=true&state=never", "former=true&tag=a", "former=true&q=a", "former=yes"):
        expect_problem(client.get(f"/api/devices?{query}"), 400, "VALIDATION_FAILED")


def test_a_device_that_is_none(board: Board) -> None:
    """404, 410 for a board that was replaced, and 400 for what is no MAC address."""
    client = board.service.client
    expect_problem(client.get(f"/api/devices/{board.mac}"), 404, "RECORD_NOT_FOUND")
    expect_problem(client.get("/api/devices/kitchen"), 400, "INVALID_OPERATION")

    board.save({})
    config = client.get(f"/api/configs/{board.mac}").json()
    body = {"mac_address": new_mac()}
    assert 200 == client.send_json("POST", f"/api/configs/{config['id']}/replace-device", body).status
    expect_problem(client.get(f"/api/devices/{board.mac}"), 410, "RECORD_GONE")
