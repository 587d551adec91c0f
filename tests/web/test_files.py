"""Files for devices in a browser: uploaded, found, deleted; a viewer deletes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from iotconfig.domain.access.principal import Role
from tests.support.asset_files import by_hand
from tests.support.depot import Depot
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.spare_databases import SpareDatabases
from tests.support.tokens import api_token
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

CI = {"Iotconfig-Author": "ci"}


@pytest.fixture
def depot(
    start_serve: Callable[..., Serve], _spare_databases: SpareDatabases, broker: Mosquitto, tmp_path: Path
) -> Iterator[Depot]:
    """A service with a signing key, on PostgreSQL and with a broker."""
    url = _spare_databases.take()
    depot = Depot.start(start_serve, url, tmp_path, MQTT_URL=broker.url)
    yield depot
    depot.serve.__exit__(None, None, None)
    _spare_databases.give_back(url)


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_file_appears_and_is_deleted(
    depot: Depot, chromium: Browser, device: dict[str, Any], theme: str
) -> None:
    """Without a reload, with the keyboard alone; digest, size and uploader are shown, and what the deletion means."""
    with Visitor(chromium, depot.client.base_url).page("/files", color_scheme=theme, **device) as page:
        expect(page.get_by_text("There are no files for devices yet")).to_be_visible()
        expect(page.get_by_label("Commands")).to_contain_text(f"{depot.client.base_url}/api/assets")
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        assert 201 == depot.send(depot.fields("firmware.bin", bytes(1_234_567)), CI).status
        by_hand(depot.directory, b"x", "chime.wav")
        row = page.get_by_role("listitem").filter(has_text="firmware.bin")
        expect(row).to_contain_text("1.2 MB")
        expect(row).to_contain_text("uploaded by ci (unverified)")
        expect(row).to_contain_text(hashlib.sha256(bytes(1_234_567)).hexdigest())
        expect(page.get_by_role("listitem").filter(has_text="chime.wav")).to_contain_text("by hand")
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)

        page.get_by_role("button", name="Delete firmware.bin").press("Enter")
        dialog = page.get_by_role("dialog")
        expect(page.get_by_text("It is gone for good")).to_be_visible()
        expect(dialog.get_by_label("Reason, for the history")).to_have_count(0)
        assert [] == faults_of_accessibility(page)
        page.keyboard.press("Escape")
        expect(row).to_be_visible()
        page.get_by_role("button", name="Delete firmware.bin").press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Deleted: firmware.bin")).to_be_visible()
        expect(row).to_be_hidden()
    assert ["chime.wav"] == depot.on_disk()


def test_files_are_found_by_name_and_saved(depot: Depot, chromium: Browser) -> None:
    """The search is in the address; the link saves the file as it is."""
    for name in ("firmware-1.bin", "firmware-2.bin", "chime.wav"):
        depot.uploaded(name, name.encode())
    with Visitor(chromium, depot.client.base_url).page("/files?q=WARE") as page:
        names = page.get_by_role("list", name="Files for devices").get_by_role("link")
        expect(names).to_have_text(["firmware-2.bin", "firmware-1.bin"])
        page.get_by_label("Search by name").fill("2.bin")
        expect(page).to_have_url(f"{depot.client.base_url}/files?q=2.bin")
        with page.expect_download() as download:
            names.click()
        assert b"firmware-2.bin" == download.value.path().read_bytes()
        page.get_by_label("Search by name").fill("nothing")
        expect(page.get_by_text("No file has this name.")).to_be_visible()


def test_many_files_are_shown_in_steps(depot: Depot, chromium: Browser) -> None:
    """The page stays quick with thousands of them."""
    for number in range(450):
        by_hand(depot.directory, b"x", f"file-{number:03}.bin")
    with Visitor(chromium, depot.client.base_url).page("/files") as page:
        rows = page.get_by_role("list", name="Files for devices").get_by_role("listitem")
        expect(rows).to_have_count(200)
        page.get_by_role("button", name="Show more").click()
        expect(rows).to_have_count(400)
        page.get_by_role("button", name="Show more").click()
        expect(rows).to_have_count(450)
        expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_file_that_is_not_announced_says_so(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, tmp_path: Path
) -> None:
    """Without a broker, no device has been told."""
    depot = Depot.start(start_serve, postgres_url, tmp_path)
    depot.uploaded("firmware.bin", b"new")
    with Visitor(chromium, depot.client.base_url).page("/files", locale="de-DE") as page:
        row = page.get_by_role("listitem").filter(has_text="firmware.bin")
        expect(row).to_contain_text("Die Ankündigung wartet auf den Broker")
        expect(row).to_contain_text("hochgeladen von anonymous")


def test_a_viewer_deletes_nothing(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, tmp_path: Path
) -> None:
    """The button is not offered, and the request is refused."""
    depot = Depot.start(start_serve, postgres_url, tmp_path, IOTCONFIG_AUTH="on")
    by_hand(depot.directory, b"x")
    with Visitor(chromium, depot.client.base_url).page("/files") as page:
        page.get_by_label("API token").fill(api_token(postgres_url, Role.VIEWER))
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="firmware.bin")).to_be_visible()
        expect(page.get_by_role("button", name="Delete")).to_have_count(0)
        status = "fetch('/api/assets/firmware.bin', {method: 'DELETE'}).then(({status}) => status)"
        assert 403 == page.evaluate(status)
        page.get_by_text("Upload a file").click()
        expect(page.get_by_label("Commands")).to_contain_text("--role asset-uploader")
    assert ["firmware.bin"] == depot.on_disk()
