"""Records that an import refuses are listed with line and reason, and nothing is stored."""

from __future__ import annotations

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.in_process import Service

from .test_import_routes import counts_of, document, post, record

BAD_RECORDS = {
    "no JSON": (b"nonsense", "VALIDATION_FAILED"),
    "an array": (b'["02ab00000001", {}]', "VALIDATION_FAILED"),
    "no content": (b'{"mac_address": "02ab00000001"}', "VALIDATION_FAILED"),
    "no MAC address": (b'{"content": {}}', "VALIDATION_FAILED"),
    "null for content": (b'{"mac_address": "02ab00000001", "content": null}', "VALIDATION_FAILED"),
    "a list for content": (b'{"mac_address": "02ab00000001", "content": []}', "VALIDATION_FAILED"),
    "another member": (b'{"mac_address": "02ab00000001", "content": {}, "x": 1}', "VALIDATION_FAILED"),
    "a member twice": (b'{"mac_address": "02ab00000001", "content": {"a": 1, "a": 2}}', "VALIDATION_FAILED"),
    "NaN": (b'{"mac_address": "02ab00000001", "content": {"a": NaN}}', "VALIDATION_FAILED"),
    "a number for the device name": (
        b'{"mac_address": "02ab00000001", "content": {"deviceName": 1}}',
        "VALIDATION_FAILED",
    ),
    "no MAC address in it": (b'{"mac_address": "02ab0000000g", "content": {}}', "INVALID_OPERATION"),
    "a number for it": (b'{"mac_address": 1, "content": {}}', "VALIDATION_FAILED"),
    "no UTF-8": (b'{"mac_address": "02ab00000001", "content": {"a": "\xff"}}', "VALIDATION_FAILED"),
    "a byte order mark": (b'\xef\xbb\xbf{"mac_address": "02ab00000001", "content": {}}', "VALIDATION_FAILED"),
    "cut off": (b'{"mac_address": "02ab00000001", "content": {"a"', "VALIDATION_FAILED"),
    "too large": (
        b'{"mac_address": "02ab00000001", "content": {"a": "' + b"x" * 2**18 + b'"}}',
        "CONTENT_TOO_LARGE",
    ),
    "too long": (b'{"mac_address": "02ab00000001"' + b" " * 2_000_000 + b"}", "CONTENT_TOO_LARGE"),
}


@pytest.mark.parametrize(("line", "code"), list(BAD_RECORDS.values()), ids=list(BAD_RECORDS))
def test_a_bad_record_is_refused_with_its_line(single: Service, line: bytes, code: str) -> None:
    """Nothing is stored or, with `keep_going`, all other records are."""
    macs = [new_mac(), new_mac()]
    body = record(macs[0]).encode() + b"\n" + line + b"\n" + record(macs[1]).encode()
    refused = post(single.client, body)
    problem = expect_problem(refused, 422, "UNPROCESSABLE")
    assert [("line 3", code)] == [(one["place"], one["code"]) for one in problem["details"]["errors"]]
    assert problem["details"]["errors"][0]["error"] in problem["error"]
    assert {"new": 2, "refused": 1} == counts_of(refused)
    assert [None, None] == [document(single.client, mac) for mac in macs]
    kept = post(single.client, body, "?keep_going=true")
    assert (200, {"new": 2, "refused": 1, "stored": True}) == (kept.status, counts_of(kept))
    assert problem["details"]["errors"] == kept.json()["errors"]
    assert [b'{"a":1.10}'] * 2 == [document(single.client, mac) for mac in macs]


def test_a_thousand_refusals_are_listed(single: Service) -> None:
    """Further ones are only counted."""
    body = post(single.client, "x\n" * 1003, "?keep_going=true").json()
    assert (1003, 1000, 3) == (body["refused"], len(body["errors"]), body["errors_left_out"])
