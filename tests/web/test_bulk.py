"""Many devices changed in a browser: dry run, confirmation, and a result for each device that outlives its tab."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.http import Caller
from tests.support.serving import Serve
from tests.support.waiting import wait_until
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out


def mac(number: int) -> str:
    """A MAC address for each number."""
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def create_lamps(client: Caller, count: int) -> None:
    """Lamps 1 to `count`."""
    records = (
        json.dumps({"mac_address": mac(number), "content": {"deviceName": f"Lamp {number}", "gain": 1}})
        for number in range(1, count + 1)
    )
    body, kind = "\n".join(records).encode(), {"Content-Type": "application/x-ndjson"}
    answer = client.request("POST", "/api/configs/import", body, kind)
    assert 200 == answer.status, answer.body


def select_all(page: Page, count: str) -> None:
    """Select all devices of the fleet, and go on to what is to be done with them."""
    page.get_by_role("button", name=f"Select all {count}", exact=True).click()
    page.get_by_role("button", name="Change …").click()
    expect(page.get_by_role("heading", name="Change many devices")).to_be_visible()


def preview(page: Page) -> None:
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_focused()


def count_of(page: Page, words: str) -> None:
    """Expect one of the counts above the devices."""
    expect(page.get_by_role("button", name=words, exact=True)).to_be_visible()


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_devices_are_tagged(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """The preview counts and shows, the reason comes into the log, and the result leads to the undo."""
    create_lamps(service.client, 3)
    assert service.client.request("PUT", f"/api/devices/{mac(1)}/tags/dry").status < 300
    with visitor.page(**device) as page:
        select_all(page, "3")
        page.get_by_label("Add these tags").fill("dry floor-3")
        page.get_by_label("Remove these tags").fill("old")
        preview(page)
        count_of(page, "3 to change")
        expect(page.get_by_role("listitem").filter(has_text="Lamp 1")).to_contain_text("+floor-3")
        page.get_by_label("Reason, for the history").fill("after the survey")
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        page.get_by_role("button", name="Change 3 devices").click()
        count_of(page, "3 changed")
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)
        page.get_by_role("link", name="In the log, with undo").click()
        expect(page.locator("change-entry")).to_have_count(1)
        expect(page.locator("change-entry")).to_contain_text("after the survey")
    tags = [service.client.get(f"/api/devices/{mac(number)}").json()["tags"] for number in (1, 2, 3)]
    assert [["dry", "floor-3"]] * 3 == tags


def test_one_that_is_refused_blocks_no_other(service: Serve, page: Page) -> None:
    """The patch is checked while one types, and arrives as it was typed; the result names the reason."""
    create_lamps(service.client, 2)
    created(service.client, {"deviceName": "Full", "pad": "x" * 260_000}, mac(3))
    expect(page.get_by_text("3 devices", exact=True)).to_be_visible()
    select_all(page, "3")
    page.get_by_label("Change members").check()
    editor = page.get_by_role("textbox", name="Merge patch")
    editor.fill('{"gain": 1.10,')
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("alert")).to_contain_text("breaks a rule")
    editor.fill(f'{{"gain": 1.10, "deviceName": null, "note": "{"y" * 5_000}"}}')
    preview(page)
    count_of(page, "2 to change")
    count_of(page, "1 would be refused")
    expect(page.get_by_role("group", name="Difference").first).to_contain_text("1.10")
    assert [] == faults_of_accessibility(page)

    page.get_by_role("button", name="Change 2 devices").click()
    count_of(page, "2 changed")
    page.get_by_role("button", name="1 refused").click()
    expect(page.get_by_role("listitem").filter(has_text="Full")).to_contain_text("262144")
    for number in (1, 2):
        content = service.client.get(f"/api/configs/{mac(number)}.json").body.decode()
        assert '"gain": 1.10' in content
        assert "deviceName" not in content


def test_the_result_outlives_its_tab(service: Serve, visitor: Visitor) -> None:
    """In this browser it is the whole result; in another one, what the log has of the write."""
    create_lamps(service.client, 2)
    created(service.client, {"deviceName": HOSTILE, "gain": 2}, mac(3))
    with visitor.page() as page:
        select_all(page, "3")
        page.get_by_label("Change members").check()
        page.get_by_role("textbox", name="Merge patch").fill('{"gain": 2}')
        preview(page)
        count_of(page, "2 to change")
        count_of(page, "1 already so")
        page.get_by_role("button", name="Change 2 devices").click()
        count_of(page, "2 changed")
        address = page.url
        again = page.context.new_page()
        page.close()
        again.goto(address)
        count_of(again, "2 changed")
        count_of(again, "1 unchanged")
        again.goto("/bulk")
        again.get_by_role("link", name="Change members").click()
        count_of(again, "2 changed")
    with visitor.page(re.sub("job=[0-9a-f]+&", "", address)) as other:
        count_of(other, "2 changed")
        expect(other.get_by_role("listitem").filter(has_text="Lamp 1")).to_contain_text("revision 2")


def test_a_tab_that_is_closed_while_it_writes(service: Serve, visitor: Visitor) -> None:
    """The write goes on without it, and another tab finds what became of each device."""
    create_lamps(service.client, 3)

    def write_without_answer(route: Route) -> None:
        if "dry_run" in route.request.url:
            route.continue_()
            return
        route.fetch()
        held.append(route)

    held: list[Route] = []
    with visitor.page() as page:
        select_all(page, "3")
        page.get_by_label("Add these tags").fill("dry")
        preview(page)
        page.get_by_label("Reason, for the history").fill("survey")
        page.route("**/api/devices/tags?*", write_without_answer)
        page.get_by_role("button", name="Change 3 devices").click()
        expect(page.get_by_text("The service is at work")).to_be_visible()
        # Asked by the page, because the route above is answered while Playwright waits for it.
        stored = "fetch('/api/changes?operation=tag').then(a => a.json()).then(a => a.changes.length)"
        wait_until(lambda: page.evaluate(stored) == 3, "the tags are stored")
        address = page.url
        again = page.context.new_page()
        page.close()
        again.goto(address)
        count_of(again, "3 changed")
        expect(again.get_by_role("link", name="In the log, with undo")).to_be_visible()


def test_a_write_that_never_arrived_is_sent_again(service: Serve, visitor: Visitor) -> None:
    """The page says that no device has it, and makes them the selection."""
    create_lamps(service.client, 2)
    with visitor.page() as page:
        select_all(page, "2")
        page.get_by_label("Add these tags").fill("dry")
        preview(page)
        page.route(re.compile("/api/devices/tags\\?(?!.*dry_run)"), lambda route: route.abort())
        page.get_by_role("button", name="Change 2 devices").click()
        expect(page.get_by_text("The answer was lost.")).to_be_visible()
        count_of(page, "2 not changed so far")
        page.get_by_role("button", name="Select 2 devices for another attempt").click()
        expect(page.get_by_text("2 selected")).to_be_visible()


def test_the_selection_that_was_counted_is_written(service: Serve, visitor: Visitor) -> None:
    """A device that was deleted since the preview stops the write; the next preview says so."""
    create_lamps(service.client, 3)
    with visitor.page() as page:
        select_all(page, "3")
        page.get_by_label("Add these tags").fill("dry")
        preview(page)
        assert 204 == service.client.request("DELETE", f"/api/configs/{mac(2)}").status
        page.get_by_role("button", name="Change 3 devices").click()
        expect(page.get_by_role("alert")).to_contain_text("Request ")
        assert [] == service.client.get("/api/tags").json()["tags"]
        preview(page)
        count_of(page, "2 to change")
        count_of(page, "1 without a config")
        page.get_by_role("button", name="Change 2 devices").click()
        count_of(page, "2 changed")
        count_of(page, "1 without a config")


def test_devices_are_announced(service: Serve, visitor: Visitor) -> None:
    """With a hint to restart at a rate; those that are not selected are left alone."""
    create_lamps(service.client, 3)
    with visitor.page("/?q=Lamp 1") as page:
        select_all(page, "1")
        page.get_by_label("Announce").check()
        page.get_by_label("Tell them to restart, too").check()
        page.get_by_label("Devices a second").fill("0")
        page.get_by_role("button", name="Show what it would do").click()
        expect(page.get_by_role("heading", name="What it would do")).to_be_hidden()
        page.get_by_label("Devices a second").fill("5")
        preview(page)
        page.get_by_role("button", name="Announce 1 device").click()
        count_of(page, "1 changed")


def test_configs_are_exported(service: Serve, visitor: Visitor) -> None:
    """Those of the selection, byte for byte, in one file."""
    create_lamps(service.client, 2)
    content = '{ "deviceName": "Späne",  "gain": 1.10 }'
    text = f'{{"mac_address": "{mac(3)}", "content": {content}}}'
    kind = {"Content-Type": "application/x-ndjson"}
    assert 200 == service.client.request("POST", "/api/configs/import", text.encode(), kind).status
    lines = service.client.get("/api/configs/export").body.splitlines(keepends=True)
    with visitor.page("/?sort=-mac") as page:
        expect(page.get_by_role("link", name="Späne")).to_be_visible()
        for key in ("j", "x", "j", "x", "b"):
            page.keyboard.press(key)
        page.get_by_label("Export").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert b"".join(lines[1:]) == download.value.path().read_bytes()
        expect(page.get_by_text("2 configs in the file.")).to_be_visible()


def test_ten_thousand_devices(service: Serve, visitor: Visitor) -> None:
    """They are one write with one undo; the page shows some, and more on request."""
    create_lamps(service.client, 10_000)
    with visitor.page() as page:
        expect(page.get_by_text("10,000 devices", exact=True)).to_be_visible(timeout=60_000)
        select_all(page, "10,000")
        page.get_by_label("Add these tags").fill("dry")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="10,000 to change")).to_be_visible(timeout=120_000)
        page.get_by_role("button", name="Change 10,000 devices").click()
        expect(page.get_by_role("button", name="10,000 changed")).to_be_visible(timeout=120_000)
        assert page.locator("bulk-results .devices li").count() <= 100
        page.get_by_role("button", name="Show more: 9,900 devices").click()
        expect(page.locator("bulk-results .devices li")).to_have_count(1_100)
        page.reload()
        count_of(page, "10,000 changed")
    assert [{"tag": "dry", "devices": 10_000}] == service.client.get("/api/tags").json()["tags"]


def test_keys_alone(service: Serve, visitor: Visitor) -> None:
    """From the fleet to the result; and German where the browser asks for it."""
    create_lamps(service.client, 2)
    with visitor.page(locale="de-AT", color_scheme="dark") as page:
        expect(page.get_by_role("link", name="Lamp 2")).to_be_visible()
        for key in ("a", "b"):
            page.keyboard.press(key)
        tags = page.get_by_label("Diese Tags hinzufügen")
        for _ in range(20):
            page.keyboard.press("Tab")
            if tags.evaluate("each => each === each.getRootNode().activeElement"):
                break
        page.keyboard.type("dry")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Was geschähe")).to_be_focused()
        page.get_by_label("Grund, für den Verlauf").press("Enter")
        count_of(page, "2 geändert")
        assert [] == faults_of_accessibility(page)


def test_without_a_selection(page: Page) -> None:
    """The page says how to make one, also where the browser does not have the change of the address."""
    page.goto("/bulk?job=0123456789abcdef")

    expect(page.get_by_text("This browser does not have this change any more")).to_be_visible()
    page.get_by_role("link", name="To the fleet").click()
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()
