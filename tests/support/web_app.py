"""The web app in Chromium: pages that a test drives, and what must not happen in any of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from playwright.sync_api import Browser, Page, Playwright

_AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

_STICKING_OUT: Final = """width => {
  const found = [];
  const visit = parent => {
    for (const element of parent.children) {
      const box = element.getBoundingClientRect();
      if (box.width > 1 && box.right > width + 0.5) {
        found.push(`${element.localName} in ${parent.localName ?? parent.host.localName} ends at ${Math.round(box.right)}`);
      } else if (getComputedStyle(element).overflowX === "visible") {
        visit(element);
        if (element.shadowRoot) visit(element.shadowRoot);
      }
    }
  };
  visit(document.body);
  return found;
}"""
"""What scrolls by itself is not entered. The width comes from outside: a phone's `innerWidth` grows with the content."""

_SMALL_TARGETS: Final = """least => {
  const found = [];
  const isInText = element =>
    getComputedStyle(element).display === "inline" && element.parentElement?.textContent.trim() !== element.textContent.trim();
  const visit = parent => {
    for (const element of parent.children) {
      if (element.matches("a[href], button, summary, select, textarea, input")) {
        const target = element.matches("[type=checkbox], [type=radio]") ? element.closest("label") ?? element : element;
        const { width, height } = target.getBoundingClientRect();
        if (width > 1 && height < least - 0.5 && element.checkVisibility() && !isInText(target)) {
          found.push(`${element.localName} "${target.textContent.trim()}" in ${parent.getRootNode().host?.localName}: ${height}`);
        }
      }
      visit(element);
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document.body);
  return found;
}"""
"""Links within a sentence may have its height, as WCAG 2.2 (2.5.8) says."""

_EXPECTED: Final = re.compile(r"Failed to load resource|net::ERR_|Error in connection establishment")
"""Chromium's lines about answers that are refusals, and about a service that is away."""

DESKTOP: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


NAME: Final = "iot.example"
"""A name of this machine in the browser that is not loopback, so that `http://` is no secure context there."""


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    assert program is not None, "Chromium is missing: sh install-packages.sh chromium"
    # Its own sandbox needs rights that containers do not have.
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    return playwright.chromium.launch(executable_path=program, args=arguments)


@frozen
class Visitor:
    """Opens pages of one service in one browser."""

    browser: Browser
    base_url: str

    @contextmanager
    def page(self, address: str = "/", **options: Any) -> Iterator[Page]:
        """A page at an address of the service, in a new profile. options: those of `Browser.new_context`.

        At its end, no script has failed, and nothing has violated the page's policy.
        """
        settings = {"base_url": self.base_url, "locale": "en-GB", **DESKTOP, **options}
        context = self.browser.new_context(**settings)
        complaints: list[str] = []
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _complain(complaints, message.type, message.text))
        page.goto(address)
        yield page
        context.close()
        assert [] == complaints


def _complain(complaints: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning") and not _EXPECTED.search(text):
        complaints.append(f"{kind}: {text}")


def faults_of_accessibility(page: Page) -> list[str]:
    """What axe finds on the page, one line for each rule and element."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def parts_that_stick_out(page: Page) -> list[str]:
    """The elements that end on the right of the viewport, so that the page has to be scrolled sideways."""
    assert page.viewport_size is not None
    found: list[str] = page.evaluate(_STICKING_OUT, page.viewport_size["width"])
    return found


def small_targets(page: Page) -> list[str]:
    """What one can tap that is lower than 44 CSS pixels."""
    found: list[str] = page.evaluate(_SMALL_TARGETS, 44)
    return found
