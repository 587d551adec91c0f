"""The web app in Chromium: bytes of the first load and of the editor, times to paint and to an answer, memory and frames
with many devices; and the processor time of a device's fetch with and without the web app.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from attrs import define, field, frozen
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright
from tests.support.serving import Serve
from tests.support.web_app import DESKTOP, launch

from benchmarks import fleet
from benchmarks.harness import machine, percentile, postgresql, rounds
from benchmarks.observing import contestant
from iotconfig.adapters.http.web.files import WebFiles

_SCROLL: Final = """async () => {
    const frames = [];
    const end = performance.now() + 3000;
    let before = performance.now();
    while (before < end) {
        scrollBy(0, 400);
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
    }
    return [frames.slice(1), scrollY];
}"""
"""Scrolls by ten rows in each frame for three seconds: the milliseconds of each frame, and how far it came."""


_WORK: Final = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


# Without slots: Playwright marks the objects whose methods it calls.
@define(slots=False)
class Received:
    """The bytes of answers, as they came over the network."""

    files: int = 0
    api: int = 0
    _addresses: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, session: CDPSession) -> Received:
        """Count from now on, without a cache."""
        received = cls()
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.responseReceived", received._began)
        session.on("Network.loadingFinished", received._ended)
        return received

    def _began(self, event: dict[str, object]) -> None:
        response = event["response"]
        assert isinstance(response, dict)
        self._addresses[str(event["requestId"])] = response["url"]

    def _ended(self, event: dict[str, object]) -> None:
        length = event["encodedDataLength"]
        assert isinstance(length, (int, float))
        if "/api/" in self._addresses.get(str(event["requestId"]), ""):
            self.api += int(length)
        else:
            self.files += int(length)


@contextmanager
def _page(browser: Browser, url: str) -> Iterator[tuple[Page, CDPSession]]:
    context = browser.new_context(base_url=url, locale="en-GB", **DESKTOP)
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page, context.new_cdp_session(page)
    context.close()


def _load(browser: Browser, url: str) -> tuple[float, float, float]:
    """Milliseconds to the first paint, to the first device, and from a letter typed into the search to its result."""
    with _page(browser, url) as (page, _session):
        page.goto("/")
        page.locator("fleet-table .name").first.wait_for()
        shown = page.evaluate("performance.now()")
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        page.wait_for_function(
            "() => document.querySelector('iotconfig-app').shadowRoot.querySelector('.live')", timeout=120_000
        )
        search = page.locator(".search")
        search.focus()
        began = perf_counter()
        page.keyboard.type("3")
        expect(page.get_by_role("button", name="Remove the filter")).to_be_visible()
        return painted, shown, (perf_counter() - began) * 1000


def _bytes(browser: Browser, url: str) -> tuple[int, int, int]:
    """Bytes of the page's files at the first load, of the API for it, and of further files for the editor."""
    with _page(browser, url) as (page, session):
        received = Received.of(session)
        page.goto("/")
        page.locator("fleet-table .name").first.wait_for()
        first, api = received.files, received.api
        page.locator("fleet-table .name").first.click()
        page.get_by_role("button", name="Edit").click()
        page.locator(".cm-content").last.wait_for()
        return first, api, received.files - first


@frozen
class Scrolled:
    """The page with all devices, and three seconds of scrolling."""

    heap: float
    """Megabytes of the script's heap, after a collection."""
    frames: list[float]
    """Milliseconds of each."""
    worked: float
    """Milliseconds of processor time of the page's thread for each frame: script, styles and layout."""
    rows: float
    """How far it came."""


def _scroll(browser: Browser, url: str, count: int) -> Scrolled:
    with _page(browser, url) as (page, session):
        page.goto("/")
        table = page.locator("fleet-table [role=grid]")
        expect(table).to_have_attribute("aria-rowcount", str(count + 1), timeout=120_000)
        # Of the thread's own time: other programs on the machine do not count.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        session.send("HeapProfiler.collectGarbage")
        before = _metrics(session)
        frames, scrolled = page.evaluate(_SCROLL)
        worked = sum(_metrics(session)[each] - before[each] for each in _WORK)
        return Scrolled(before["JSHeapUsedSize"] / 1e6, frames, worked * 1000 / len(frames), scrolled / 40)


def _metrics(session: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def _show(browser: Browser, url: str, count: int, runs: int) -> None:
    first, api, editor = _bytes(browser, url)
    print(f"{count:,} devices")
    print(
        f"  files of the first load {first / 1000:8.1f} kB, of the editor {editor / 1000:.1f} kB more; API {api / 1000:.1f} kB"
    )
    loads = [_load(browser, url) for _ in range(runs)]
    painted, shown, searched = (statistics.median(each) for each in zip(*loads, strict=True))
    print(
        f"  first paint {painted:8.0f} ms, first device {shown:.0f} ms, answer to a letter of the search {searched:.0f} ms"
    )
    scrolled = _scroll(browser, url, count)
    frames = scrolled.frames
    print(f"  script's heap {scrolled.heap:8.1f} MB")
    print(
        f"  {len(frames)} frames over {scrolled.rows:,.0f} rows: median {statistics.median(frames):.1f} ms, "
        f"95 % {percentile(frames, 0.95):.1f} ms, longest {max(frames):.1f} ms; {scrolled.worked:.1f} ms of the page's thread"
    )


def _fetches(count: int) -> None:
    """The processor time of a device's fetch in one process: with the web app's files and routes, and without files."""
    contestants = {
        "with": contestant(web_files=WebFiles.built()),
        "without": contestant(web_files=WebFiles({})),
    }
    measured = rounds(contestants, count)
    print(f"fetch: {measured['with']:.1f} µs with the web app, {measured['without']:.1f} µs without")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--devices", type=int, default=10_000, help="devices of the large fleet (default 10000)"
    )
    parser.add_argument("--runs", type=int, default=5, help="loads of the page (default 5)")
    asked = parser.parse_args()
    print(machine())
    with TemporaryDirectory() as place, postgresql("small", "large") as urls, sync_playwright() as playwright:
        browser = launch(playwright)
        for url, count in zip(urls, (5, asked.devices), strict=True):
            written = Path(place) / "fleet.ndjson"
            fleet.write(written, count)
            fleet.run(url, "import", str(written))
            with Serve(url, Path(place) / "serve.log", workers=2) as serve:
                _show(browser, serve.client.base_url, count, asked.runs)
        browser.close()
    _fetches(21)


if __name__ == "__main__":
    main()
