"""New boards in a browser: one asks, is found by its digits, and gets its first config."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.api import created
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

BOARD = "02:00:00:00:1a:2b"
OTHER = "02:00:00:00:1a:2c"
TEMPLATE = "02:00:00:00:00:01"


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_board_is_adopted_like_another(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """It appears by itself, the last four digits find it, and it gets content and tags of the template."""
    created(service.client, {"deviceName": "Porch"}, TEMPLATE)
    assert service.client.request("PUT", f"/api/devices/{TEMPLATE}/tags/dry").status < 300
    with visitor.page("/new-boards", **device) as page:
        expect(page.get_by_text("No board waits for a config.")).to_be_visible()
        for mac in (BOARD, OTHER):
            assert 404 == service.client.get(f"/api/configs/{mac}.json").status
        expect(page.get_by_text("2 boards", exact=True)).to_be_visible()
        page.get_by_role("searchbox").fill("1A2B")
        expect(page.get_by_text("1 of 2 boards")).to_be_visible()
        adopt = page.get_by_role("button", name=f"Adopt {BOARD}")
        if device:
            box = adopt.bounding_box()
            assert box is not None
            assert box["height"] >= 44
        assert [] == faults_of_accessibility(page)

        adopt.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Adopt")).to_be_disabled()
        page.get_by_label("Porch").check()
        assert [] == faults_of_accessibility(page)
        dialog.get_by_role("button", name="Adopt").click()
        expect(page.get_by_text("Adopted.")).to_be_visible()
        expect(page.get_by_role("link", name=BOARD)).to_have_attribute("href", f"/devices/{BOARD}")
        expect(page.get_by_text("1 board", exact=True)).to_be_visible()
        assert [] == parts_that_stick_out(page)
    assert ["dry"] == service.client.get(f"/api/devices/{BOARD}").json()["tags"]


def test_content_that_is_refused_is_not_lost(service: Serve, visitor: Visitor) -> None:
    """The service's sentence and the request's id stand in the dialog, and the text stays verbatim."""
    text = '{ "deviceName": "Attic",  "gain": 1.10 }'
    with visitor.page(f"/new-boards?q={BOARD}") as page:
        expect(page.get_by_text("has not asked yet")).to_be_visible()
        page.get_by_role("button", name=f"Adopt {BOARD}").click()
        page.get_by_label("With content of its own").check()
        dialog = page.get_by_role("dialog")
        content = page.get_by_label("Content, a JSON object")
        content.fill(text[:-1])
        dialog.get_by_role("button", name="Adopt").click()
        expect(page.get_by_role("alert")).to_contain_text("Request ")
        expect(content).to_have_value(text[:-1])

        content.fill(text)
        dialog.get_by_role("button", name="Adopt").click()
        expect(page.get_by_text("Adopted.")).to_be_visible()
    assert text == service.client.get(f"/api/configs/{BOARD}.json").body.decode()
