"""The page of a device in a browser: its state with evidence, and its document, edited beside other operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.api import created
from tests.support.http import Caller
from tests.support.ports import free_port
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"
_TEXT = '{"deviceName": "Porch", "gain": 1.10}'


def open_editor(page: Page) -> None:
    page.goto(f"/devices/{MAC}?edit")
    expect(page.locator(".cm-content").last).to_be_focused()


def type_at_end_of_name(page: Page, text: str) -> None:
    """Type behind the value of `deviceName`, which is the first string that ends in `Porch`."""
    page.keyboard.press("ControlOrMeta+Home")
    for _ in range(len('{"deviceName": "Porch')):
        page.keyboard.press("ArrowRight")
    page.keyboard.type(text)


def save(page: Page, message: str) -> None:
    page.get_by_role("button", name="Review and save").click()
    page.get_by_label("Message").fill(message)
    page.get_by_role("button", name="Save", exact=True).click()


def stored(client: Caller) -> str:
    return client.get(f"/api/configs/{MAC}.json?peek").text


def newest(client: Caller) -> Any:
    return client.get(f"/api/configs/{MAC}/revisions?limit=1").json()["revisions"][0]


def test_the_state_is_a_sentence_with_its_evidence(service: Serve, page: Page) -> None:
    """One click away: what it was concluded from. It follows the device."""
    created(service.client, _TEXT, MAC)
    page.goto(f"/devices/{MAC.replace(':', '-').upper()}")
    sentence = page.locator(".sentence")
    expect(sentence).to_contain_text("never seen")
    etag = service.client.get(f"/api/configs/{MAC}.json").headers["etag"]
    expect(sentence).to_contain_text("delivered")

    page.get_by_text("Evidence").click()
    expect(page.get_by_role("row", name="fetched")).to_contain_text("127.0.0.1")
    report = {"outcome": "rejected", "etag": etag, "pointer": "/gain", "reason": "too high"}
    answer = service.client.send_json("POST", f"/api/devices/{MAC}/report", report)
    assert 204 == answer.status, answer.body
    expect(sentence).to_contain_text("Refused 1 at /gain: too high")
    expect(page.get_by_role("row", name="reported as rejected")).to_contain_text("/gain, too high")


def test_a_change_is_reviewed_and_saved(service: Serve, page: Page) -> None:
    """Difference, message, confirmation; the rest of the text stays as it was written."""
    created(service.client, _TEXT, MAC)
    open_editor(page)
    type_at_end_of_name(page, " light")

    page.get_by_role("button", name="Review and save").click()
    expect(page.locator("unified-diff .added")).to_contain_text('"deviceName": "Porch light"')
    page.get_by_role("button", name="Cancel").last.click()
    assert _TEXT == stored(service.client)
    save(page, "It is a light")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_label("Message")).to_have_value("")
    assert _TEXT.replace("Porch", "Porch light") == stored(service.client)
    assert (2, "It is a light") == (newest(service.client)["revision"], newest(service.client)["message"])
    expect(page.get_by_role("heading", name="Porch light")).to_be_visible()


def test_the_keyboard_is_enough(service: Serve, page: Page) -> None:
    """To edit, to review, to save, and to see the keys."""
    created(service.client, _TEXT, MAC)
    page.goto(f"/devices/{MAC}")
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("review and save what was typed")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_focused()
    type_at_end_of_name(page, " light")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.get_by_label("Message")).to_be_focused()
    page.keyboard.type("by hand")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert "by hand" == newest(service.client)["message"]


def test_line_ends_stay_as_they_were(service: Serve, page: Page) -> None:
    """Also where both kinds occur."""
    for text in ('{"deviceName": "Porch",\r\n "a": 1}', '{"deviceName": "Porch",\r\n "a":\n 1}'):
        assert service.client.send_json("PUT", f"/api/configs/by-mac/{MAC}", {"content": text}).status < 300
        open_editor(page)
        type_at_end_of_name(page, "!")
        save(page, "")
        expect(page.get_by_text("Saved as revision")).to_be_visible()
        assert text.replace("Porch", "Porch!") == stored(service.client)


def test_rules_are_checked_while_one_types(service: Serve, page: Page) -> None:
    """At their place; such a text is not sent."""
    created(service.client, _TEXT, MAC)
    open_editor(page)
    type_at_end_of_name(page, '", "gain": "')

    mark = page.locator(".cm-lintRange-error")
    expect(mark).to_have_text('"gain"')
    mark.hover()
    expect(page.get_by_text("This name occurs twice in the object.")).to_be_visible()
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("The text breaks a rule of documents: see its marks.")).to_be_visible()
    assert 1 == newest(service.client)["revision"]


def test_a_text_that_was_not_saved_survives(service: Serve, page: Page) -> None:
    """A reload; it can be gone on with, and discarded."""
    created(service.client, _TEXT, MAC)
    open_editor(page)
    type_at_end_of_name(page, " light")
    page.goto(f"/devices/{MAC}")

    expect(page.get_by_text("There is a draft from")).to_be_visible()
    page.get_by_role("button", name="Go on with it").click()
    expect(page.locator(".cm-content")).to_contain_text("Porch light")
    page.get_by_role("button", name="Discard the draft").click()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    expect(page.get_by_text("There is a draft from")).to_be_hidden()


def test_each_tab_keeps_what_was_typed_in_it(service: Serve, page: Page) -> None:
    """Neither typing nor saving in another tab takes it away; a tab that was closed leaves it to the next one."""
    created(service.client, _TEXT, MAC)
    open_editor(page)
    other = page.context.new_page()
    open_editor(other)
    type_at_end_of_name(page, " light")
    type_at_end_of_name(other, " lamp")
    save(page, "")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    other.reload()
    expect(other.locator(".cm-content")).to_contain_text("Porch lamp")
    other.close()
    page.goto(f"/devices/{MAC}?edit")
    expect(page.locator(".cm-content")).to_contain_text("Porch lamp")
    page.get_by_role("button", name="Discard the draft").click()
    page.goto(f"/devices/{MAC}?edit")
    expect(page.locator(".cm-content")).to_contain_text("Porch light")


_LINES = '{"deviceName": "Porch",\n "a": 1,\n "b": 2,\n "c": 3,\n "gain": 1.10}'


def change_by_another(client: Caller, text: str, message: str) -> None:
    answer = client.send_json("PUT", f"/api/configs/{MAC}", {"content": text, "message": message})
    assert 200 == answer.status, answer.body


@pytest.mark.parametrize(
    "text", [_TEXT, _LINES, _LINES.replace("\n", "\r\n")], ids=["line", "lines", "pairs"]
)
def test_a_second_operator_meanwhile(service: Serve, page: Page, text: str) -> None:
    """What the other one changed stands beside the text, is taken over, and nothing typed is lost."""
    created(service.client, text, MAC)
    open_editor(page)
    type_at_end_of_name(page, " light")
    change_by_another(service.client, text.replace("1.10", "9"), "louder")

    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("The document was changed meanwhile: it is at revision 2.")).to_be_visible()
    expect(page.locator("conflict-notice")).to_contain_text("louder")
    expect(page.locator(".left .cm-changedText")).to_have_text("9")
    expect(page.locator(".right .cm-changedText")).to_have_text(" light")
    expect(page.get_by_role("button", name="Review and save")).to_be_disabled()
    page.get_by_role("button", name="Take over all that fits").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("All is decided.")).to_be_visible()
    save(page, "")
    expect(page.get_by_text("Saved as revision 3.")).to_be_visible()
    assert text.replace("Porch", "Porch light").replace("1.10", "9") == stored(service.client)


def test_two_changes_of_one_place(service: Serve, page: Page) -> None:
    """Each is taken over or left out; what was decided, and what was typed, survives a reload in between."""
    created(service.client, _LINES, MAC)
    open_editor(page)
    type_at_end_of_name(page, " light")
    theirs = _LINES.replace("Porch", "Cellar").replace("1.10", "9")
    change_by_another(service.client, theirs, "moved")
    expect(page.get_by_text("Somebody else has changed the document meanwhile.")).to_be_visible()
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("2 of their changes")).to_be_visible()
    page.get_by_role("button", name="Take over all that fits").click()
    expect(page.get_by_text("1 of their changes")).to_be_visible()

    page.goto(f"/devices/{MAC}")
    page.get_by_role("button", name="Go on with it").click()
    expect(page.locator(".cm-content")).to_contain_text('"gain": 9')
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("1 of their changes")).to_be_visible()
    expect(page.locator(".left .cm-changedLine")).to_contain_text("Cellar")
    page.get_by_role("button", name="Leave out").click()
    page.get_by_role("button", name="Review and save").click()
    expect(page.locator("unified-diff .removed")).to_contain_text("Cellar")
    page.get_by_label("Message").press("Enter")
    expect(page.get_by_text("Saved as revision 3.")).to_be_visible()
    assert theirs.replace("Cellar", "Porch light") == stored(service.client)


def test_a_change_that_was_taken_back_needs_no_decision(service: Serve, page: Page) -> None:
    """The document is as it was: only its revision is another."""
    created(service.client, _LINES, MAC)
    open_editor(page)
    type_at_end_of_name(page, " light")
    for text in (_LINES.replace("1.10", "9"), _LINES):
        change_by_another(service.client, text, "")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_text("is as it was: it is at revision 3.")).to_be_visible()
    save(page, "")
    expect(page.get_by_text("Saved as revision 4.")).to_be_visible()


def test_a_service_that_is_away_while_one_saves(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser
) -> None:
    """The page says so, and saves the same text later."""
    port = ("--port", str(free_port()))
    first = start_serve(postgres_url, arguments=port)
    created(first.client, _TEXT, MAC)
    with Visitor(chromium, first.client.base_url).page() as page:
        open_editor(page)
        type_at_end_of_name(page, " light")
        first.kill()
        page.get_by_role("button", name="Review and save").click()
        expect(page.get_by_text("The service does not answer.")).to_be_visible()

        second = start_serve(postgres_url, arguments=port)
        save(page, "")
        expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
        assert _TEXT.replace("Porch", "Porch light") == stored(second.client)


def test_a_device_that_does_not_exist(page: Page) -> None:
    """The sentence of the API, with the id of the request."""
    page.goto(f"/devices/{MAC}")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(f"Config {MAC} was not found")
    expect(alert).to_contain_text("Request ")


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark", **PHONE}])
def test_axe_finds_nothing(service: Serve, visitor: Visitor, options: dict[str, Any]) -> None:
    """With the editor open, and with the dialog; nothing is wider than the screen."""
    created(service.client, _TEXT, MAC)
    with visitor.page(**options) as page:
        open_editor(page)
        type_at_end_of_name(page, " light")
        assert [] == faults_of_accessibility(page)
        page.get_by_role("button", name="Review and save").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)
