"""Health in a browser: database and announcements, what waits, and a service that is away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from iotconfig._version import __version__
from tests.support.api import created
from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.web_app import PHONE, Visitor, faults_of_accessibility, parts_that_stick_out

MAC = "02:00:00:00:00:01"


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_is_well(standing: Serve, chromium: Browser, device: dict[str, Any], theme: str) -> None:
    """Database, announcements and the stream, each with a word."""
    visitor = Visitor(chromium, standing.client.base_url)
    with visitor.page("/health", color_scheme=theme, **device) as page:
        # The database, the messages of devices, and the stream.
        expect(page.get_by_text("connected", exact=True)).to_have_count(3)
        expect(page.get_by_text("no message yet")).to_be_visible()
        expect(page.get_by_text(__version__, exact=True)).to_be_visible()
        expect(page.get_by_text("in order", exact=True)).to_be_visible()
        expect(page.get_by_text("none wait to be sent")).to_be_visible()
        assert [] == faults_of_accessibility(page)
        assert [] == parts_that_stick_out(page)


def test_what_waits_and_a_service_that_is_away(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser
) -> None:
    """Without a broker, changes wait for one, and the page says which step is next."""
    service = start_serve(postgres_url)
    created(service.client, {"deviceName": "Porch"}, MAC)
    with Visitor(chromium, service.client.base_url).page("/health") as page:
        expect(page.get_by_text("switched off")).to_have_count(2)
        expect(page.get_by_text("Set MQTT_URL")).to_be_visible()
        expect(page.get_by_text("1 waits to be sent")).to_be_visible()
        expect(page.get_by_role("list", name="Waiting notifications")).to_contain_text("Porch")
        assert [] == faults_of_accessibility(page)

        service.kill()
        expect(page.get_by_text("the service does not answer")).to_be_visible()


def test_a_subscriber_without_its_broker(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, tmp_path: Path
) -> None:
    """The page says that messages of devices are not read, and why."""
    broker = Mosquitto(tmp_path)
    service = start_serve(postgres_url, MQTT_URL=broker.url)
    try:
        with Visitor(chromium, service.client.base_url).page("/health") as page:
            expect(page.get_by_text("connected", exact=True)).to_have_count(3)
            broker.stop()
            expect(page.get_by_text("not connected to the broker")).to_be_visible()
            expect(page.get_by_text("Connection refused").first).to_be_visible()
            assert [] == faults_of_accessibility(page)
    finally:
        broker.kill()


def test_parked_notifications_are_sent_again(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, tmp_path: Path
) -> None:
    """The page says why they wait, and has the broker asked again."""
    broker = Mosquitto(tmp_path, "max_packet_size 150")
    try:
        service = start_serve(postgres_url, MQTT_URL=broker.url)
        created(service.client, {"deviceName": "Porch"}, MAC)
        with Visitor(chromium, service.client.base_url).page("/health") as page:
            expect(page.get_by_text("1 parked")).to_be_visible()
            expect(page.get_by_role("list", name="Waiting notifications")).to_contain_text("Porch")
            page.get_by_role("button", name="Send the parked ones again").click()
            expect(page.get_by_text("Sent again: 1")).to_be_visible()
    finally:
        broker.kill()
