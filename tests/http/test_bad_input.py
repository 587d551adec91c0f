"""Invalid MAC addresses and ids are refused, and nothing is stored."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.api import create, created, expect_problem, new_mac
from tests.support.http import Caller
from tests.support.in_process import Service

NEAR_MISSES = {
    "mixed separators": "02:ab-00:00:00:01",
    "one separator missing": "02ab:00:00:00:01",
    "11 digits": "02ab0000000",
    "13 digits": "02ab000000012",
    "11 digits with colons": "02:ab:00:00:00:1",
    "5 octets": "02:ab:00:00:00",
    "7 octets": "02:ab:00:00:00:01:02",
    "full-width digits": "\uff10\uff12:ab:00:00:00:01",
    "Arabic digits": "\u0660\u0662ab00000001",
    "no hex digit": "0g:ab:00:00:00:01",
    "trailing newline": "02:ab:00:00:00:01\n",
    "leading newline": "\n02:ab:00:00:00:01",
    "trailing space": "02:ab:00:00:00:01 ",
    "trailing colon": "02:ab:00:00:00:01:",
    "dots in twos": "02.ab.00.00.00.01",
    "colons in fours": "02ab:0000:0001",
    "a quote": "02ab00000001'",
    "empty": "",
    "long": "0" * 3000,
}
near_misses = pytest.mark.parametrize("mac", list(NEAR_MISSES.values()), ids=list(NEAR_MISSES))

NO_IDS = {
    "zero": "0",
    "minus one": "-1",
    "plus one": "+1",
    "2**63": str(2**63),
    "19 nines": "9" * 19,
    "3,500 digits": "1" * 3500,
    "Arabic three": "\u0663",
    "full-width one": "\uff11",
    "underscore": "1_2",
    "leading zero": "01",
    "trailing newline": "1\n",
    "trailing space": "1 ",
    "fraction": "1.0",
    "hexadecimal": "0x1",
    "word": "by-mac",
    "NUL": "1\0",
    "quote": "1' OR '1'='1",
    "no UTF-8": "\udcff",
    "absent": "99999999",
    "largest": str(2**63 - 1),
}
no_ids = pytest.mark.parametrize("text", list(NO_IDS.values()), ids=list(NO_IDS))


def _segment(text: str) -> str:
    return quote(text.encode(errors="surrogateescape"), safe="")


@near_misses
def test_a_device_path_without_a_mac_address_is_refused(untouched_single: Caller, mac: str) -> None:
    """A segment that ends in .json without a MAC address gets 400."""
    problem = expect_problem(
        untouched_single.get(f"/api/configs/{_segment(mac)}.json"), 400, "INVALID_OPERATION"
    )
    assert "invalid format" in problem["error"]


@near_misses
def test_a_write_to_an_invalid_mac_address_is_refused(untouched_single: Caller, mac: str) -> None:
    """By-mac writes refuse similar spellings; an empty segment is not a route or not a MAC address."""
    answer = untouched_single.send_json("PUT", f"/api/configs/by-mac/{_segment(mac)}", {"content": {}})
    if not mac:
        assert answer.status in (400, 404, 405)
        return
    assert "invalid format" in expect_problem(answer, 400, "INVALID_OPERATION")["error"]


@near_misses
@pytest.mark.parametrize("content", [{}, "{}"], ids=["object", "string"])
def test_a_body_with_an_invalid_mac_address_is_refused(
    untouched_single: Caller, mac: str, content: object
) -> None:
    """The member mac_address has the same rule as paths."""
    answer = untouched_single.send_json("POST", "/api/configs", {"mac_address": mac, "content": content})
    assert "invalid format" in expect_problem(answer, 400, "INVALID_OPERATION")["error"]


@pytest.mark.parametrize("value", [None, 2, 2.5, True, [], ["02ab00000001"], {}], ids=repr)
def test_a_mac_address_of_another_type_is_refused(untouched_single: Caller, value: object) -> None:
    """A MAC address is a string."""
    answer = untouched_single.send_json("POST", "/api/configs", {"mac_address": value, "content": {}})
    problem = expect_problem(answer, 400, "VALIDATION_FAILED")
    assert {"pointer": "/mac_address"} == problem["details"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("mac", ["02ab0000000", "02:ab:00:00:00:01\n"], ids=["11 digits", "newline"])
def test_writes_to_an_invalid_device_path_are_refused(untouched: Caller, method: str, mac: str) -> None:
    """A segment that ends in .json is a MAC address for every method."""
    answer = untouched.send_json(method, f"/api/configs/{_segment(mac)}.json", {"content": {}})
    expect_problem(answer, 400, "INVALID_OPERATION")


@pytest.mark.parametrize("suffix", ["%0A", "%20", "%00", "/", "x"], ids=["LF", "space", "NUL", "slash", "x"])
def test_text_after_the_suffix_is_not_ignored(both: Service, suffix: str) -> None:
    """A path with text after .json gets 404, never a document."""
    config = created(both.client, {})
    answer = both.client.get(f"/api/configs/{config['mac_address']}.json{suffix}")
    assert 404 == answer.status
    assert "application/problem+json" == answer.headers["content-type"]


@no_ids
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_invalid_ids_are_not_found(untouched: Caller, method: str, text: str) -> None:
    """Ids are ASCII digits from 1 to 2^63-1; the refusal repeats the requested one."""
    body: dict[str, object] | None = {"content": {}} if method == "PUT" else None
    path = f"/api/configs/{_segment(text)}"
    answer = untouched.send_json(method, path, body) if body else untouched.request(method, path)
    problem = expect_problem(answer, 404, "RECORD_NOT_FOUND")
    assert problem["error"].startswith("Config ")
    assert "was not found" in problem["error"]


def test_the_refusal_reads_as_documented(untouched: Caller) -> None:
    """The sentence equals the documented one."""
    problem = expect_problem(untouched.get("/api/configs/99999"), 404, "RECORD_NOT_FOUND")
    assert problem["error"].startswith("Config 99999 was not found")


def test_an_unknown_device_has_no_document(untouched: Caller) -> None:
    """A valid MAC address without a config gets 404 on the device route."""
    expect_problem(untouched.get(f"/api/configs/{new_mac()}.json"), 404, "RECORD_NOT_FOUND")


def test_a_second_create_names_the_mac_address(both: Service) -> None:
    """409 has the canonical MAC address, and the first config stays."""
    mac = new_mac()
    first = create(both.client, {"a": 1}, mac)
    again = {"mac_address": mac.replace(":", "").upper(), "content": {"a": 2}}
    problem = expect_problem(both.client.send_json("POST", "/api/configs", again), 409, "RECORD_EXISTS")
    assert mac in problem["error"]
    assert first.body == both.client.get(first.headers["location"]).body


@pytest.mark.parametrize("spelling", ["colons", "dashes", "bare", "dots"])
@pytest.mark.parametrize("upper", [False, True], ids=["lower", "upper"])
def test_every_accepted_spelling_names_the_same_device(both: Service, spelling: str, upper: bool) -> None:
    """Body, by-mac path and device path accept four spellings in any case."""
    mac = new_mac()
    bare = mac.replace(":", "")
    spelled = {
        "colons": mac,
        "dashes": mac.replace(":", "-"),
        "bare": bare,
        "dots": f"{bare[:4]}.{bare[4:8]}.{bare[8:]}",
    }[spelling]
    spelled = spelled.upper() if upper else spelled

    config = created(both.client, {"a": 1}, spelled)
    put = both.client.send_json("PUT", f"/api/configs/by-mac/{spelled}", {"content": '{"a":2}'})

    assert mac == config["mac_address"]
    assert (200, config["id"]) == (put.status, put.json()["id"])
    assert b'{"a":2}' == both.client.get(f"/api/configs/{spelled}.json").body
