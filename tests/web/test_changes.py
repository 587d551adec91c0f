"""The log of changes in a browser: live, filters in the address, undo with its preview, a phone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.http import Caller
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"


def update(client: Caller, mac: str, name: str, message: str = "") -> None:
    """Another name for a device."""
    body = {"content": {"deviceName": name}, **({"message": message} if message else {})}
    assert 200 == client.send_json("PUT", f"/api/configs/by-mac/{mac}", body).status


def tag_all(client: Caller, *words: str) -> None:
    """Tags for all devices, in one change."""
    answer = client.send_json("POST", "/api/devices/tags", {"all": True, "add": list(words)})
    assert 200 == answer.status, answer.body


def entries(page: Page, count: int) -> None:
    expect(page.locator("change-entry")).to_have_count(count)


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_change_appears_and_is_undone(service: Serve, visitor: Visitor, device: dict[str, object]) -> None:
    """Without a reload; the preview says what comes back, and the undo is an entry itself."""
    with visitor.page("/changes", **device) as page:
        expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
        created(service.client, {"deviceName": "Porch"}, MAC)
        update(service.client, MAC, "Attic", "moved upstairs")
        entries(page, 2)
        newest = page.locator("change-entry").first
        expect(newest).to_contain_text("moved upstairs")
        expect(newest.get_by_role("link", name="Attic")).to_have_attribute("href", f"/devices/{MAC}")

        newest.get_by_role("button", name="Undo").click()
        dialog = page.get_by_role("dialog")
        expect(page.get_by_text("Get back what they had before: 1")).to_be_visible()
        dialog.get_by_label("Reason, for the history").fill("wrong floor")
        dialog.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone.")).to_be_visible()
        entries(page, 3)
        expect(page.locator("change-entry").first).to_contain_text("wrong floor")
        assert [] == parts_that_stick_out(page)
    assert {"deviceName": "Porch"} == service.client.get(f"/api/configs/{MAC}.json").json()


def test_what_changed_again_is_left_out_on_request(service: Serve, visitor: Visitor) -> None:
    """One write to two devices is one entry; the one that changed since is named, and the rest is undone."""
    records = (
        json.dumps({"mac_address": mac, "content": {"deviceName": name}})
        for mac, name in ((MAC, "Porch"), (OTHER, "Cellar"))
    )
    answer = service.client.request(
        "POST", "/api/configs/import", "\n".join(records).encode(), {"Content-Type": "application/x-ndjson"}
    )
    assert 200 == answer.status, answer.body
    update(service.client, MAC, "Attic")
    with visitor.page("/changes?operation=create") as page:
        entries(page, 1)
        page.get_by_role("button", name="Undo").click()
        dialog = page.get_by_role("dialog")
        expect(page.get_by_text("Cannot be undone: 1")).to_be_visible()
        expect(page.get_by_text("has changed again")).to_be_visible()
        expect(dialog.get_by_role("button", name="Undo")).to_be_disabled()

        page.get_by_label("Undo the rest").check()
        dialog.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone.")).to_be_visible()
    assert 404 == service.client.get(f"/api/configs/{OTHER}.json").status
    assert 200 == service.client.get(f"/api/configs/{MAC}.json").status


def test_filters_live_in_the_address(service: Serve, visitor: Visitor) -> None:
    """By a click on an entry, and by the fields; chips take them away."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    created(service.client, {"deviceName": "Cellar"}, OTHER)
    update(service.client, MAC, "Attic")
    tag_all(service.client, "dry")
    with visitor.page("/changes") as page:
        entries(page, 4)
        page.locator("change-entry").nth(1).get_by_role("button", name="changed").click()
        entries(page, 1)
        assert page.url.endswith("/changes?operation=update")
        page.get_by_role("button", name="Remove the filter changed").click()
        entries(page, 4)
        page.get_by_text("Filter", exact=True).click()
        page.get_by_label("Device: name or MAC address").fill("cellar")
        page.get_by_label("Devices with the tag").fill("dry")
        page.get_by_role("button", name="Apply").click()
        entries(page, 2)
        expect(page.get_by_role("button", name="Remove the filter device Cellar")).to_be_visible()
        page.reload()
        entries(page, 2)
        page.get_by_role("button", name="Clear all").click()
        entries(page, 4)
        page.goto("/changes?until=2001-01-01T00:00:00Z")
        expect(page.get_by_text("No change matches these filters.")).to_be_visible()


def test_old_changes_are_read_on_request(service: Serve, visitor: Visitor) -> None:
    """A write of more devices than a page says that there may be more."""
    records = (
        json.dumps(
            {"mac_address": f"02:00:00:00:01:{number:02x}", "content": {"deviceName": f"Lamp {number}"}}
        )
        for number in range(150)
    )
    created(service.client, {"deviceName": "Porch"}, MAC)
    answer = service.client.request(
        "POST", "/api/configs/import", "\n".join(records).encode(), {"Content-Type": "application/x-ndjson"}
    )
    assert 200 == answer.status, answer.body
    with visitor.page("/changes") as page:
        expect(page.get_by_text("100 devices or more")).to_be_visible()
        page.get_by_role("button", name="Show older changes").click()
        entries(page, 2)
        expect(page.get_by_text("150 devices", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Show older changes")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(service: Serve, visitor: Visitor, theme: str) -> None:
    """With hostile texts, a filter and the dialog."""
    created(service.client, {"deviceName": f"<b>{HOSTILE}</b>"}, MAC)
    update(service.client, MAC, "<img src=x onerror=alert(1)>", f"<i>{HOSTILE}</i>")
    with visitor.page(f"/changes?device={MAC}", color_scheme=theme) as page:
        entries(page, 2)
        assert 0 == page.locator("change-entry img, change-entry i").count()
        assert [] == faults_of_accessibility(page)
        page.get_by_role("button", name="Undo").first.click()
        expect(page.get_by_text("Get back what they had before: 1")).to_be_visible()
        assert [] == faults_of_accessibility(page)


def test_german_where_the_browser_asks_for_it(service: Serve, visitor: Visitor) -> None:
    """The words of operations, too."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    with visitor.page("/changes", locale="de-AT") as page:
        expect(page.get_by_role("heading", name="Änderungen")).to_be_visible()
        expect(page.locator("change-entry")).to_contain_text("angelegt")
