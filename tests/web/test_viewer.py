"""A viewer in a browser: no screen offers a change, and the service refuses each all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer
from tests.support.web_app import PHONE, Visitor

MAC = "02:00:00:00:00:01"
DELETED = "02:00:00:00:00:02"
BOARD = "02:00:00:00:1a:2b"

SCREENS: Final = {
    "/": "Porch",
    "/bulk": "Many devices are changed by administrators.",
    "/new-boards": "1a:2b",
    "/layers": "base",
    "/layers/base": "devices with floor-3",
    "/layers/base?edit": "devices with floor-3",
    "/layers?new": "base",
    "/changes": "revision 2",
    "/deleted": "Attic",
    "/health": "1 parked",
    "/files": "Files for devices",
    "/pictures": "Pictures",
    "/access": "Tokens are made and revoked by administrators.",
    f"/devices/{MAC}": "Porch",
}
"""What each screen shows to a viewer at least."""

READING: Final = re.compile(
    # The frame of the page, and its filters
    r"Skip to the content|Menu: .*|Help|Close|Name|MAC address|State|Last sign|Document|[0-9,]+ .*|dry|Remove the filter .*|Clear all"
    # Entries of the log, the history, the pictures, and the caller's own session
    r"|created|changed|deleted|tags|ada|Apply|Filter|Show .*|What it changed.*|Compare.*|Sign out|Fetch|Width.*|Height.*|Compare.*"
)
"""The names of buttons and check boxes that change nothing."""


WRITES: Final[tuple[tuple[str, str, object], ...]] = (
    ("POST", "/api/configs/patch", {"all": True, "merge": {}}),
    ("POST", "/api/devices/tags", {"all": True, "add": ["x"]}),
    ("POST", "/api/configs/announce", {"mac_addresses": [MAC]}),
    ("POST", f"/api/new-devices/{BOARD}/adopt", {"content": {}}),
    ("POST", f"/api/deleted-configs/{DELETED}/restore", {}),
    ("POST", f"/api/changes/{'0' * 16}/undo", {}),
    ("POST", "/api/notifications/retry", {}),
    ("PUT", f"/api/configs/{MAC}", {"content": {}}),
    ("PUT", "/api/layers/base", {"reaches": {"all": True}, "content": {}}),
    ("POST", "/api/layers/order", {"layers": ["base"]}),
    ("DELETE", f"/api/configs/{MAC}", None),
    ("POST", "/api/tokens", {"name": "x", "role": "admin"}),
)
"""What the screens of an administrator send."""

FETCHED: Final = """([method, path, body]) => fetch(path, {
    method, headers: {"Content-Type": "application/json"}, body: body && JSON.stringify(body),
}).then(({status}) => status)"""


@pytest.fixture
def watched(start_serve: Callable[..., Serve], postgres_url: str, tmp_path: Path) -> Iterator[Serve]:
    """A service with something to change on each screen; its broker refuses the announcements."""
    broker = Mosquitto(tmp_path, "max_packet_size 150")
    service = start_serve(
        postgres_url, IOTCONFIG_AUTH="on", MQTT_URL=broker.url, IOTCONFIG_SIGHTINGS_INTERVAL="1"
    )
    admin = bearer(api_token(postgres_url, Role.ADMIN, "ada"))
    for mac, name in ((MAC, "Porch"), (DELETED, "Attic")):
        body = {"content": {"deviceName": name}}
        assert 201 == service.client.send_json("PUT", f"/api/configs/by-mac/{mac}", body, **admin).status
    for method, path in (("PUT", f"/api/devices/{MAC}/tags/dry"), ("DELETE", f"/api/configs/{DELETED}")):
        assert 204 == service.client.request(method, path, headers=admin).status
    layer = {"reaches": {"tags": ["floor-3"]}, "rank": 1, "content": {"a": 1}}
    assert 201 == service.client.send_json("PUT", "/api/layers/base", layer, **admin).status
    assert 404 == service.client.get(f"/api/configs/{BOARD}.json").status
    yield service
    broker.kill()


def sign_in(page: Page, service: Serve) -> None:
    page.get_by_label("API token").fill(api_token(service.database_url, Role.VIEWER))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Porch")).to_be_visible()


def names_of_controls(page: Page) -> set[str]:
    """The accessible names of all buttons and check boxes on the page."""
    snapshot = page.locator("body").aria_snapshot()
    return {
        text.encode().decode("unicode_escape")
        for text in re.findall(r'(?:button|checkbox) "((?:[^"\\]|\\.)*)"', snapshot)
    }


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_no_screen_offers_a_change(watched: Serve, chromium: Browser, device: dict[str, Any]) -> None:
    """Neither by a button, nor by a check box, a key or a link; nothing but reading leaves the page."""
    with Visitor(chromium, watched.client.base_url).page(**device) as page:
        sign_in(page, watched)
        written: list[str] = []
        page.on("request", lambda sent: written.append(sent.url) if sent.method != "GET" else None)
        offered: dict[str, set[str]] = {}
        for address, shown in SCREENS.items():
            page.goto(address)
            expect(page.locator("main").get_by_text(shown).first).to_be_visible()
            if names := {name for name in names_of_controls(page) if not READING.fullmatch(name)}:
                offered[address] = names
            expect(page.get_by_role("link", name="Bulk")).to_have_count(0)
        assert {} == offered

        page.goto("/")
        expect(page.get_by_role("link", name="Porch")).to_be_visible()
        for key in ("j", "x", "a", "b", "e"):
            page.keyboard.press(key)
        expect(page.get_by_text("selected")).to_have_count(0)
        assert page.url == f"{watched.client.base_url}/"
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).not_to_contain_text("select the device")
        assert [] == written

        for write in WRITES:
            assert 403 == page.evaluate(FETCHED, list(write)), write
