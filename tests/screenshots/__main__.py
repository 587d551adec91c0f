"""Take the pictures: `python -m tests.screenshots DIRECTORY [SCREEN…]`, of a service of its own, in Chromium."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright

from tests.support.depot import Depot, settings_of
from tests.support.mosquitto import Mosquitto
from tests.support.picture_server import PictureServer, answer
from tests.support.serving import Serve, environment, run_command
from tests.support.signing import signing_key
from tests.support.web_app import PHONE, Visitor, launch, parts_that_stick_out, small_targets

from .sample_fleet import SampleFleet
from .views import SCREENS, VIEWS

QUALITY: Final = 82


def photo() -> bytes:
    """A picture that a camera could send: an evening with a house."""
    width, height = 640, 480
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for row in range(height):
        part = row / height
        draw.line([(0, row), (width, row)], (int(30 + 200 * part), int(50 + 90 * part), int(110 + 20 * part)))
    draw.ellipse((460, 60, 540, 140), (255, 236, 190))
    draw.rectangle((0, 380, width, height), (24, 44, 34))
    draw.rectangle((180, 250, 420, 400), (60, 48, 56))
    draw.polygon([(160, 250), (440, 250), (300, 150)], (92, 50, 52))
    for left in (210, 340):
        draw.rectangle((left, 285, left + 50, 335), (255, 214, 120))
    draw.rectangle((280, 310, 320, 400), (40, 30, 34))
    written = BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()


@contextmanager
def _service(place: Path) -> Iterator[Depot]:
    """A service with authentication and a broker."""
    url = f"sqlite:///{place / 'fleet.db'}"
    loaded = run_command("load-test-data", env=environment(url))
    assert 0 == loaded.returncode, loaded.stderr
    broker = Mosquitto(place)
    settings: dict[str, Any] = {
        "IOTCONFIG_AUTH": "on",
        "IOTCONFIG_SIGHTINGS_INTERVAL": "1",
        "IOTCONFIG_EXPECTED_INTERVALS": "battery=25h,mains=10m",
        "IOTCONFIG_PICTURE_NETWORKS": "127.0.0.0/8",
        "MQTT_URL": broker.url,
        **settings_of(place),
    }
    try:
        with Serve(url, place / "serve.log", **settings) as serve:
            yield Depot(serve, place / "assets", signing_key())
    finally:
        broker.kill()


def take(directory: Path, names: list[str]) -> None:
    """Take the pictures of these screens, or of all."""
    expect.set_options(timeout=30_000)
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="iotconfig-screenshots-")))
        depot = stack.enter_context(_service(place))
        camera = stack.enter_context(PictureServer())
        fleet = SampleFleet.of(depot)
        fleet.live()
        where = camera.on("/porch.jpg", answer(photo()))
        visitor = Visitor(launch(stack.enter_context(sync_playwright())), depot.client.base_url)
        for view, options in VIEWS.items():
            with visitor.page("/access", **options) as page:
                page.get_by_label("API token").fill(fleet.anna)
                page.keyboard.press("Enter")
                expect(page.get_by_role("dialog")).to_be_hidden()
                for name in names or SCREENS:
                    address, prepare = SCREENS[name]
                    page.goto(address.format(photo=where))
                    expect(page.get_by_text("Live", exact=True)).to_be_visible()
                    expect(page.locator("main h1").first).to_be_visible()
                    expect(page.get_by_text("Loading …", exact=True).filter(visible=True)).to_have_count(0)
                    prepare(page)
                    sticking_out = parts_that_stick_out(page)
                    assert not sticking_out, f"{name}, {view}: {sticking_out}"
                    too_small = small_targets(page) if options["viewport"] == PHONE["viewport"] else []
                    assert not too_small, f"{name}, {view}: {too_small}"
                    _save(
                        page.screenshot(animations="disabled", caret="hide"),
                        directory / f"{name}-{view}.webp",
                    )


def _save(png: bytes, path: Path) -> None:
    with Image.open(BytesIO(png)) as image:
        image.convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    take(target, sys.argv[2:])
