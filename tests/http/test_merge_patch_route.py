"""`PATCH /api/configs/{id}` (RFC 7396): members outside of the patch keep their bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import created, expect_problem
from tests.support.http import Answer, Caller
from tests.support.in_process import Service

MERGE_PATCH = "application/merge-patch+json"

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/~", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(st.sampled_from("abcd"), _VALUES, max_size=4)


def _path(config: Any, rest: str = "") -> str:
    return f"/api/configs/{config['id']}{rest}"


def _patch(client: Caller, config: Any, patch: str | bytes, media_type: str = MERGE_PATCH) -> Answer:
    body = patch.encode() if isinstance(patch, str) else patch
    return client.request("PATCH", _path(config), body, {"Content-Type": media_type})


def _document(client: Caller, config: Any) -> bytes:
    answer = client.get(f"/api/configs/{config['mac_address']}.json")
    assert 200 == answer.status
    return answer.body


# The content, the patch, and the bytes that the device then fetches.
PATCHED = [
    ('{"a":1.10,  "b": 1E2}', '{"b": 2}', '{"a":1.10,  "b": 2}'),
    ('{"a":1.10,  "b": "\\u00e9"}', '{"c": "é"}', '{"a":1.10,  "b": "\\u00e9",  "c": "é"}'),
    ('{"a": 1.10, "b": 1E2}', '{"a": null}', '{"b": 1E2}'),
    ('{"a": {"x": 1.0,"y":  2}, "b": 1}', '{"a": {"y": null}}', '{"a": {"x": 1.0}, "b": 1}'),
    ('{"a": [1, 2]}', '{"a": [null]}', '{"a": [null]}'),
    ('{"a": "text"}', '{"a": {"b": null, "c": 1.0}}', '{"a": {"c": 1.0}}'),
    ('{\n  "a": 1\n}', '{"b": 2}', '{\n  "a": 1,\n  "b": 2\n}'),
    ("{}", '{"a": 1.50}', '{"a": 1.50}'),
    ('{"a": 1e2}', '{"a": 1E2}', '{"a": 1E2}'),
]


@pytest.mark.parametrize(("content", "patch", "expected"), PATCHED, ids=[patch for _, patch, _ in PATCHED])
def test_a_patch_changes_only_its_members(both: Service, content: str, patch: str, expected: str) -> None:
    """The other members keep their bytes in the device's document."""
    config = created(both.client, content)
    answer = _patch(both.client, config, patch)
    assert (200, '"2"') == (answer.status, answer.headers["etag"])
    assert expected.encode() == _document(both.client, config)
    assert answer.body == both.client.get(_path(config)).body
    assert "update" == both.client.get(_path(config, "/revisions/2")).json()["operation"]


@pytest.mark.parametrize("patch", ["{}", '{"nowhere": null}', '{"a": 1.10}', '{"b": {"x": null}}'])
def test_a_patch_without_changes_makes_no_revision(both: Service, patch: str) -> None:
    """It is like a write of the stored bytes."""
    config = created(both.client, '{"a": 1.10, "b": {}}')
    answer = _patch(both.client, config, patch)
    assert (200, config) == (answer.status, answer.json())


def _merged(target: object, patch: object) -> object:
    """The pseudo-code of RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=_OBJECTS, patch=_OBJECTS, spacing=st.sampled_from([None, 2]))
def test_patches_mean_what_the_rfc_says(
    single: Service, content: object, patch: object, spacing: int | None
) -> None:
    """The result equals that of RFC 7396 for any object and any patch."""
    config = created(single.client, json.dumps(content, indent=spacing))
    answer = _patch(single.client, config, json.dumps(patch))
    assert (200, _merged(content, patch)) == (answer.status, answer.json()["content"])


@pytest.mark.parametrize(
    "media_type",
    [
        *("application/json", "application/json-patch+json", "text/plain", "application/merge-patch", "x"),
        *(
            "application/x-www-form-urlencoded",
            f"{MERGE_PATCH}; charset=latin-1",
            f"{MERGE_PATCH}, text/plain",
        ),
    ],
)
def test_another_media_type_is_refused(single: Service, media_type: str) -> None:
    """415 has Accept-Patch with the accepted one, and nothing is changed."""
    config = created(single.client, {"a": 1})
    answer = _patch(single.client, config, '{"a": 2}', media_type)
    expect_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert MERGE_PATCH == answer.headers["accept-patch"]
    assert config == single.client.get(_path(config)).json()


@pytest.mark.parametrize("media_type", ["Application/Merge-Patch+JSON", f"{MERGE_PATCH}; charset=UTF-8", ""])
def test_spellings_of_the_media_type(single: Service, media_type: str) -> None:
    """Case and charset do not matter; a missing media type is accepted."""
    config = created(single.client, {"a": 1})
    assert 200 == _patch(single.client, config, '{"a": 2}', media_type).status


@pytest.mark.parametrize(
    "patch",
    [
        *("[]", "null", '"{}"', "1", "", " ", "{", '{"a": 1', '{"a": 1}x', '{"a": 1, "a": 2}', '{"a": NaN}'),
        *('{"a": 1e999}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', "\ufeff{}", "{'a': 1}"),
        *('{"deviceName": 1}', '{"deviceEntityId": []}', '{"enableOTA": "yes"}'),
        pytest.param('{"deviceName": "' + "x" * 256 + '"}', id="long name"),
        pytest.param('{"a":' * 65 + "1" + "}" * 65, id="deep"),
        pytest.param('{"a": ' + "9" * 5000 + "}", id="5000 digits"),
        pytest.param(b'{"a": "\xff"}', id="latin-1"),
    ],
)
def test_a_bad_patch_is_refused(single: Service, patch: str | bytes) -> None:
    """The patch and its result must follow the rules of content; nothing is changed."""
    config = created(single.client, {"a": 1})
    expect_problem(_patch(single.client, config, patch), 400, "VALIDATION_FAILED")
    assert config == single.client.get(_path(config)).json()


def test_a_result_that_is_too_large_is_refused(tuned: Service) -> None:
    """413 has the limit, although the patch itself is small enough."""
    config = created(tuned.client, {"a": "x" * 1500})
    answer = tuned.client.request(
        "PATCH",
        _path(config),
        json.dumps({"b": "x" * 1500}).encode(),
        {"Content-Type": MERGE_PATCH, "If-Match": "*"},
    )
    assert {"max_bytes": 2048} == expect_problem(answer, 413, "CONTENT_TOO_LARGE")["details"]
    assert config == tuned.client.get(_path(config)).json()


@pytest.mark.parametrize("segment", ["0", "9223372036854775807", "9" * 19, "x"])
def test_a_patch_to_an_unknown_config(untouched: Caller, segment: str) -> None:
    """404 precedes the check of the body."""
    expect_problem(_patch(untouched, {"id": segment}, '{"a": 1}'), 404, "RECORD_NOT_FOUND")
