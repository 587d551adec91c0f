"""Deleted devices in a browser: one is deleted, appears, and is restored; replaced boards name their successors."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.api import created
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
SUCCESSOR = "02:00:00:00:00:03"


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_a_deleted_device_is_restored(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """Without a reload; the reason comes into the history."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    with visitor.page("/deleted", **device) as page:
        expect(page.get_by_text("No deleted config can be restored.")).to_be_visible()
        assert 204 == service.client.request("DELETE", f"/api/configs/{MAC}").status
        restore = page.get_by_role("button", name="Restore Porch")
        expect(restore).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        restore.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason, for the history").fill("still in use")
        dialog.get_by_role("button", name="Restore").click()
        expect(page.get_by_text("Restored:")).to_be_visible()
        expect(page.get_by_text("No deleted config can be restored.")).to_be_visible()
    assert "still in use" == service.client.get("/api/changes").json()["changes"][0]["message"]


def test_a_replaced_board_names_its_successor(service: Serve, visitor: Visitor) -> None:
    """With a link to it."""
    created(service.client, {"deviceName": "Cellar"}, OTHER)
    answer = service.client.send_json(
        "POST", f"/api/configs/{OTHER}/replace-device", {"mac_address": SUCCESSOR}
    )
    assert 200 == answer.status, answer.body
    with visitor.page("/deleted") as page:
        expect(page.get_by_role("heading", name="Replaced boards")).to_be_visible()
        expect(page.get_by_role("link", name="Cellar")).to_have_attribute("href", f"/devices/{SUCCESSOR}")
        assert [] == faults_of_accessibility(page)
