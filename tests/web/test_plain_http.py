"""The main stories over `http://` on a name that is not loopback: no part of the page needs a secure context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.http import Caller
from tests.support.ports import free_port
from tests.support.serving import Serve
from tests.support.tokens import api_token
from tests.support.web_app import NAME, Visitor

BOARD = "02:00:00:00:1a:2b"


@pytest.fixture
def service(start_serve: Callable[..., Serve], postgres_url: str) -> Serve:
    """A service with authentication, whose address is a name."""
    port = free_port()
    return start_serve(
        postgres_url, arguments=("--port", str(port)), BASEURL=f"http://{NAME}:{port}", IOTCONFIG_AUTH="on"
    )


@pytest.fixture
def page(chromium: Browser, service: Serve) -> Iterator[Page]:
    """The start page of an administrator, signed in by an API token."""
    token = api_token(service.database_url, Role.ADMIN, "ada")
    base_url = f"http://{NAME}:{urlsplit(service.client.base_url).port}"
    with Visitor(chromium, base_url).page() as page:
        page.get_by_label("API token").fill(token)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()
        assert page.evaluate("isSecureContext") is False
        yield page


def test_from_a_new_board_to_an_undo(service: Serve, page: Page) -> None:
    """Adopt, edit, tag, undo, delete, restore; each step reaches the page by the stream."""
    client: Caller = service.client
    assert 404 == client.get(f"/api/configs/{BOARD}.json").status
    page.goto("/new-boards?q=1a2b")
    page.get_by_role("button", name=f"Adopt {BOARD}").click()
    page.get_by_label("With content of its own").check()
    page.get_by_label("Content, a JSON object").fill('{"deviceName": "Porch"}')
    page.get_by_role("dialog").get_by_role("button", name="Adopt").click()
    expect(page.get_by_text("Adopted.")).to_be_visible()

    page.goto(f"/devices/{BOARD}?edit")
    expect(page.locator(".cm-content").last).to_be_focused()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.type(" ")
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert b' {"deviceName": "Porch"}' == client.get(f"/api/configs/{BOARD}.json").body

    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Select all 1", exact=True).click()
    page.get_by_role("button", name="Change …").click()
    page.get_by_label("Add these tags").fill("dry")
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("button", name="Change 1 device").click()
    expect(page.get_by_role("button", name="1 changed", exact=True)).to_be_visible()
    page.get_by_role("link", name="In the log, with undo").click()
    page.locator("change-entry").first.get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()

    page.goto(f"/devices/{BOARD}")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.locator("undo-bar").get_by_role("button", name="Undo").click()
    expect(page.locator("undo-bar").get_by_text("Undone.")).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    assert 200 == client.get(f"/api/configs/{BOARD}.json").status


@pytest.mark.parametrize("path", ["/changes", "/deleted", "/files", "/pictures", "/health", "/access"])
def test_each_screen_opens(page: Page, path: str) -> None:
    """Without an error of a script, which the visitor would report."""
    page.goto(path)
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
