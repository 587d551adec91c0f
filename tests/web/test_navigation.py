"""The way between screens: groups of links, a menu on a narrow screen, and where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

SCREENS = {
    "Fleet": "Devices",
    "Bulk": "Change many devices",
    "New boards": "New boards",
    "Layers": "Layers",
    "Changes": "Changes",
    "Deleted": "Deleted devices",
    "Files": "Files for devices",
    "Pictures": "Pictures for displays",
    "Health": "Health",
    "Access": "Access",
}
"""The links, in their order, and the headings of their screens."""


def links(page: Page) -> list[str]:
    """Bulk is among them once the page knows that the caller may change something."""
    expect(page.get_by_role("navigation").get_by_role("link", name="Bulk")).to_be_attached()
    return page.get_by_role("navigation").get_by_role("link").all_inner_texts()


def test_the_focus_goes_to_the_heading(page: Page) -> None:
    """With the keyboard alone; the link of the screen is marked, and the title of the window is its own."""
    expect(page.get_by_role("link", name="Fleet")).to_have_attribute("aria-current", "page")
    assert list(SCREENS) == links(page)
    for name, heading in [*list(SCREENS.items())[1:], ("Fleet", "Devices")]:
        page.get_by_role("link", name=name, exact=True).press("Enter")
        expect(page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_focused()
        expect(page.get_by_role("navigation").locator("[aria-current=page]")).to_have_text(name)
        expect(page).to_have_title(f"{name} – iotconfig")  # noqa: RUF001 - as the page writes it


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_has_a_menu(visitor: Visitor, theme: str) -> None:
    """Its groups are named; nothing is scrolled sideways, and all targets are large enough for a finger."""
    with visitor.page("/", color_scheme=theme, **PHONE) as page:
        menu = page.get_by_role("button", name="Menu")
        expect(menu).to_have_text("Menu: Fleet")
        expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(0)
        menu.tap()
        assert list(SCREENS) == links(page)
        for group in ("Devices", "For devices", "Service"):
            expect(page.get_by_role("list", name=group, exact=True)).to_be_visible()
        for link in page.get_by_role("navigation").get_by_role("link").all():
            box = link.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        page.get_by_role("link", name="Files").tap()
        expect(page.get_by_role("heading", name="Files for devices")).to_be_focused()
        expect(menu).to_have_text("Menu: Files")
        expect(menu).to_have_attribute("aria-expanded", "false")


def test_the_menu_closes(visitor: Visitor) -> None:
    """By Escape, which gives the focus back, by a tap elsewhere, and when the focus leaves it."""
    with visitor.page("/files", **PHONE) as page:
        menu = page.get_by_role("button", name="Menu")
        access = page.get_by_role("link", name="Access")
        for leave in ("Escape", "elsewhere", "Tab"):
            menu.press("Enter")
            expect(access).to_be_visible()
            if leave == "Escape":
                page.keyboard.press("Tab")
                page.keyboard.press("Escape")
                expect(menu).to_be_focused()
            elif leave == "elsewhere":
                page.touchscreen.tap(200, 800)
            else:
                access.focus()
                page.keyboard.press("Tab")
            expect(access).to_be_hidden()
            expect(menu).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_width_scrolls_sideways(visitor: Visitor, locale: str) -> None:
    """Neither the page, nor its bar."""
    with visitor.page("/files", locale=locale) as page:
        live = page.get_by_text("Live", exact=True)
        expect(live).to_be_visible()
        for width in (320, 390, 600, 760, 900, 901, 1024, 1080, 1081):
            page.set_viewport_size({"width": width, "height": 700})
            assert [] == parts_that_stick_out(page)
            assert page.locator("iotconfig-app .bar").evaluate("bar => bar.scrollWidth <= bar.clientWidth")
            box = live.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
