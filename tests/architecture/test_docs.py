"""The documentation matches the code, and its links have targets."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from iotconfig.testing.announcement_builders import asset, change
from iotconfig.testing.builders import mac
from tests.contract.publishers import publisher_on
from tests.support.markdown import anchors, links

_ROOT = Path(__file__).parents[2]
_DOCS = _ROOT / "docs"
_PRINTERS = sorted(_DOCS.glob("render_*.py"))
_PAGES = sorted(
    path
    for path in (*_ROOT.glob("*.md"), *(p for d in ("docs", "deploy", "examples") for p in (_ROOT / d).rglob("*.md")))
    if path.name != "CHANGELOG.md"
)  # fmt: skip


@pytest.mark.parametrize("printer", _PRINTERS, ids=lambda printer: printer.stem)
def test_generated_pages_are_as_the_code_prints_them(
    printer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed setting, command or route requires its page to be printed again."""
    page = printer.with_name(printer.stem.removeprefix("render_") + ".md")

    runpy.run_path(str(printer), run_name="__main__")

    assert capsys.readouterr().out == page.read_text()


def test_a_page_is_printed_by_a_command() -> None:
    """The printers are programs; those of all pages end alike."""
    printed = subprocess.run(
        [sys.executable, _DOCS / "render_topics.py"], capture_output=True, text=True, check=True
    ).stdout

    assert printed == (_DOCS / "topics.md").read_text()
    assert 1 == len({printer.read_text().rpartition("\nif __name__")[2] for printer in _PRINTERS})


def test_the_printers_are_found() -> None:
    """An empty list would pass."""
    assert {
        "render_access",
        "render_cli",
        "render_errors",
        "render_routes",
        "render_settings",
        "render_topics",
    } <= {printer.stem for printer in _PRINTERS}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_links_between_pages_have_targets(page: Path) -> None:
    """A relative link names an existing file, and a heading in it."""
    dead = []
    for target in links(page.read_text()):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            dead.append(target)

    assert [] == dead


@pytest.mark.parametrize("page", sorted(_DOCS.glob("*.md")), ids=lambda page: page.name)
def test_each_page_is_reached_from_the_index(page: Path) -> None:
    """The index links every page."""
    index = links((_DOCS / "README.md").read_text())

    assert page.name == "README.md" or page.name in index


_LISTED_ROUTE = re.compile(r"^\| `(?:GET|POST|PUT|PATCH|DELETE) /", re.MULTILINE)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_routes_are_listed_on_generated_pages_only(page: Path) -> None:
    """A route that is added has its line from its row, and no second line to write. Measurements name routes, too."""
    is_generated = (_DOCS / f"render_{page.stem}.py").exists()

    assert is_generated or page.name == "performance.md" or not _LISTED_ROUTE.search(page.read_text())


def test_each_topic_is_described() -> None:
    """The MQTT reference has the topics of the publisher, and the members of its messages."""
    with publisher_on("mqtt://127.0.0.1:1") as publisher:
        messages = [*publisher._messages(0, change(1)), *publisher._messages(1, asset("a.bin"))]
    page = (_DOCS / "mqtt.md").read_text()

    assert 3 == len(messages)
    for message in messages:
        assert f"`{message.topic.replace(str(mac(1)), '<mac>')}`" in page
        assert [] == [name for name in json.loads(message.payload) if f'"{name}"' not in page]


def _named_tests() -> list[str]:
    return sorted(
        {
            name
            for page in _PAGES
            for name in re.findall(r"`((?:tests|src)/[\w/]+\.py::\w+)`", page.read_text())
        }
    )


@pytest.mark.parametrize("name", _named_tests())
def test_tests_that_pages_name_exist(name: str) -> None:
    """Each cited test is a function of the cited file."""
    path, _, function = name.partition("::")

    assert re.search(rf"^ *def {function}\(", (_ROOT / path).read_text(), re.MULTILINE)
