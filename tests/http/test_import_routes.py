"""`POST /api/configs/import`: configs as NDJSON or as a document, all stored or none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.api import created, expect_problem, new_mac
from tests.support.http import Answer, Caller
from tests.support.in_process import Service
from tests.support.tables import contents

NDJSON = "application/x-ndjson"
DOCUMENT = "application/json"
COUNTS = ["dry_run", "new", "changed", "deleted", "restored", "same", "skipped", "refused", "stored"]
PATH = "/api/configs/import"


def post(client: Caller, body: str | bytes, query: str = "", media_type: str = NDJSON) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    return client.request("POST", f"{PATH}{query}", data, {"Content-Type": media_type})


def record(mac: str, content: str = '{"a":1.10}') -> str:
    return f'{{"mac_address": "{mac}", "content": {content}}}\n'


def counts_of(answer: Answer) -> dict[str, int]:
    """The counts above zero in an answer."""
    body = answer.json()
    found = body["details"] if answer.status == 422 else body
    assert [*COUNTS, "change", "errors", "errors_left_out", "removed"] == list(found)
    return {name: found[name] for name in COUNTS if found[name]}


def document(client: Caller, mac: str) -> bytes | None:
    answer = client.get(f"/api/configs/{mac}.json")
    assert answer.status in (200, 404)
    return answer.body if answer.status == 200 else None


@pytest.mark.parametrize("form", ["lines", "document"])
def test_records_of_both_forms_are_stored_verbatim(both: Service, form: str) -> None:
    """Content is an object or a string, MAC addresses have any spelling; the history has author and message."""
    macs = [new_mac() for _ in range(3)]
    texts = ['{"a":1.10,  "b": "\\u00e9"}', '{\n "a": 1E2\n}\n', "{}"]
    lines = [
        record(macs[0].upper().replace(":", "-"), texts[0]),
        record(macs[1].replace(":", ""), json.dumps(texts[1])),
        f'{{"content": {{}}, "mac_address": "{macs[2]}"}}\r\n\n',
    ]
    if form == "lines":
        answer = post(both.client, "".join(lines), "?message=moved%20in")
    else:
        body = f'{{"configs": [{",".join(lines)}]}}'
        answer = post(both.client, body, "?message=moved%20in", DOCUMENT)
    assert (200, {"new": 3, "stored": True}) == (answer.status, counts_of(answer))
    assert [content.encode() for content in texts] == [document(both.client, mac) for mac in macs]
    (found,) = both.client.get(f"/api/configs?q={macs[0]}").json()["configs"]
    history = both.client.get(f"/api/configs/{found['id']}/revisions").json()["revisions"]
    assert [("create", 1, "anonymous", "moved in")] == [
        (one["operation"], one["revision"], one["author"], one["message"]) for one in history
    ]


@pytest.mark.parametrize(
    ("query", "status", "counts", "stored"),
    [
        ("", 422, {"new": 1, "same": 1, "refused": 1}, False),
        ("?on_conflict=fail", 422, {"new": 1, "same": 1, "refused": 1}, False),
        ("?on_conflict=fail&keep_going=true", 200, {"new": 1, "same": 1, "refused": 1, "stored": True}, True),
        ("?on_conflict=skip", 200, {"new": 1, "same": 1, "skipped": 1, "stored": True}, True),
        ("?on_conflict=replace", 200, {"new": 1, "same": 1, "changed": 1, "stored": True}, True),
        ("?dry_run=true", 200, {"dry_run": True, "new": 1, "same": 1, "refused": 1}, False),
        (
            "?dry_run=true&on_conflict=replace",
            200,
            {"dry_run": True, "new": 1, "same": 1, "changed": 1},
            False,
        ),
    ],
)
def test_conflicts_follow_the_option(
    both: Service, query: str, status: int, counts: dict[str, int], stored: bool
) -> None:
    """The outcomes are new, equal, and in conflict with other content."""
    same, other = created(both.client, '{"a":1.10}'), created(both.client, '{"a": 1.1}')
    new = new_mac()
    answer = post(both.client, "".join(map(record, (same["mac_address"], other["mac_address"], new))), query)
    assert (status, counts) == (answer.status, counts_of(answer))
    assert (b'{"a":1.10}' if stored else None) == document(both.client, new)
    assert same == both.client.get(f"/api/configs/{same['id']}").json()
    after = both.client.get(f"/api/configs/{other['id']}").json()
    assert (2 if "changed" in counts and stored else 1) == after["revision"]
    if status == 422:
        expect_problem(answer, 422, "UNPROCESSABLE")
        (error,) = answer.json()["details"]["errors"]
        assert ("line 2", "RECORD_EXISTS") == (error["place"], error["code"])
        assert {"mac_address": other["mac_address"]} == error["details"]
        assert ["place", "error", "code", "details"] == list(error)


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "null", '{"config": []}', '{"configs": {}}', '{"configs": [1]}', '{"configs": [{}'),
        *('{"configs": []', '{"configs": [],}', '{"configs": [] } x', '{"configs": [], "x": 1}', "nonsense"),
        '{"mac_address": "02ab00000001", "content": {}}',
    ],
)
def test_a_broken_document_is_refused(untouched_single: Caller, text: str) -> None:
    """A truncated document may lack records, so nothing of it is stored."""
    expect_problem(post(untouched_single, text, "", DOCUMENT), 422, "UNPROCESSABLE")


def test_a_board_that_was_replaced_is_refused_unless_allowed(both: Service) -> None:
    """The refusal has the code and the details of the board's document; `allow_replaced` gives it a config again."""
    made, successor, new = created(both.client, '{"a": 1}'), new_mac(), new_mac()
    old = made["mac_address"]
    both.client.send_json("POST", f"/api/configs/{made['id']}/replace-device", {"mac_address": successor})
    body = record(old) + record(new)
    problem = expect_problem(post(both.client, body), 422, "UNPROCESSABLE")
    (error,) = problem["details"]["errors"]
    assert ("line 1", "RECORD_GONE") == (error["place"], error["code"])
    assert {"mac_address": old, "replaced_by": successor} == error["details"]
    assert successor in error["error"]
    assert document(both.client, new) is None

    answer = post(both.client, body, "?keep_going=true")
    assert (200, {"new": 1, "refused": 1, "stored": True}) == (answer.status, counts_of(answer))
    answer = post(both.client, body, "?allow_replaced=true")
    assert (200, {"new": 1, "same": 1, "stored": True}) == (answer.status, counts_of(answer))
    assert b'{"a":1.10}' == document(both.client, old)
    expect_problem(post(both.client, body, "?allow_replaced=yes"), 400, "VALIDATION_FAILED")


@pytest.mark.parametrize("start", ["on_sqlite", "on_postgresql"])
def test_an_import_that_prunes(request: pytest.FixtureRequest, start: str) -> None:
    """Configs that the body does not have are deleted, listed and counted, if their number is the expected one."""
    with request.getfixturevalue(start)() as own:
        client = own.client
        kept, gone = created(client, '{"a":1.10}'), created(client, '{"a": 1}')["mac_address"]
        body = record(kept["mac_address"])
        shown = post(client, body, "?prune=true&dry_run=true").json()
        assert ([gone], 1, False) == (shown["removed"], shown["deleted"], shown["stored"])
        other_number = post(client, body, "?prune=true&expect_removed=2")
        assert {"removed": 1} == expect_problem(other_number, 412, "PRECONDITION_FAILED")["details"]
        expect_problem(post(client, "\n", "?prune=true"), 400, "VALIDATION_FAILED")
        assert b'{"a": 1}' == document(client, gone)

        answer = post(client, body, "?prune=true&expect_removed=1")
        assert (200, {"same": 1, "deleted": 1, "stored": True}) == (answer.status, counts_of(answer))
        assert [gone] == answer.json()["removed"]
        assert document(client, gone) is None
        assert kept == client.get(f"/api/configs/{kept['id']}").json()
        assert 1 == post(client, "\n", "?prune=true&allow_empty=true").json()["deleted"]


@pytest.mark.parametrize(
    "query",
    ["?prune=true&keep_going=true", "?expect_removed=1", "?allow_empty=true", "?prune=true&expect_removed=-1",
     "?prune=true&expect_removed=x", "?prune=1"],
)  # fmt: skip
def test_options_of_pruning_that_do_not_fit(untouched_single: Caller, query: str) -> None:
    """Nothing is deleted by a request that contradicts itself."""
    expect_problem(post(untouched_single, "\n", query), 400, "VALIDATION_FAILED")


def test_an_import_without_records(both: Service) -> None:
    """It is a success without changes."""
    for body, media_type in ((b"\n", NDJSON), (b'{"configs": []}', DOCUMENT)):
        answer = post(both.client, body, "", media_type)
        assert (200, {}) == (answer.status, counts_of(answer))


def test_two_records_of_one_device_are_refused(both: Service) -> None:
    """Both are refused in any spelling, since neither takes precedence."""
    twice, once = new_mac(), new_mac()
    body = record(twice) + record(once) + record(twice.upper().replace(":", ""), "{}")
    problem = expect_problem(post(both.client, body), 422, "UNPROCESSABLE")
    assert ["line 1", "line 3"] == [one["place"] for one in problem["details"]["errors"]]
    kept = post(both.client, body, "?keep_going=true")
    assert {"new": 1, "refused": 2, "stored": True} == counts_of(kept)
    assert [None, b'{"a":1.10}'] == [document(both.client, mac) for mac in (twice, once)]


@pytest.mark.parametrize(
    "query",
    [
        *(
            f"on_conflict={value}"
            for value in ("", "Fail", "overwrite", "fail,skip", "fail&on_conflict=fail")
        ),
        *(f"{name}={value}" for name in ("dry_run", "keep_going") for value in ("", "1", "yes", "TRUE")),
        *("x=1", "on-conflict=skip", "message=a&message=b"),
    ],
)
def test_a_bad_parameter_is_refused(untouched_single: Caller, query: str) -> None:
    """The refusal names it, and precedes reading of the body."""
    problem = expect_problem(post(untouched_single, record(new_mac()), f"?{query}"), 400, "VALIDATION_FAILED")
    assert {"parameter": query.partition("=")[0]} == problem["details"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/merge-patch+json", f"{NDJSON}; charset=utf-16", "text/csv", "x"]
)
def test_another_media_type_is_refused(untouched_single: Caller, media_type: str) -> None:
    """415; without a media type, the body is NDJSON."""
    expect_problem(post(untouched_single, b"\n", "", media_type), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert 200 == untouched_single.request("POST", PATH, b"\n").status


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Transfer-Encoding": "chunked"}, b"1\r\n\n\r\n0\r\n\r\n", 411, "LENGTH_REQUIRED"),
        ({"Content-Length": "0"}, b"", 400, "VALIDATION_FAILED"),
        ({}, b"", 400, "VALIDATION_FAILED"),
        ({"Content-Length": str(64 * 2**20 + 1)}, b"", 413, "CONTENT_TOO_LARGE"),
    ],
    ids=["chunked", "zero", "none", "64 MiB and one"],
)
def test_the_length_of_the_body_is_known_and_bounded(
    untouched_single: Caller, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    """A body with a too large Content-Length is refused unread."""
    answer = untouched_single.request("POST", PATH, body, {"Content-Type": NDJSON, **headers})
    expect_problem(answer, status, code)


@pytest.mark.parametrize("media_type", [NDJSON, DOCUMENT])
def test_a_body_that_is_cut_stores_nothing(single: Service, media_type: str) -> None:
    """This holds with `keep_going`, too."""
    mac = new_mac()
    body = (record(mac) if media_type == NDJSON else f'{{"configs": [{record(mac)}]}}').encode()
    headers = {"Content-Type": media_type, "Content-Length": str(len(body) + 5)}
    answer = single.client.request("POST", f"{PATH}?keep_going=true", body, headers)
    assert str(len(body)) in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]
    assert None is document(single.client, mac)


def test_imports_without_changes_leave_every_row(
    start_service: Callable[..., Service], database_url: str
) -> None:
    """Equal contents, a dry run and a refused import change no row; the limit of the size is a setting."""
    client = start_service(IOTCONFIG_MAX_IMPORT_BYTES="4096").client
    macs = [new_mac() for _ in range(5)]
    body = "".join(map(record, macs))
    assert {"new": 5, "stored": True} == counts_of(post(client, body))
    before = contents(database_url)
    assert {"same": 5} == counts_of(post(client, body, "?on_conflict=replace"))
    assert {"same": 5} == counts_of(post(client, body))
    other = body.replace("1.10", "2") + record(new_mac())
    dry = {"dry_run": True, "changed": 5, "new": 1}
    assert dry == counts_of(post(client, other, "?on_conflict=replace&dry_run=true"))
    assert {"new": 1, "skipped": 5, "dry_run": True} == counts_of(
        post(client, other, "?on_conflict=skip&dry_run=true")
    )
    assert {"new": 1, "refused": 5} == counts_of(post(client, other))
    assert before == contents(database_url)
    assert 200 == post(client, body.ljust(4096, "\n")).status
    too_large = expect_problem(post(client, body.ljust(4097, "\n")), 413, "CONTENT_TOO_LARGE")
    assert {"max_bytes": 4096} == too_large["details"]
