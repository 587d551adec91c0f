"""The screens of layers in a browser: their list and order, one layer, edited after a look at what it would do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import created
from tests.support.http import Caller
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out, small_targets

MAC = "02:00:00:00:00:01"
_BASE = '{"gain": 1.10,  "mode": "day"}'


def put_layer(client: Caller, name: str, content: object, **members: Any) -> Any:
    body = {"reaches": {"all": True}, "content": content, **members}
    answer = client.send_json("PUT", f"/api/layers/{name}", body)
    assert answer.status in (200, 201), answer.body
    return answer.json()


def tagged(client: Caller, name: str, rank: int) -> None:
    put_layer(client, name, {"name": name}, reaches={"tags": [name]}, rank=rank)


def names(client: Caller) -> list[str]:
    return [layer["name"] for layer in client.get("/api/layers").json()["layers"]]


def layer(client: Caller, name: str) -> Any:
    return client.get(f"/api/layers/{name}").json()


def stored(client: Caller, name: str) -> str:
    """The document of a layer, as it was written."""
    text = client.get(f"/api/layers/{name}").text
    return text[text.index('"content":') + len('"content":') :].strip()


def type_into_document(page: Page, text: str) -> None:
    page.locator(".cm-content").first.click()
    page.keyboard.press("ControlOrMeta+a")
    # As a paste: the editor closes no bracket in between.
    page.keyboard.insert_text(text)


def test_a_layer_is_made(service: Serve, page: Page) -> None:
    """After a look at what it would do; its document is kept as it was typed."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    page.goto("/layers")
    expect(page.get_by_text("There are no layers")).to_be_visible()
    page.get_by_role("link", name="New layer").click()
    page.get_by_label("Name").fill("floor-3")
    page.get_by_label("Devices with tags").check()
    page.get_by_label("With all of these tags").fill("floor-3 lamp")
    page.get_by_label("With none of these tags").fill("spare")
    page.get_by_label("Rank").fill("100")
    type_into_document(page, _BASE)
    page.get_by_role("button", name="Review and save").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Create the layer floor-3?")
    expect(page.get_by_text("It concerns 0 devices.")).to_be_visible()
    assert [] == names(service.client)
    dialog.get_by_label("Reason").fill("the third floor")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="floor-3", level=1)).to_be_visible()
    expect(page.get_by_text("devices with floor-3 and lamp, without spare")).to_be_visible()
    found = layer(service.client, "floor-3")
    assert {"tags": ["floor-3", "lamp"], "not_tags": ["spare"]} == found["reaches"]
    assert 100 == found["rank"]
    assert stored(service.client, "floor-3").startswith(_BASE)
    expect(page.locator("revision-entry")).to_contain_text("the third floor")


def test_a_layer_is_changed(service: Serve, page: Page) -> None:
    """The difference is that from what is stored then, also where another one has changed it meanwhile."""
    created(service.client, {"deviceName": "Porch"}, MAC)
    put_layer(service.client, "base", _BASE)
    page.goto("/layers/base?edit")
    expect(page.locator(".cm-content")).to_contain_text('"gain": 1.10')
    type_into_document(page, '{"gain": 2}')
    put_layer(service.client, "base", {"gain": 7})
    page.get_by_role("button", name="Review and save").click()

    dialog = page.get_by_role("dialog")
    expect(page.get_by_text("the difference is from revision 2, and saving replaces it")).to_be_visible()
    expect(page.locator("layer-edit-dialog > text-difference .cm-deletedChunk")).to_contain_text("7")
    expect(page.get_by_text("It concerns 1 device. 1 device gets another document.")).to_be_visible()
    expect(page.locator("layer-effects text-difference")).to_contain_text('"gain": 2,"deviceName"')
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("pre")).to_have_text('{"gain": 2}')
    assert 3 == layer(service.client, "base")["revision"]


def test_a_text_that_breaks_a_rule_is_not_sent(service: Serve, page: Page) -> None:
    """Nor one without the rank that its reach needs; what the service refuses is said in its words."""
    tagged(service.client, "floor-3", 5)
    page.goto("/layers?new")
    page.get_by_label("Name").fill("floor-4")
    type_into_document(page, '{"a": 1, "a": 2}')
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("The text breaks a rule of documents")).to_be_visible()
    type_into_document(page, '{"a": 1}')
    page.get_by_label("Devices with tags").check()
    page.get_by_label("With all of these tags").fill("floor-4")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_label("Rank")).to_be_focused()
    page.get_by_label("Rank").fill("5")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("would both have rank 5")).to_be_visible()
    assert ["floor-3"] == names(service.client)


def test_an_edit_that_breaks_documents_cannot_be_saved(service: Serve, page: Page) -> None:
    """The dialog names the devices and the rules: a null in own content has no meaning once a layer reaches the device."""
    created(service.client, {"deviceName": "Porch", "gain": None}, MAC)
    page.goto("/layers?new")
    page.get_by_label("Name").fill("base")
    type_into_document(page, _BASE)
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("It would break 1 document:")).to_be_visible()
    expect(page.locator("layer-effects li")).to_contain_text("Porch")
    expect(page.locator("layer-effects li")).to_contain_text("null")
    expect(page.get_by_role("dialog").get_by_role("button", name="Save")).to_be_disabled()
    assert [] == names(service.client)


def test_what_is_typed_survives_a_reload(service: Serve, page: Page) -> None:
    """Until it is saved or discarded."""
    put_layer(service.client, "base", _BASE)
    page.goto("/layers/base?edit")
    type_into_document(page, '{"gain": 3}')
    page.reload()
    expect(page.locator(".cm-content")).to_contain_text('{"gain": 3}')
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator(".cm-content")).to_contain_text('"gain": 1.10')
    page.reload()
    expect(page.locator(".cm-content")).to_contain_text('"gain": 1.10')


def test_the_order_is_changed_as_a_whole(service: Serve, page: Page) -> None:
    """Layers of tags are moved; nothing is stored before it is saved."""
    put_layer(service.client, "base", _BASE)
    for name, rank in (("low", 1), ("middle", 5), ("high", 9)):
        tagged(service.client, name, rank)
    page.goto("/layers")
    rows = page.get_by_role("list", name="Layers, the lowest first").locator("a")
    expect(rows).to_have_text(["base", "low", "middle", "high"])
    expect(page.get_by_role("button", name="Move base higher")).to_have_count(0)
    expect(page.get_by_role("button", name="Move high higher")).to_be_disabled()
    page.get_by_role("button", name="Move low higher").click()
    page.get_by_role("button", name="Move low higher").click()
    expect(rows).to_have_text(["base", "middle", "high", "low"])
    assert ["base", "low", "middle", "high"] == names(service.client)

    page.get_by_role("button", name="Save the order …").click()
    page.get_by_role("dialog").get_by_role("button", name="Save the order", exact=True).click()
    expect(page.get_by_role("button", name="Save the order …")).to_have_count(0)
    assert ["base", "middle", "high", "low"] == names(service.client)
    expect(rows.last.locator("xpath=..")).to_contain_text("rank 9")


def test_a_layer_is_switched_off_and_deleted(service: Serve, page: Page) -> None:
    """After a question; its history stays, and the log leads to it."""
    put_layer(service.client, "base", _BASE)
    page.goto("/layers/base")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("switched off", exact=True)).to_be_visible()
    assert layer(service.client, "base")["enabled"] is False
    assert stored(service.client, "base").startswith(_BASE)

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("not needed")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no layers")).to_be_visible()
    page.goto("/changes")
    page.get_by_role("link", name="base").first.click()
    expect(page.get_by_text("There is no layer of this name.")).to_be_visible()
    expect(page.locator("revision-entry").first).to_contain_text("not needed")


def test_a_layer_is_rolled_back(service: Serve, page: Page) -> None:
    """To the document of an earlier revision; two revisions are compared."""
    put_layer(service.client, "base", _BASE)
    put_layer(service.client, "base", {"gain": 7})
    page.goto("/layers/base?from=1&to=2")
    expect(page.locator("revision-comparison .added")).to_contain_text('"gain": 7')
    page.get_by_role("button", name="Roll back Revision 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.locator("revision-entry").first).to_contain_text("Revision 3")
    assert stored(service.client, "base").startswith(_BASE)


def test_a_device_shows_where_its_values_come_from(service: Serve, page: Page, visitor: Visitor) -> None:
    """Beside each line of its document stands the layer; a device that no layer reaches has its own content alone."""
    created(service.client, {"deviceName": "Porch", "gain": 2}, MAC)
    page.goto(f"/devices/{MAC}")
    expect(page.get_by_role("heading", name="Document", exact=True)).to_be_visible()
    put_layer(service.client, "base", _BASE)
    rows = page.locator("composed-document tr")
    expect(rows.filter(has_text='"gain"')).to_have_text(re.compile(r"own content\s+over base\s+\"gain\": 2"))
    expect(rows.filter(has_text='"mode"')).to_have_text(re.compile(r"base\s+\"mode\": \"day\""))
    expect(rows.filter(has_text='"deviceName"')).to_contain_text("own content")
    page.locator("composed-document").get_by_role("link", name="base").click()
    expect(page.get_by_role("heading", name="base", level=1)).to_be_visible()
    with visitor.page(f"/devices/{MAC}", **PHONE) as phone:
        expect(phone.locator("composed-document tr").first).to_be_visible()
        assert [] == faults_of_accessibility(phone)
        assert [] == parts_that_stick_out(phone)
        assert [] == small_targets(phone)


@pytest.mark.parametrize(("locale", "heading"), [("en-GB", "Layers"), ("de-DE", "Schichten")])
def test_a_phone_shows_layers(service: Serve, visitor: Visitor, locale: str, heading: str) -> None:
    """Nothing sticks out, targets are large enough, and axe finds nothing: in the list, in a layer, and in its form."""
    put_layer(service.client, "base", _BASE)
    tagged(service.client, "a-layer-with-a-name-that-is-as-long-as-the-rules-allow-it-to-be", 7)
    tagged(service.client, "high", 9)
    for address in ("/layers", "/layers/base", "/layers/high?edit"):
        with visitor.page(address, locale=locale, **PHONE) as page:
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if address == "/layers":
                expect(page.get_by_role("heading", level=1)).to_have_text(heading)
                expect(page.get_by_role("link", name="base")).to_be_visible()
            elif "edit" in address:
                expect(page.locator(".cm-content")).to_be_visible()
            else:
                expect(page.locator("revision-entry")).to_be_visible()
            assert [] == faults_of_accessibility(page)
            assert [] == parts_that_stick_out(page)
            assert [] == small_targets(page)
