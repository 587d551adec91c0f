"""The fleet in a browser: filters in the address, search, keys, selection, live states, many devices, a phone."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.api import created
from tests.support.hostile import HOSTILE
from tests.support.http import Caller
from tests.support.ports import free_port
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out


def mac(number: int) -> str:
    """A MAC address for each number."""
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def create_devices(client: Caller, *names: str) -> None:
    """Devices with these names, numbered from 1."""
    for number, name in enumerate(names, 1):
        created(client, {"deviceName": name}, mac(number))


def tag(client: Caller, number: int, word: str) -> None:
    assert client.request("PUT", f"/api/devices/{mac(number)}/tags/{word}").status < 300


@pytest.fixture(scope="module")
def house(standing: Serve) -> Serve:
    """A service with three devices, one of them with a tag, for stories that change nothing."""
    create_devices(standing.client, "Attic", "Cellar", "Porch")
    tag(standing.client, 1, "dry")
    return standing


@pytest.fixture
def guest(chromium: Browser, house: Serve) -> Visitor:
    """Opens pages of that service."""
    return Visitor(chromium, house.client.base_url)


@pytest.fixture
def hall(guest: Visitor) -> Iterator[Page]:
    """Its start page on a desktop."""
    with guest.page() as page:
        expect_names(page, ["Attic", "Cellar", "Porch"])
        yield page


def shown_names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("fleet-table a.name").all_inner_texts()]


def expect_names(page: Page, names: Sequence[str]) -> None:
    expect(page.locator("fleet-table a.name")).to_have_text(list(names))


def test_states_follow_the_devices(service: Serve, page: Page) -> None:
    """A new device appears, and its state changes as it fetches, without a reload."""
    expect(page.get_by_text("There are no devices yet.")).to_be_visible()
    create_devices(service.client, "Porch")

    row = page.get_by_role("row", name="Porch")
    expect(row).to_contain_text("never seen")
    etag = service.client.get(f"/api/configs/{mac(1)}.json").headers["etag"]
    expect(row).to_contain_text("delivered")
    service.client.get(f"/api/configs/{mac(1)}.json", If_None_Match=etag)
    expect(row).to_contain_text("in sync")
    assert 204 == service.client.request("DELETE", f"/api/configs/{mac(1)}").status
    expect(page.get_by_text("There are no devices yet.")).to_be_visible()


def test_filters_live_in_the_address(service: Serve, page: Page) -> None:
    """A view survives a reload, chips show it, and the way back of the browser undoes it."""
    create_devices(service.client, "Porch", "Attic", "Cellar")
    tag(service.client, 2, "dry")
    tag(service.client, 3, "dry")
    service.client.get(f"/api/configs/{mac(3)}.json")

    page.get_by_role("row", name="Attic").get_by_role("button", name="dry").click()
    expect_names(page, ["Attic", "Cellar"])
    page.get_by_role("button", name=re.compile("1 delivered")).click()
    expect_names(page, ["Cellar"])
    assert "state=delivered&tag=dry" == page.url.partition("?")[2]
    page.reload()
    expect_names(page, ["Cellar"])
    page.get_by_role("button", name="Remove the filter tag dry").click()
    expect_names(page, ["Cellar"])
    page.get_by_role("button", name="Remove the filter delivered").click()
    expect_names(page, ["Attic", "Cellar", "Porch"])
    page.go_back()
    expect(page.get_by_role("button", name="Remove the filter delivered")).to_be_visible()


def test_search_finds_as_one_types(hall: Page) -> None:
    """A part of a name, or of a MAC address in any spelling; `/` goes there."""
    hall.keyboard.press("/")
    hall.keyboard.type("por")
    expect_names(hall, ["Porch"])
    hall.get_by_role("searchbox").fill(mac(1).replace(":", "").upper())
    expect_names(hall, ["Attic"])
    hall.get_by_role("searchbox").fill("nothing")
    expect(hall.get_by_text("No device matches these filters.")).to_be_visible()
    hall.get_by_role("button", name="Clear all").click()
    expect_names(hall, ["Attic", "Cellar", "Porch"])


def test_it_can_be_used_with_keys_alone(hall: Page) -> None:
    """Move, select, help, open; a letter in the search is a letter."""
    for key in ("j", "j", "x"):
        hall.keyboard.press(key)
    expect(hall.get_by_role("row", name="Cellar")).to_have_attribute("aria-selected", "true")
    hall.keyboard.press("k")
    hall.keyboard.press("x")
    expect(hall.get_by_text("2 selected")).to_be_visible()
    hall.keyboard.press("Escape")
    expect(hall.get_by_text("2 selected")).to_be_hidden()
    hall.keyboard.press("?")
    expect(hall.get_by_role("dialog")).to_be_visible()
    hall.keyboard.press("Escape")
    hall.keyboard.press("/")
    hall.keyboard.type("xj")
    assert "xj" == hall.get_by_role("searchbox").input_value()
    hall.get_by_role("searchbox").fill("")
    hall.keyboard.press("Escape")
    hall.keyboard.press("Enter")
    expect(hall.get_by_role("heading", name="Attic")).to_be_visible()
    assert hall.url.endswith(f"/devices/{mac(1)}")


def test_all_that_match_are_selected(service: Serve, page: Page) -> None:
    """Not those on the screen; 10,000 devices have few rows in the page, and the last one is reached."""
    records = (
        json.dumps({"mac_address": mac(number), "content": {"deviceName": f"Lamp {number}"}})
        for number in range(1, 10_001)
    )
    body = "\n".join(records).encode()
    answer = service.client.request(
        "POST", "/api/configs/import", body, {"Content-Type": "application/x-ndjson"}
    )
    assert 200 == answer.status, answer.body

    expect(page.get_by_text("10,000 devices", exact=True)).to_be_visible(timeout=60_000)
    assert len(shown_names(page)) < 100
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Select all 10,000").click()
    expect(page.get_by_text("10,000 selected")).to_be_visible()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("link", name="Lamp 10000")).to_be_visible()
    assert len(shown_names(page)) < 100


def test_hostile_names_are_text(service: Serve, page: Page) -> None:
    """Markup does not run, and marks of direction do not leave their cell."""
    names = [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "${alert(1)} {{x}} <!-- ",
        "&lt;b&gt;",
        f"a{HOSTILE}b",
    ]
    create_devices(service.client, *names)

    expect(page.get_by_text(f"{len(names)} devices", exact=True)).to_be_visible()
    assert {" ".join(name.split()) for name in names} == {
        " ".join(text.split()) for text in page.locator("fleet-table a.name bdi").all_text_contents()
    }
    assert 0 == page.locator("fleet-table img, fleet-table script").count()


def test_a_restart_is_noticed_and_caught_up_with(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser
) -> None:
    """The page says how old it is, and shows what happened meanwhile."""
    port = ("--port", str(free_port()))
    first = start_serve(postgres_url, arguments=port)
    with Visitor(chromium, first.client.base_url).page() as page:
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        first.kill()
        expect(page.get_by_text("No connection.")).to_be_visible()
        second = start_serve(postgres_url, arguments=port)
        create_devices(second.client, "Porch")
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=60_000)
        expect_names(page, ["Porch"])
        expect(page.get_by_text("No connection.")).to_be_hidden()


def test_a_service_that_does_not_answer_is_noticed(service: Serve, page: Page) -> None:
    """Its connections stay open, and nothing comes through them, as after a pulled cable."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    stopped = service.pids()
    try:
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        expect(page.get_by_text("No connection.")).to_be_visible(timeout=60_000)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("No connection.")).to_be_hidden()


def test_a_browser_that_refuses_shared_workers(service: Serve, page: Page) -> None:
    """As where a person has blocked cookies: the tab reads the events itself."""
    page.add_init_script(
        "SharedWorker = class { constructor() { throw new DOMException('', 'SecurityError'); } }"
    )
    page.reload()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    create_devices(service.client, "Porch")
    expect_names(page, ["Porch"])


def test_cards_on_a_phone(service: Serve, visitor: Visitor) -> None:
    """Nothing is wider than the screen, and what is touched is large enough."""
    create_devices(service.client, "A name that is longer than the screen of a phone is wide" * 3, "Porch")
    with visitor.page(**PHONE) as page:
        expect(page.get_by_role("link", name="Porch")).to_be_visible()

        assert [] == parts_that_stick_out(page)
        for target in (page.get_by_role("link", name="Porch"), page.locator(".counts button").first):
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 44
        page.get_by_role("link", name="Porch").tap()
        expect(page.get_by_role("heading", name="Porch")).to_be_visible()


def test_german_where_the_browser_asks_for_it(guest: Visitor) -> None:
    """Numbers and times, too."""
    with guest.page(locale="de-AT") as page:
        expect(page.get_by_role("heading", name="Geräte")).to_be_visible()
        expect(page.get_by_role("row", name="Porch")).to_contain_text("nie gesehen")
        assert "de" == page.locator("html").get_attribute("lang")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(guest: Visitor, theme: str) -> None:
    """In both themes, with a filter, a selection and an error."""
    with guest.page("/?tag=dry", color_scheme=theme) as page:
        expect_names(page, ["Attic"])
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.get_by_text("1 selected")).to_be_visible()

        assert [] == faults_of_accessibility(page)


def test_an_address_without_a_screen(hall: Page) -> None:
    """The way back is offered."""
    hall.goto("/devices/")

    expect(hall.get_by_role("heading", name="This page does not exist.")).to_be_visible()
    hall.get_by_role("link", name="To the fleet").click()
    expect(hall.get_by_role("heading", name="Devices")).to_be_visible()
