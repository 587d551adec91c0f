"""The page of a device at the limits: hostile names, the largest documents, and a session that ends while one types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
_NAME = f'<img src=x onerror="alert(1)">\u202egnp.exe{HOSTILE}'
_MOST_BYTES = 256 * 1024
_DEEPEST = 64


def largest() -> str:
    """A document with 5,000 keys, as deep and as large as documents may be, of hostile names and texts."""
    deep = "[" * (_DEEPEST - 1) + "]" * (_DEEPEST - 1)
    keys = "".join(f',\n "<b>key {number}</b>": {number}.10' for number in range(5_000))
    head = f'{{"deviceName": {json.dumps(_NAME)},\n "gain": 1.10,\n "deep": {deep}{keys},\n "fill": "'
    return head + "x" * (_MOST_BYTES - len(head) - 2) + '"}'


def stored(service: Serve) -> str:
    return service.client.get(f"/api/configs/{MAC}.json?peek").text


def type_at_start(page: Page, text: str) -> None:
    expect(page.locator(".cm-content").last).to_be_focused()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type(text)


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_the_largest_document_is_edited_beside_another_operator(
    service: Serve, visitor: Visitor, device: dict[str, Any]
) -> None:
    """It is shown as it is stored, as text; changes of both are saved."""
    text = largest()
    assert _MOST_BYTES == len(text.encode())
    # The operators' changes need room.
    text = text.replace("xx", "", 1)
    created(service.client, text, MAC)
    with visitor.page(f"/devices/{MAC}", **device) as page:
        expect(page.get_by_role("group", name="Document", exact=True)).to_be_visible()
        assert text == page.get_by_role("group", name="Document", exact=True).text_content()
        assert 0 == page.locator("device-screen img, device-document b").count()
        assert [] == parts_that_stick_out(page)

        page.get_by_role("button", name="Edit").click()
        type_at_start(page, " ")
        theirs = text.replace('"gain": 1.10', '"gain": 9')
        assert 200 == service.client.send_json("PUT", f"/api/configs/{MAC}", {"content": theirs}).status
        page.get_by_role("button", name="Review and save").click()
        page.get_by_role("button", name="Take over all that fits").click()
        expect(page.get_by_text("All is decided.")).to_be_visible()
        page.get_by_role("button", name="Review and save").click()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved as revision 3.")).to_be_visible()
    assert f" {theirs}" == stored(service)


def test_hostile_names_are_text(service: Serve, page: Page) -> None:
    """In the heading, in dialogs, in the bar of the undo, and on the page of the deleted device."""
    created(service.client, {"deviceName": _NAME}, MAC)
    page.goto(f"/devices/{MAC}")
    expect(page.locator("h1 bdi")).to_contain_text("<img src=x")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("undo-bar bdi")).to_contain_text("<img src=x")
    expect(page.locator("former-device h1 bdi")).to_contain_text("<img src=x")
    assert 0 == page.locator("img").count()
    assert [] == faults_of_accessibility(page)


def test_a_session_that_ends_in_the_middle_of_an_edit(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser
) -> None:
    """After the sign-in, the draft is there, with the revision that it was made from; another one's change is seen."""
    service = start_serve(postgres_url, IOTCONFIG_AUTH="on", IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE="1000")
    ada, ben = (api_token(service.database_url, Role.ADMIN, name) for name in ("ada", "ben"))
    path, text = f"/api/configs/by-mac/{MAC}", '{"deviceName": "Porch", "gain": 1.10}'
    assert 201 == service.client.send_json("PUT", path, {"content": text}, **bearer(ben)).status
    with Visitor(chromium, service.client.base_url).page(f"/devices/{MAC}?edit") as page:
        page.get_by_label("API token").fill(ada)
        page.keyboard.press("Enter")
        type_at_start(page, "\n")
        assert 204 == service.client.request("DELETE", "/api/tokens/ada", headers=bearer(ben)).status
        louder = {"content": text.replace("1.10", "9")}
        assert 200 == service.client.send_json("PUT", path, louder, **bearer(ben)).status
        # The end of the token ends the stream of events, and the page asks why.
        expect(page.get_by_label("API token")).to_be_focused()

        page.get_by_label("API token").fill(ben)
        page.keyboard.press("Enter")
        expect(page.locator(".cm-content").last).to_be_focused()
        page.get_by_role("button", name="Review and save").click()
        page.get_by_role("button", name="Take over all that fits").click()
        expect(page.get_by_text("All is decided.")).to_be_visible()
        page.get_by_role("button", name="Review and save").click()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved as revision 3.")).to_be_visible()
    answer = service.client.get(f"/api/configs/{MAC}.json?peek", **bearer(ben))
    assert "\n" + text.replace("1.10", "9") == answer.text
