"""Pictures in a browser: what a display would draw, its address, and what the API refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from iotconfig.domain.access.principal import Role
from tests.support.picture_server import PictureServer, answer
from tests.support.serving import Serve
from tests.support.tokens import api_token
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

RED, CLEAR = (200, 30, 10, 255), (0, 0, 0, 0)


@pytest.fixture
def camera() -> Iterator[PictureServer]:
    """A server in the own network."""
    with PictureServer() as server:
        yield server


@pytest.fixture
def visitor(start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser) -> Visitor:
    """Opens pages of a service that may fetch from this machine."""
    serve = start_serve(postgres_url, IOTCONFIG_PICTURE_NETWORKS="127.0.0.0/8")
    return Visitor(chromium, serve.client.base_url)


def photo() -> bytes:
    """A picture of 40 by 20 pixels: its left half red, its right half transparent."""
    image = Image.new("RGBA", (40, 20), CLEAR)
    image.paste(RED, (0, 0, 20, 20))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def drawn(page: Page, width: int, height: int) -> list[int]:
    """Red, green, blue and alpha of each pixel."""
    canvas = page.get_by_role("img", name="The picture, as a display draws it")
    read = f"canvas => [...canvas.getContext('2d').getImageData(0, 0, {width}, {height}).data]"
    return list(canvas.evaluate(read))


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_drawn_as_a_display_draws_it(
    visitor: Visitor, camera: PictureServer, device: dict[str, Any], theme: str
) -> None:
    """Shrunk, with its transparency and its size in memory; the address is the one that the device asks."""
    url = camera.on("/porch.png", answer(photo()))
    with visitor.page("/pictures", color_scheme=theme, **device) as page:
        page.get_by_label("Address of the picture").fill(url)
        page.get_by_label("Width, at most").fill("20")
        page.keyboard.press("Enter")

        expect(page.get_by_text("20 \N{MULTIPLICATION SIGN} 10")).to_contain_text("ARGB8888")
        expect(page.get_by_text("812 bytes")).to_be_visible()
        pixels = drawn(page, 20, 10)
        assert [*RED] == pixels[:4]
        assert [*CLEAR] == pixels[-4:]
        address = page.get_by_label("The address that the device asks").input_value()
        assert f"{visitor.base_url}/api/images/lvgl?url={quote(url, safe='')}&width=20&height=240" == address
        with page.expect_download() as download:
            page.get_by_text("Save it as a file for LVGL").click()
        assert 12 + 20 * 10 * 4 == download.value.path().stat().st_size
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)


def test_a_link_fills_the_form_and_asks_for_nothing(visitor: Visitor, camera: PictureServer) -> None:
    """Another site could otherwise have the service fetch addresses of the own network."""
    url = camera.on("/porch.png", answer(photo()))
    with visitor.page(f"/pictures?url={quote(url, safe='')}&width=16") as page:
        expect(page.get_by_label("Address of the picture")).to_have_value(url)
        expect(page.get_by_label("Width, at most")).to_have_value("16")
        expect(page.get_by_label("Height, at most")).to_have_value("")

        page.get_by_role("button", name="Fetch").click()
        expect(page.get_by_text("16 \N{MULTIPLICATION SIGN} 8")).to_be_visible()
        assert 1 == camera.connections


def test_errors_are_those_of_the_api(visitor: Visitor, camera: PictureServer) -> None:
    """Each with the id of its request; the field that was refused gets the focus."""
    with visitor.page("/pictures") as page:
        field = page.get_by_label("Address of the picture")
        for url, said in (
            ("ftp://example.org/a.png", "The picture's URL cannot be used"),
            ("http://10.0.0.1/a.png", "IOTCONFIG_PICTURE_NETWORKS lists"),
        ):
            field.fill(url)
            page.get_by_role("button", name="Fetch").click()
            expect(page.get_by_role("alert")).to_contain_text(said)
            expect(page.get_by_role("alert")).to_contain_text("Request ")
            expect(field).to_be_focused()
            assert [] == faults_of_accessibility(page)
        for url, said in (
            (camera.on("/gone.png", answer(b"", "404 Not Found")), "answered with status 404"),
            (camera.on("/text.png", answer(b"no picture")), "cannot be decoded"),
        ):
            field.fill(url)
            page.get_by_role("button", name="Fetch").click()
            expect(page.get_by_role("alert")).to_contain_text(said)
            expect(page.get_by_role("img")).to_have_count(0)


def test_a_viewer_learns_of_the_token(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, camera: PictureServer
) -> None:
    """In German, too."""
    url = camera.on("/porch.png", answer(photo()))
    serve = start_serve(postgres_url, IOTCONFIG_AUTH="on", IOTCONFIG_PICTURE_NETWORKS="127.0.0.0/8")
    with Visitor(chromium, serve.client.base_url).page("/pictures", locale="de-DE") as page:
        page.get_by_label("API-Token").fill(api_token(postgres_url, Role.VIEWER))
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.get_by_label("Adresse des Bildes").fill(url)
        page.get_by_role("button", name="Abrufen").click()
        expect(page.get_by_text("40 \N{MULTIPLICATION SIGN} 20")).to_be_visible()
        expect(page.get_by_text("iotconfig token create display --role viewer")).to_be_visible()
