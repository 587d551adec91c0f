"""Labels in a browser: a code that opens the page of a device, and a sheet of many to print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03")
_NAMES = ("Porch", f"<b>{HOSTILE}</b>", "A name that is longer than a label is wide " * 5)


@pytest.fixture
def fleet(service: Serve) -> Serve:
    """A service with three devices."""
    for mac, name in zip(MACS, _NAMES, strict=True):
        created(service.client, {"deviceName": name}, mac)
    return service


def test_a_device_has_a_label(fleet: Serve, page: Page, tmp_path: Path) -> None:
    """Its code has the address of the page; it is kept as a file, and printed."""
    page.goto(f"/devices/{MACS[0]}")
    page.get_by_text("Label", exact=True).click()
    code = page.get_by_role("img", name=f"{fleet.client.base_url}/devices/{MACS[0]}")
    expect(code).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as SVG").click()
    assert "020000000001.svg" == download.value.suggested_filename
    download.value.save_as(tmp_path / "label.svg")
    drawn = code.locator("path").get_attribute("d")
    assert drawn
    assert drawn in (tmp_path / "label.svg").read_text()
    page.get_by_role("link", name="Print").click()
    expect(page.get_by_role("heading", name="Labels")).to_be_visible()
    expect(page.locator("device-label")).to_have_count(1)


def test_a_selection_is_printed(fleet: Serve, page: Page, tmp_path: Path) -> None:
    """From the fleet; the address has the devices and the size, and paper has the labels alone."""
    page.get_by_role("link", name="Porch").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Select all 3").click()
    page.get_by_role("button", name="Labels").click()
    expect(page.locator("device-label")).to_have_count(3)
    page.get_by_label("Size").select_option("large")
    assert page.url.partition("?")[2].startswith("size=large#")
    page.reload()
    expect(page.locator("device-label[large]")).to_have_count(3)
    assert 0 == page.locator("device-label b").count()

    page.emulate_media(media="print")
    for hidden in (page.get_by_role("banner"), page.get_by_role("contentinfo"), page.get_by_label("Size")):
        expect(hidden).to_be_hidden()
    expect(page.locator("device-label").first).to_be_visible()


def test_a_sheet_of_many(fleet: Serve, visitor: Visitor) -> None:
    """More than one request line can have; what is above the limit is said."""
    macs = ",".join(f"0200{number:08x}" for number in range(1_001))
    with visitor.page(f"/labels#{macs}") as page:
        expect(page.get_by_role("button", name="Print")).to_be_enabled()
        expect(page.locator("device-label")).to_have_count(1_000)
        expect(page.get_by_text("The first 1,000 are shown.")).to_be_visible()


def test_a_sheet_without_devices(page: Page) -> None:
    """The next step is taught."""
    page.goto("/labels#<b>")
    expect(page.get_by_text("Select devices in the fleet")).to_be_visible()
    page.get_by_role("link", name="To the fleet").click()
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}])
def test_axe_finds_nothing(fleet: Serve, visitor: Visitor, options: dict[str, Any]) -> None:
    """On the sheet; nothing is wider than the screen."""
    with visitor.page(f"/labels?size=large#{','.join(MACS)}", **options) as page:
        expect(page.locator("device-label")).to_have_count(3)
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)
