"""What the pictures show: each screen, in each view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.support.web_app import DESKTOP, PHONE

from .sample_fleet import PORCH

VIEWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "light": {"color_scheme": "light", **DESKTOP},
    "dark": {"color_scheme": "dark", **DESKTOP},
    "phone": {"color_scheme": "light", **PHONE, "device_scale_factor": 1},
}


def _try_picture(page: Page) -> None:
    page.get_by_role("button", name="Fetch").click()
    expect(page.get_by_text("ARGB8888")).to_be_visible()


def _compare(page: Page) -> None:
    expect(page.locator(".cm-content").last).to_be_focused()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type('"room": "porch",')
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_label("Message")).to_be_visible()


def _preview(page: Page) -> None:
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Change …").click()
    page.get_by_label("Change members").check()
    page.get_by_role("textbox", name="Merge patch").fill('{"display": {"brightness": 40}}')
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_focused()


def _menu(page: Page) -> None:
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()


def _stay(_page: Page) -> None:
    return


SCREENS: Final[Mapping[str, tuple[str, Callable[[Page], None]]]] = {
    "fleet": ("/", _stay),
    "menu": ("/?state=rejected", _menu),
    "device": (f"/devices/{PORCH}", _stay),
    "saving": (f"/devices/{PORCH}?edit", _compare),
    "bulk": ("/?tag=display", _preview),
    "new-boards": ("/new-boards", _stay),
    "changes": ("/changes", _stay),
    "deleted": ("/deleted", _stay),
    "files": ("/files", _stay),
    "pictures": ("/pictures?url={photo}&width=320&height=240", _try_picture),
    "health": ("/health", _stay),
    "access": ("/access", _stay),
}
"""The address of each picture, and what is done there first."""
