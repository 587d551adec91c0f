"""Documents that refer to secrets: devices are given the values, and nobody else sees one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from iotconfig.adapters.http.routes import ROUTES
from iotconfig.domain.access.principal import Role
from iotconfig.domain.documents.content import etag_of
from tests.support.api import expect_problem
from tests.support.http import Caller
from tests.support.in_process import Service
from tests.support.secrets_keys import SETTING
from tests.support.tokens import api_token, bearer, device_token

MAC: Final = "02:00:00:00:00:07"
GONE: Final = "02:00:00:00:00:08"
VALUE: Final = "a value in no example 7"
REFERRING: Final = {"deviceName": "Lamp", "wifi": {"psk": {"$secret": "wifi-psk"}}}
GIVEN: Final = f'{{"deviceName": "Lamp", "wifi": {{"psk": "{VALUE}"}}}}'.encode()
DEVICE_ROUTE: Final = "/api/configs/{mac}.json"
NAMES: Final = {"layers": "base"}
"""The names in paths, by the part before them."""


def _filled(client: Caller) -> None:
    """Secrets, and all that may show one: configs with histories, a deletion, layers, tags."""
    client.send_json("PUT", "/api/secrets/wifi-psk", {"value": f"{VALUE}, at first"})
    layer = {
        "content": {"mqtt": {"password": {"$secret": "wifi-psk"}}},
        "reaches": {"tags": ["a"]},
        "rank": 1,
    }
    assert 201 == client.send_json("PUT", "/api/layers/base", layer).status
    for mac in (MAC, GONE):
        created = client.send_json("POST", "/api/configs", {"mac_address": mac, "content": REFERRING})
        assert 201 == created.status
    assert 204 == client.request("PUT", f"/api/devices/{MAC}/tags/a").status
    assert 204 == client.request("DELETE", f"/api/devices/{MAC}/tags/a").status
    edited = client.send_json("PUT", f"/api/configs/{MAC}", {"content": {**REFERRING, "x": 1}})
    assert 200 == edited.status
    assert 200 == client.send_json("PUT", f"/api/configs/{MAC}", {"content": REFERRING}).status
    assert 204 == client.request("DELETE", f"/api/configs/{GONE}").status
    assert 1 == client.send_json("PUT", "/api/secrets/wifi-psk", {"value": VALUE}).json()["served"]


def _path(template: str) -> str:
    name = NAMES.get(template.split("/")[2] if template.count("/") > 2 else "", "x")
    return (
        template.replace("{mac}", MAC)
        .replace("{segment}", "1")
        .replace("{number}", "1")
        .replace("{name}", name)
        .replace("{change}", "0" * 16)
        .replace("{tag}", "a")
    )


def test_a_device_is_given_the_value(start_service: Callable[..., Service]) -> None:
    """Shared caches do not keep it; its ETag is the announced one, and cannot be worked out from a guess."""
    client = start_service(**SETTING).client
    _filled(client)
    fetched = client.get(f"/api/configs/{MAC}.json")
    etag = fetched.headers["etag"]

    assert (200, GIVEN, "private, no-cache") == (
        fetched.status,
        fetched.body,
        fetched.headers["cache-control"],
    )
    assert 304 == client.get(f"/api/configs/{MAC}.json", If_None_Match=etag).status
    assert etag != etag_of(GIVEN)
    assert [etag] == [each["etag"] for each in client.get("/api/configs").json()["configs"]]


def test_no_other_answer_has_a_value(start_service: Callable[..., Service]) -> None:
    """Every GET of every route: configs, history, differences, exports, layers, the log, events, health."""
    client = start_service(**SETTING).client
    _filled(client)
    shown = 0
    for route in ROUTES:
        if route.get is None or route.path == DEVICE_ROUTE:
            continue
        for query in ("", "?explain=true", "?from=1&to=2"):
            answer = client.get(_path(route.path) + query)
            assert VALUE.encode() not in answer.body, route.path
            assert b"sealed:" not in answer.body, route.path
            shown += b"$secret" in answer.body
    assert shown >= 5


def test_no_answer_to_a_change_has_a_value(start_service: Callable[..., Service]) -> None:
    """Nor a dry run, a refusal, or what is logged meanwhile."""
    client = start_service(**SETTING).client
    _filled(client)
    answers = [
        client.send_json("PUT", f"/api/configs/{MAC}?dry_run=true", {"content": {**REFERRING, "y": 2}}),
        client.send_json("PATCH", f"/api/configs/{MAC}?dry_run=true", {"content": {"y": 2}}),
        client.send_json("POST", "/api/configs/patch?dry_run=true", {"all": True, "merge": {"y": 2}}),
        client.send_json(
            "PUT", "/api/layers/other?dry_run=true", {"content": {"y": 2}, "reaches": {"all": True}}
        ),
        client.send_json("PUT", f"/api/configs/{MAC}", {"content": {"a": {"$secret": "missing"}}}),
        client.send_json("POST", f"/api/configs/{MAC}/rollback", {"revision": 2}),
        client.request("DELETE", "/api/secrets/wifi-psk"),
    ]
    for answer in answers:
        assert VALUE.encode() not in answer.body
        assert b"sealed:" not in answer.body
    assert b"$secret" in answers[3].body
    assert [200, 200] == [answers[0].status, answers[3].status]


@pytest.mark.parametrize("content", [{"a": {"$secret": "missing"}}, {"a": {"$secret": 7}}])
def test_a_document_that_cannot_be_made_is_refused(
    start_single: Callable[..., Service], content: dict[str, object]
) -> None:
    """With the place, and the way out."""
    client = start_single(**SETTING).client
    problem = expect_problem(
        client.send_json("POST", "/api/configs", {"mac_address": MAC, "content": content}),
        400,
        "VALIDATION_FAILED",
    )

    assert "/a" == problem["details"]["pointer"]
    assert 404 == client.get(f"/api/configs/{MAC}.json").status


def test_a_viewer_is_not_shown_a_value(start_single: Callable[..., Service]) -> None:
    """Where devices need tokens, operators may fetch documents, too: those with values are for administrators."""
    service = start_single(IOTCONFIG_AUTH="on", IOTCONFIG_DEVICE_AUTH="required", **SETTING)
    admin, viewer = (bearer(api_token(service.database_url, role)) for role in (Role.ADMIN, Role.VIEWER))
    client, path = service.client, f"/api/configs/{MAC}.json"
    client.send_json("PUT", "/api/secrets/wifi-psk", {"value": VALUE}, **admin)
    for mac, content in ((MAC, REFERRING), (GONE, {})):
        client.send_json("POST", "/api/configs", {"mac_address": mac, "content": content}, **admin)
    device = bearer(device_token(service.database_url, MAC))

    refused = client.request("GET", path, headers=viewer)
    expect_problem(refused, 403, "AUTHORIZATION_FAILED")
    assert VALUE.encode() not in refused.body
    assert "etag" not in refused.headers
    assert [GIVEN, GIVEN] == [client.request("GET", path, headers=each).body for each in (admin, device)]
    assert 200 == client.request("GET", f"/api/configs/{GONE}.json", headers=viewer).status
    assert 403 == client.send_json("PUT", "/api/secrets/wifi-psk", {"value": "x"}, **viewer).status
    assert 403 == client.request("DELETE", "/api/secrets/wifi-psk", headers=viewer).status
    assert 200 == client.request("GET", "/api/secrets", headers=viewer).status


def test_without_the_key_a_device_is_told_to_ask_again(
    start_single: Callable[..., Service], caplog: pytest.LogCaptureFixture
) -> None:
    """Operators see the names as before; nothing that is logged has a value."""
    caplog.set_level(logging.DEBUG)
    _filled(start_single(**SETTING).client)
    client = start_single().client
    refused = client.get(f"/api/configs/{MAC}.json")

    expect_problem(refused, 503, "STORE_UNAVAILABLE")
    assert b"IOTCONFIG_SECRETS_KEY" in refused.body
    assert b"$secret" in client.get(f"/api/configs/{MAC}").body
    assert VALUE not in caplog.text


def test_the_database_does_not_have_a_value(start_single: Callable[..., Service]) -> None:
    """Neither its file nor what is written ahead of it: nor does a backup, which is a copy of them."""
    service = start_single(**SETTING)
    _filled(service.client)
    path = Path(service.database_url.removeprefix("sqlite:///"))
    written = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))

    assert b"wifi-psk" in written
    assert VALUE.encode() not in written
