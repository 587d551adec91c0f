"""Rollbacks, dry runs and messages: previews, explanations and undo of changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import created, expect_problem
from tests.support.http import Answer, Caller
from tests.support.in_process import Service
from tests.support.tables import contents

FIRST = '{"a":1.10,  "b": "\\u00e9"}'
MERGE = {"Content-Type": "application/merge-patch+json"}
PREVIEW = ["dry_run", "changed", "id", "mac_address", "revision", "etag", "json_patch", "unified_diff"]


@pytest.fixture
def config(both: Service) -> Any:
    """A config at revision 2."""
    return _second(both.client)


@pytest.fixture(scope="module")
def on_single(single: Service) -> Any:
    """The same on SQLite, for tests without changes."""
    return _second(single.client)


def _second(client: Caller) -> Any:
    made = created(client, FIRST)
    return client.send_json("PUT", f"/api/configs/{made['id']}", {"content": {"a": 2}}).json()


def _path(config: Any, rest: str = "") -> str:
    return f"/api/configs/{config['id']}{rest}"


def _changes(client: Caller, config: Any, query: str = "", **headers: str) -> list[Answer]:
    """An update, a patch and a rollback."""
    return [
        client.send_json("PUT", _path(config, query), {"content": {"a": 3}}, **headers),
        client.request(
            "PATCH",
            _path(config, query),
            b'{"a": 4}',
            MERGE | {key.replace("_", "-"): value for key, value in headers.items()},
        ),
        client.send_json("POST", _path(config, f"/rollback{query}"), {"revision": 1}, **headers),
    ]


def test_a_rollback_restores_the_bytes(both: Service, config: Any) -> None:
    """They are a new revision, as the answer, the document and the history show."""
    first = both.client.get(_path(config, "/revisions/1")).json()
    answer = both.client.send_json("POST", _path(config, "/rollback"), {"revision": 1})
    assert (200, '"3"') == (answer.status, answer.headers["etag"])
    assert (3, first["etag"]) == (answer.json()["revision"], answer.json()["etag"])
    assert answer.body == both.client.get(_path(config)).body
    document = both.client.get(f"/api/configs/{config['mac_address']}.json")
    assert (FIRST.encode(), first["etag"]) == (document.body, document.headers["etag"])
    newest = both.client.get(_path(config, "/revisions/3")).json()
    assert ("rollback", first["content"]) == (newest["operation"], newest["content"])


def test_a_rollback_to_equal_content_makes_no_revision(both: Service, config: Any) -> None:
    """It is like a write of the stored bytes."""
    answer = both.client.send_json("POST", _path(config, "/rollback"), {"revision": 2})
    assert (200, config) == (answer.status, answer.json())


@pytest.mark.parametrize("number", [0, -1, 3, 10**17])
def test_a_rollback_to_an_unknown_revision(both: Service, config: Any, number: int) -> None:
    """404 names the revision, and nothing is changed."""
    answer = both.client.send_json("POST", _path(config, "/rollback"), {"revision": number})
    problem = expect_problem(answer, 404, "RECORD_NOT_FOUND")
    assert problem["error"].startswith(f"Revision {number} of config {config['id']}")
    assert config == both.client.get(_path(config)).json()


def test_a_rollback_to_a_deletion(both: Service, config: Any) -> None:
    """400: a deletion has no content."""
    both.client.request("DELETE", _path(config))
    assert 200 == both.client.request("POST", f"/api/deleted-configs/{config['id']}/restore").status
    answer = both.client.send_json("POST", _path(config, "/rollback"), {"revision": 3})
    assert "deletion" in expect_problem(answer, 400, "VALIDATION_FAILED")["error"]


@pytest.mark.parametrize(
    "body",
    [
        *('{"revision": "1"}', '{"revision": 1.0}', '{"revision": 1e0}', '{"revision": true}'),
        *('{"revision": null}', '{"revision": [1]}', '{"revision": 01}', "{}", "[1]", "1", '"1"'),
        *('{"revision": 1, "revision": 1}', '{"revision": 1, "content": {}}', '{"revision": 1e400}'),
        *('{"Revision": 1}', '{"revision": 1, "message": 1}', '{"revision": 1', '{"revision": NaN}'),
        pytest.param('{"revision": ' + "9" * 19 + "}", id="19 digits"),
        pytest.param('{"revision": ' + "9" * 300 + "}", id="300 digits"),
    ],
)
def test_a_rollback_takes_a_whole_number(single: Service, on_single: Any, body: str) -> None:
    """Other spellings and other members are refused."""
    answer = single.client.request("POST", _path(on_single, "/rollback"), body.encode())
    expect_problem(answer, 400, "VALIDATION_FAILED")
    assert on_single == single.client.get(_path(on_single)).json()


def test_a_message_is_kept_with_its_revision(both: Service, config: Any) -> None:
    """It is in the query or the body, in any script."""
    client, text = both.client, 'größer, "4 %" + 😀\n'
    query = f"?message={quote(text)}"
    answers = [
        *_changes(client, config, query),
        client.send_json("PUT", _path(config), {"content": {"a": 5}, "message": text}),
        client.send_json("POST", _path(config, "/rollback"), {"revision": 1, "message": text}),
        client.send_json(
            "PUT", f"/api/configs/by-mac/{config['mac_address']}", {"content": {"a": 6}, "message": text}
        ),
        client.send_json("PUT", f"/api/configs/by-mac/{config['mac_address']}{query}", {"content": {"a": 7}}),
        client.request("DELETE", _path(config, query)),
        client.send_json("POST", f"/api/deleted-configs/{config['id']}/restore", {"message": text}),
        client.request("DELETE", _path(config)),
        client.request("POST", f"/api/deleted-configs/{config['id']}/restore{query}"),
    ]
    assert [200] * 7 + [204, 200, 204, 200] == [answer.status for answer in answers]
    found = client.get(_path(config, "/revisions")).json()["revisions"]
    assert [text, None, *[text] * 9, None, None] == [revision["message"] for revision in found]


def test_a_message_in_two_places_is_refused(single: Service, on_single: Any) -> None:
    """Neither takes precedence, even if they are equal."""
    for method, rest, body in (
        ("PUT", "", {"content": {"a": 9}, "message": "m"}),
        ("POST", "/rollback", {"revision": 1, "message": "m"}),
        ("POST", "/replace-device", {"mac_address": "02ab00000001", "message": "m"}),
    ):
        answer = single.client.send_json(method, _path(on_single, f"{rest}?message=m"), body)
        assert {"parameter": "message"} == expect_problem(answer, 400, "VALIDATION_FAILED")["details"]
    assert on_single == single.client.get(_path(on_single)).json()


@pytest.mark.parametrize("message", ["x" * 1001, "a\0b"], ids=["too long", "NUL"])
def test_a_message_that_cannot_be_kept_is_refused(single: Service, on_single: Any, message: str) -> None:
    """This holds for query and body; the change is not made."""
    for answer in (
        *_changes(single.client, on_single, f"?message={quote(message)}"),
        single.client.send_json("PUT", _path(on_single), {"content": {"a": 9}, "message": message}),
    ):
        expect_problem(answer, 400, "VALIDATION_FAILED")
    assert on_single == single.client.get(_path(on_single)).json()


def test_the_longest_message_counts_characters(both: Service, config: Any) -> None:
    """It has a thousand characters of any width."""
    answer = both.client.send_json("PUT", _path(config), {"content": {}, "message": "😀" * 1000})
    assert 200 == answer.status
    assert "😀" * 1000 == both.client.get(_path(config, "/revisions/3")).json()["message"]


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_changes_evaluate_if_match(both: Service, config: Any, query: str) -> None:
    """412 if the config has changed, 400 for a malformed list; this holds for dry runs."""
    for answer in _changes(both.client, config, query, If_Match='"1"'):
        assert {"revision": 2} == expect_problem(answer, 412, "PRECONDITION_FAILED")["details"]
    for answer in _changes(both.client, config, query, If_Match="2"):
        expect_problem(answer, 400, "VALIDATION_FAILED")
    assert config == both.client.get(_path(config)).json()
    for number, answer in enumerate(_changes(both.client, config, "?dry_run=true", If_Match='"2"')):
        assert 200 == answer.status, number


def test_if_match_can_be_required_of_every_change(tuned: Service) -> None:
    """Without it 428; with it, each change is made."""
    config = created(tuned.client, {"a": 1})
    swap = {"mac_address": "02ab00000001"}
    for answer in (
        *_changes(tuned.client, config),
        tuned.client.send_json("POST", _path(config, "/replace-device"), swap),
    ):
        expect_problem(answer, 428, "PRECONDITION_REQUIRED")
    assert [200] * 3 == [answer.status for answer in _changes(tuned.client, config, If_Match="*")]


@pytest.mark.parametrize("value", ["", "1", "yes", "True", "null", "true&dry_run=true"])
def test_a_dry_run_is_true_or_false(single: Service, on_single: Any, value: str) -> None:
    """Other values are refused, since they may be meant as a dry run."""
    for answer in _changes(single.client, on_single, f"?dry_run={value}"):
        assert {"parameter": "dry_run"} == expect_problem(answer, 400, "VALIDATION_FAILED")["details"]
    assert on_single == single.client.get(_path(on_single)).json()


def test_dry_run_false_makes_the_change(both: Service, config: Any) -> None:
    """The value is accepted explicitly."""
    for revision, answer in enumerate(_changes(both.client, config, "?dry_run=false"), start=3):
        assert (200, revision) == (answer.status, answer.json()["revision"])


def test_a_dry_run_stores_and_announces_nothing(
    start_service: Callable[..., Service], database_url: str
) -> None:
    """The answer shows the change; every row is unchanged."""
    client = start_service().client
    config = _second(client)
    before = contents(database_url)
    answers = _changes(client, config, "?dry_run=true&message=m")
    for answer, value in zip(answers, (3, 4, 1.1), strict=True):
        shown = answer.json()
        assert (200, PREVIEW) == (answer.status, list(shown))
        assert (True, True, 2) == (shown["dry_run"], shown["changed"], shown["revision"])
        assert (config["id"], config["mac_address"]) == (shown["id"], shown["mac_address"])
        assert {"op": "replace", "path": "/a", "value": value} in shown["json_patch"]
        assert shown["unified_diff"].startswith(f"--- {config['mac_address']}.json revision 2\n+++ ")
    same = client.send_json("PUT", _path(config, "?dry_run=true"), {"content": {"a": 2}}).json()
    assert (False, [], "", config["etag"]) == (
        *(same["changed"], same["json_patch"], same["unified_diff"], same["etag"]),
    )
    assert before == contents(database_url)
    for dry, wet in zip(answers, _changes(client, config), strict=True):
        assert dry.json()["etag"] == wet.json()["etag"]


def test_a_dry_run_refuses_what_the_change_would(both: Service, config: Any) -> None:
    """The status is the same."""
    bad = json.dumps({"deviceName": 1}).encode()
    for query in ("", "?dry_run=true"):
        for answer, status in (
            (both.client.request("PATCH", _path(config, query), bad, MERGE), 400),
            (both.client.send_json("PUT", _path(config, query), {"content": {"enableOTA": 1}}), 400),
            (both.client.send_json("POST", _path(config, f"/rollback{query}"), {"revision": 9}), 404),
            (both.client.send_json("PUT", f"/api/configs/999999999{query}", {"content": {}}), 404),
        ):
            assert status == answer.status
