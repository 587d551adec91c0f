"""Bodies with a wrong structure are refused, and nothing is stored."""

from __future__ import annotations

import json

import pytest

from tests.support.api import expect_problem, new_mac
from tests.support.http import Caller

_JSON = {"Content-Type": "application/json"}
MAC = "02:ab:00:00:00:01"

# A body for POST, and the pointer of its refusal, or None.
POSTED = {
    "array": ("[]", ""),
    "array of one body": (json.dumps([{"mac_address": MAC, "content": {}}]), ""),
    "string": ('"text"', ""),
    "number": ("1", ""),
    "null": ("null", ""),
    "boolean": ("true", ""),
    "no members": ("{}", None),
    "no content": (json.dumps({"mac_address": MAC}), "/content"),
    "no MAC address": ('{"content": {}}', "/mac_address"),
    "unknown member": (json.dumps({"mac_address": MAC, "content": {}, "extra": 1}), "/extra"),
    "unknown member with a slash": (json.dumps({"mac_address": MAC, "content": {}, "a/b": 1}), "/a~1b"),
    "read-only member": (json.dumps({"mac_address": MAC, "content": {}, "id": 1}), "/id"),
    "member in other case": (json.dumps({"MAC_address": MAC, "content": {}}), "/MAC_address"),
    "content twice": (f'{{"mac_address": "{MAC}", "content": {{}}, "content": {{}}}}', "/content"),
    "MAC address twice": (
        f'{{"mac_address": "{MAC}", "mac_address": "{MAC}", "content": {{}}}}',
        "/mac_address",
    ),
    "NUL in the MAC address": (json.dumps({"mac_address": MAC + "\0", "content": {}}), "/mac_address"),
    "lone surrogate in the MAC address": (
        json.dumps({"mac_address": "\ud800", "content": {}}),
        "/mac_address",
    ),
    "deep unknown member": (f'{{"mac_address": "{MAC}", "content": {{}}, "x": {"[" * 100_000}}}', None),
    "5,000 digits unknown": (f'{{"mac_address": "{MAC}", "content": {{}}, "x": {"9" * 5000}}}', None),
    "content as an escaped name": (f'{{"mac_address": "{MAC}", "c\\u006fntent": []}}', "/content"),
}

PUT = {
    "array": ("[]", ""),
    "string": ('"text"', ""),
    "number": ("1", ""),
    "null": ("null", ""),
    "no members": ("{}", "/content"),
    "a MAC address, which cannot change": (json.dumps({"mac_address": MAC, "content": {}}), "/mac_address"),
    "bare content": ('{"deviceName": "x"}', "/deviceName"),
    "content twice": ('{"content": {}, "content": {}}', "/content"),
}


@pytest.mark.parametrize(("body", "pointer"), list(POSTED.values()), ids=list(POSTED))
def test_a_create_of_the_wrong_shape_is_refused(
    untouched_single: Caller, body: str, pointer: str | None
) -> None:
    """The refusal has a pointer from the top of the body."""
    answer = untouched_single.request("POST", "/api/configs", body.encode(), _JSON)
    problem = expect_problem(answer, 400, "VALIDATION_FAILED")
    assert pointer is None or pointer == problem["details"]["pointer"]


@pytest.mark.parametrize(("body", "pointer"), list(PUT.values()), ids=list(PUT))
def test_a_replacement_of_the_wrong_shape_is_refused(
    untouched_single: Caller, body: str, pointer: str
) -> None:
    """Requests by id and by MAC address get the same refusals."""
    first = untouched_single.get("/api/configs?limit=1").json()["configs"][0]
    for target in (str(first["id"]), f"by-mac/{first['mac_address']}", f"by-mac/{new_mac()}"):
        answer = untouched_single.request("PUT", f"/api/configs/{target}", body.encode(), _JSON)
        assert pointer == expect_problem(answer, 400, "VALIDATION_FAILED")["details"]["pointer"]


@pytest.mark.parametrize("method_and_path", ["POST /api/configs", f"PUT /api/configs/by-mac/{MAC}"])
@pytest.mark.parametrize(
    "body",
    [None, b"", b" ", b"\n", b"{", b"content=1", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"\0"],
    ids=["none", "empty", "space", "newline", "brace", "form", "UTF-8 BOM", "UTF-16", "NUL"],
)
def test_a_body_that_is_not_json_is_refused(
    untouched_single: Caller, method_and_path: str, body: bytes | None
) -> None:
    """An empty body, white space, other encodings and other formats get 400."""
    method, path = method_and_path.split()
    expect_problem(untouched_single.request(method, path, body, _JSON), 400, "VALIDATION_FAILED")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unexpected_body_changes_nothing(untouched_single: Caller, method: str) -> None:
    """A GET or DELETE of a missing config answers 404 whatever its body is."""
    answer = untouched_single.request(method, "/api/configs/99999999", b'{"content": {}}', _JSON)
    expect_problem(answer, 404, "RECORD_NOT_FOUND")
