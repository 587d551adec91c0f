"""Several tabs of one browser: they share one stream of events, whichever of them is closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.api import created
from tests.support.ports import free_port
from tests.support.scraping import address_of, metrics_address, scrape
from tests.support.serving import Serve
from tests.support.waiting import wait_until
from tests.support.web_app import NAME, Visitor

# Chrome on Android has none.
_WITHOUT_SHARED_WORKERS = "delete window.SharedWorker"


def mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def expect_devices(page: Page, *names: str) -> None:
    expect(page.locator("fleet-table a.name")).to_have_text(list(names))


@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "without-shared-workers"])
def test_the_tab_that_came_first_is_closed(
    start_serve: Callable[..., Serve], postgres_url: str, chromium: Browser, is_shared: bool
) -> None:
    """The others go on, over an address that is no secure context, too; the last one ends the stream."""
    port, setting = free_port(), metrics_address()
    base_url = f"http://{NAME}:{port}"
    serve = start_serve(
        postgres_url,
        arguments=("--port", str(port)),
        BASEURL=base_url,
        IOTCONFIG_ALLOW_ANONYMOUS="true",
        **setting,
    )
    metrics = address_of(serve, setting)

    def streams() -> float:
        return sum(value for (name, _), value in scrape(metrics).items() if name == "iotconfig_event_streams")

    created(serve.client, {"deviceName": "Attic"}, mac(1))
    with Visitor(chromium, base_url).page() as first:
        if not is_shared:
            first.context.add_init_script(_WITHOUT_SHARED_WORKERS)
            first.reload()
        second = first.context.new_page()
        second.goto("/")
        for page in (first, second):
            expect_devices(page, "Attic")
            expect(page.get_by_text("Live", exact=True)).to_be_visible()
        assert first.evaluate("isSecureContext") is False
        wait_until(lambda: streams() == (1 if is_shared else 2), "the tabs have their streams")

        created(serve.client, {"deviceName": "Cellar"}, mac(2))
        for page in (first, second):
            expect_devices(page, "Attic", "Cellar")
        first.close()
        created(serve.client, {"deviceName": "Porch"}, mac(3))
        expect_devices(second, "Attic", "Cellar", "Porch")
        wait_until(lambda: streams() == 1, "one stream is left")
        second.goto("about:blank")
        wait_until(lambda: streams() == 0, "no stream is left")
