"""The history of a device in a browser: a timeline, any two revisions compared, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from iotconfig.domain.configs.revisions import Retention
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services
from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.http import Caller
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
_PHONES = pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])


def update(client: Caller, name: str, message: str | None = None) -> None:
    """Another name for the device."""
    body = {"content": {"deviceName": name}, "message": message}
    assert 200 == client.send_json("PUT", f"/api/configs/{MAC}", body).status


def name_of(client: Caller) -> Any:
    return client.get(f"/api/configs/{MAC}.json?peek").json()["deviceName"]


def entry(page: Page, number: int) -> Locator:
    return page.locator("revision-entry").filter(has=page.get_by_text(f"Revision {number}", exact=True))


@_PHONES
def test_the_timeline_is_live(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """Who, when, why and what; a change by another one appears by itself."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    with visitor.page(f"/devices/{MAC}", **device) as page:
        expect(entry(page, 1)).to_contain_text("current")
        update(service.client, "Attic", "moved upstairs")
        expect(entry(page, 2)).to_contain_text("moved upstairs")
        expect(entry(page, 2)).to_contain_text("current")
        expect(page.get_by_role("heading", name="Attic")).to_be_visible()
        expect(entry(page, 1)).to_contain_text("created by anonymous")
        expect(entry(page, 1)).not_to_contain_text("current")

        entry(page, 2).get_by_text("What it changed").click()
        expect(entry(page, 2).locator(".added")).to_contain_text("Attic")
        assert [] == parts_that_stick_out(page)


def test_any_two_revisions_are_compared(service: Serve, page: Page) -> None:
    """With the keyboard; the address has them, so that it can be sent to somebody."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    for name in ("Attic", "Cellar"):
        update(service.client, name)
    page.goto(f"/devices/{MAC}")
    entry(page, 3).get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Choose another revision to compare revision 3 with.")).to_be_visible()
    entry(page, 1).get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Revision 1 → 3")).to_be_visible()
    assert page.url.endswith("?from=1&to=3")

    page.reload()
    comparison = page.locator("revision-comparison")
    expect(comparison.locator(".removed")).to_contain_text("Porch")
    expect(comparison.locator(".added")).to_contain_text("Cellar")
    entry(page, 1).get_by_role("checkbox").uncheck()
    expect(comparison).to_be_hidden()
    expect(entry(page, 3).get_by_role("checkbox")).to_be_checked()
    page.goto(f"/devices/{MAC}?from=1&to=99")
    expect(comparison).to_contain_text("99")


@_PHONES
def test_the_way_back(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """The difference first; what another one changes meanwhile is shown before the next attempt, and not lost."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    update(service.client, "Attic")
    with visitor.page(f"/devices/{MAC}", **device) as page:
        expect(entry(page, 2).get_by_role("button", name="Roll back")).to_have_count(0)
        entry(page, 1).get_by_role("button", name="Roll back").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading")).to_have_text("Roll back to revision 1?")
        expect(page.locator("roll-back-dialog .removed")).to_contain_text("Attic")
        dialog.get_by_label("Reason").fill("wrong floor")
        update(service.client, "Cellar")
        dialog.get_by_role("button", name="Roll back").click()
        expect(page.locator("roll-back-dialog").get_by_role("alert")).to_contain_text("Request ")
        expect(page.locator("roll-back-dialog .removed")).to_contain_text("Cellar")
        assert "Cellar" == name_of(service.client)
        expect(dialog.get_by_label("Reason")).to_have_value("wrong floor")

        page.keyboard.press("Enter")
        expect(entry(page, 4)).to_contain_text("rolled back")
        expect(entry(page, 4)).to_contain_text("wrong floor")
        expect(page.get_by_role("heading", name="Porch")).to_be_visible()
    assert "Porch" == name_of(service.client)


def test_a_long_history_comes_in_pages_and_says_what_was_pruned(service: Serve, page: Page) -> None:
    """Older revisions on request; the difference of the oldest one says that what was before it is gone."""
    created(service.client, {"deviceName": "Lamp 1"}, MAC)
    for number in range(2, 41):
        update(service.client, f"Lamp {number}")
    with open_services(Settings.from_environ({"DATABASE_URL": service.database_url})) as services:
        list(services.history.prune(Retention(keep=30, older_than=datetime.now(UTC))))
    page.goto(f"/devices/{MAC}")
    expect(page.locator("revision-entry")).to_have_count(20)
    expect(page.get_by_text("Older revisions were removed")).to_be_hidden()
    page.get_by_role("button", name="Show older revisions").click()
    expect(page.locator("revision-entry")).to_have_count(30)
    expect(page.get_by_text("Older revisions were removed")).to_be_visible()
    entry(page, 11).get_by_text("What it changed").click()
    expect(entry(page, 11)).to_contain_text("pruned")


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}])
def test_axe_finds_nothing(service: Serve, visitor: Visitor, options: dict[str, Any]) -> None:
    """With hostile texts, a comparison, an open difference and the dialog."""
    created(service.client, {"deviceName": f"<b>{HOSTILE}</b>"}, MAC)
    update(service.client, "<img src=x onerror=alert(1)>", f"<i>{HOSTILE}</i>")
    with visitor.page(f"/devices/{MAC}?from=1&to=2", **options) as page:
        entry(page, 2).get_by_text("What it changed").click()
        expect(entry(page, 2).locator(".added")).to_be_visible()
        assert 0 == page.locator("device-history img, device-history i").count()
        assert [] == faults_of_accessibility(page)
        entry(page, 1).get_by_role("button", name="Roll back").click()
        expect(page.locator("roll-back-dialog .added")).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)
