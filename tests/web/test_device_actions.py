"""What is done with a device in a browser: deleted and undone, restored, announced, moved to another board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.api import created, expect_problem
from tests.support.http import Caller
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
BOARD = "02:00:00:00:1a:2b"
_TEXT = '{"deviceName": "Porch",  "gain": 1.10}'
_PHONES = pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])


def newest(client: Caller) -> Any:
    return client.get("/api/changes?limit=1").json()["changes"][0]


def delete(page: Page, reason: str) -> None:
    """Delete the device on its page."""
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_enabled()
    dialog.get_by_label("Reason").fill(reason)
    page.keyboard.press("Enter")


@_PHONES
def test_a_deletion_is_undone_on_another_screen(
    service: Serve, visitor: Visitor, device: dict[str, Any]
) -> None:
    """The offer survives a change of screens and a reload, and goes by the id of the change."""
    created(service.client, _TEXT, MAC)
    with visitor.page(f"/devices/{MAC}", **device) as page:
        delete(page, "sold")
        expect(page.get_by_text("This device is deleted.")).to_be_visible()
        expect(page.get_by_role("heading", name="Porch")).to_be_focused()
        assert ("delete", "sold") == (newest(service.client)["operation"], newest(service.client)["message"])
        assert 404 == service.client.get(f"/api/configs/{MAC}.json?peek").status
        page.get_by_role("link", name="iotconfig").click()
        expect(page.get_by_role("heading", name="Devices")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Porch is deleted.")).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone.")).to_be_visible()
        expect(page.get_by_role("link", name="Porch")).to_be_visible()
    assert _TEXT == service.client.get(f"/api/configs/{MAC}.json?peek").text


def test_an_undo_that_is_refused_says_why(service: Serve, page: Page) -> None:
    """The device has another config meanwhile; the sentence of the API and the id of the request are shown."""
    created(service.client, _TEXT, MAC)
    page.goto(f"/devices/{MAC}")
    delete(page, "")
    expect(page.get_by_text("Porch is deleted.")).to_be_visible()
    created(service.client, {"deviceName": "Attic"}, MAC)
    expect(page.get_by_role("heading", name="Attic")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("Request ")
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("Porch is deleted.")).to_be_hidden()
    assert '{"deviceName": "Attic"}' == service.client.get(f"/api/configs/{MAC}.json?peek").text


def test_what_another_one_deleted_is_restored_with_what_was_typed(service: Serve, page: Page) -> None:
    """The page says when, by whom and why; the draft waits, and is gone on with."""
    created(service.client, _TEXT, MAC)
    page.goto(f"/devices/{MAC}?edit")
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(" \n")
    answer = service.client.request(
        "DELETE", f"/api/configs/{MAC}?message=sold", headers={"Iotconfig-Author": "ben"}
    )
    assert 204 == answer.status
    expect(page.locator("former-device .sentence")).to_contain_text("deleted by ben")
    expect(page.locator("former-device .sentence")).to_contain_text("sold")
    expect(page.get_by_text("There is a draft of yours.")).to_be_visible()
    page.get_by_text("Its last document").click()
    expect(page.get_by_role("group", name="Its last document")).to_have_text(_TEXT)
    expect(page.locator("revision-entry")).to_have_count(2)
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    assert [] == faults_of_accessibility(page)

    page.get_by_role("button", name="Restore").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("still in use")
    dialog.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Discard the draft")).to_be_visible()
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-line")).to_have_count(2)
    assert ("restore", "still in use") == (
        newest(service.client)["operation"],
        newest(service.client)["message"],
    )


def test_an_announcement_is_followed(service: Serve, page: Page) -> None:
    """Until the broker has it."""
    created(service.client, _TEXT, MAC)
    page.goto(f"/devices/{MAC}")
    page.get_by_role("button", name="Announce").click()
    expect(page.get_by_text("Announced: the broker has taken it.")).to_be_visible()


def test_an_announcement_that_waits(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser
) -> None:
    """Without a broker, the page names the setting."""
    service = start_serve(postgres_url)
    created(service.client, _TEXT, MAC)
    with Visitor(chromium, service.client.base_url).page(f"/devices/{MAC}") as page:
        page.get_by_role("button", name="Announce").click()
        expect(page.get_by_text("MQTT_URL has no address of a broker.")).to_be_visible()


@_PHONES
def test_a_board_is_replaced(service: Serve, visitor: Visitor, device: dict[str, Any]) -> None:
    """What that does is said first; the new board is picked; the draft goes with the config, and the old address says where."""
    created(service.client, _TEXT, MAC)
    assert 404 == service.client.get(f"/api/configs/{BOARD}.json").status
    with visitor.page("/new-boards", **device) as page:
        expect(page.get_by_text(BOARD)).to_be_visible()
        page.goto(f"/devices/{MAC}?edit")
        expect(page.locator(".cm-content")).to_be_focused()
        page.keyboard.press("ControlOrMeta+End")
        page.keyboard.type(" ")
        page.get_by_role("button", name="Replace the board").click()
        dialog = page.get_by_role("dialog")
        replace = dialog.get_by_role("button", name="Replace")
        expect(page.get_by_text("The config moves to the other board")).to_be_visible()
        field = page.get_by_label("MAC address of the other board")
        for wrong in ("02:00", MAC.upper()):
            field.fill(wrong)
            expect(replace).to_be_disabled()
        page.get_by_role("radio", name=BOARD).check()
        expect(field).to_have_value(BOARD)
        assert [] == faults_of_accessibility(page)
        dialog.get_by_label("Reason").fill("burnt")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{service.client.base_url}/devices/{BOARD}")
        expect(page.get_by_role("heading", name="Porch")).to_be_visible()
        expect(page.get_by_text("There is a draft from")).to_be_visible()

        page.goto(f"/devices/{MAC}")
        expect(page.get_by_text("This board was replaced.")).to_be_visible()
        page.get_by_role("link", name="Porch").click()
        expect(page.locator("device-screen").get_by_text(BOARD, exact=True)).to_be_visible()
    assert ("replace-device", "burnt") == (
        newest(service.client)["operation"],
        newest(service.client)["message"],
    )


def test_a_board_that_has_a_config_takes_no_other(service: Serve, page: Page) -> None:
    """The refusal stands in the dialog, and nothing that was typed is lost."""
    for mac in (MAC, BOARD):
        created(service.client, _TEXT, mac)
    page.goto(f"/devices/{MAC}")
    page.get_by_role("button", name="Replace the board").click()
    dialog = page.get_by_role("dialog")
    field = page.get_by_label("MAC address of the other board")
    field.fill(BOARD.replace(":", "-").upper())
    dialog.get_by_role("button", name="Replace").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Request ")
    expect(field).to_have_value(BOARD.replace(":", "-").upper())


def test_a_viewer_is_offered_no_change(
    start_serve: Callable[..., Serve], postgres_url: str, broker: Mosquitto, chromium: Browser
) -> None:
    """Neither of the device, nor of a deleted one; the service refuses all the same."""
    service = start_serve(postgres_url, IOTCONFIG_AUTH="on", MQTT_URL=broker.url)
    admin, viewer = (bearer(api_token(service.database_url, role)) for role in (Role.ADMIN, Role.VIEWER))
    for body in ({"content": _TEXT}, {"content": {"deviceName": "Attic"}}):
        assert service.client.send_json("PUT", f"/api/configs/by-mac/{MAC}", body, **admin).status < 300
    with Visitor(chromium, service.client.base_url).page(f"/devices/{MAC}?edit") as page:
        page.get_by_label("API token").fill(viewer["Authorization"].removeprefix("Bearer "))
        page.keyboard.press("Enter")
        expect(page.get_by_role("group", name="Document")).to_contain_text("Attic")
        expect(page.locator("revision-entry")).to_have_count(2)
        main = page.locator("device-screen")
        # What remains reads: the differences.
        assert {"What it changed"} == {
            " ".join(text.split())[: len("What it changed")]
            for text in main.get_by_role("button").all_text_contents()
        }
        assert 204 == service.client.request("DELETE", f"/api/configs/{MAC}", headers=admin).status
        expect(page.get_by_text("This device is deleted.")).to_be_visible()
        expect(main.get_by_role("button", name="Restore")).to_have_count(0)
        refused = page.request.post(
            "/api/deleted-configs/1/restore", headers={"Origin": service.client.base_url}
        )
        assert 403 == refused.status
    refused_by_api = service.client.request("POST", "/api/deleted-configs/1/restore", headers=viewer)
    expect_problem(refused_by_api, 403, "AUTHORIZATION_FAILED")


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}])
def test_axe_finds_nothing(service: Serve, visitor: Visitor, options: dict[str, Any]) -> None:
    """In the dialogs, and on the page of a deleted device; nothing is wider than the screen."""
    created(service.client, _TEXT, MAC)
    with visitor.page(f"/devices/{MAC}", **options) as page:
        for name in ("Replace the board", "Delete"):
            page.get_by_role("button", name=name, exact=True).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert [] == faults_of_accessibility(page)
            page.keyboard.press("Escape")
        delete(page, "<b>sold</b>")
        expect(page.get_by_text("<b>sold</b>").first).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)


def test_a_device_that_layers_alone_serve(service: Serve, page: Page) -> None:
    """Its page has the document with its layers, gives it content, and ends it, whatever serves it; a restore brings it back."""
    client = service.client
    layer = {"name": "base", "reaches": {"all": True}, "content": {"deviceName": "Porch"}}
    assert 201 == client.send_json("POST", "/api/layers", layer).status
    assert 201 == client.send_json("POST", "/api/devices", {"mac_address": MAC}).status
    page.goto(f"/devices/{MAC}?edit")
    expect(page.get_by_role("heading", name="Porch")).to_be_visible()
    expect(page.locator("composed-document tr").filter(has_text='"deviceName"')).to_contain_text("base")
    expect(page.locator(".cm-content").last).to_be_focused()
    page.keyboard.press("ControlOrMeta+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.type('"gain": 2')
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("composed-document tr").filter(has_text='"gain"')).to_contain_text("own content")
    assert {"gain": 2} == client.get(f"/api/configs/{MAC}").json()["content"]
    assert 204 == client.request("DELETE", f"/api/configs/{MAC}").status
    expect(page.locator("composed-document tr").filter(has_text='"gain"')).to_have_count(0)

    delete(page, "sold")
    expect(page.get_by_text("This device is deleted.")).to_be_visible()
    assert 404 == client.get(f"/api/configs/{MAC}.json?peek").status
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    expect(page.locator("composed-document tr").filter(has_text='"deviceName"')).to_contain_text("base")
    assert {"deviceName": "Porch"} == client.get(f"/api/configs/{MAC}.json?peek").json()
