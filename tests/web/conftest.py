"""A service and a browser, which tests share; each test uses its own devices, or a service of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.mosquitto import Mosquitto
from tests.support.serving import Serve
from tests.support.spare_databases import SpareDatabases
from tests.support.web_app import Visitor, launch


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser; each page has its own profile."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def service(
    start_serve: Callable[..., Serve], _spare_databases: SpareDatabases, broker: Mosquitto
) -> Iterator[Serve]:
    """A service of the test, on PostgreSQL and with a broker."""
    url = _spare_databases.take()
    serve = start_serve(url, MQTT_URL=broker.url, IOTCONFIG_SIGHTINGS_INTERVAL="1")
    yield serve
    serve.__exit__(None, None, None)
    _spare_databases.give_back(url)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, _spare_databases: SpareDatabases) -> Iterator[Serve]:
    """A service of all stories of a module that only look: to start one takes as long as a short story."""
    directory, url = tmp_path_factory.mktemp("standing"), _spare_databases.take()
    broker = Mosquitto(directory)
    with Serve(url, directory / "serve.log", MQTT_URL=broker.url, IOTCONFIG_SIGHTINGS_INTERVAL="1") as serve:
        yield serve
    broker.kill()
    _spare_databases.give_back(url)


@pytest.fixture
def visitor(chromium: Browser, service: Serve) -> Visitor:
    """Opens pages of the service."""
    return Visitor(chromium, service.client.base_url)


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """The start page on a desktop."""
    with visitor.page() as page:
        yield page
