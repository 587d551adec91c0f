"""The commands on a page of the documentation, and the output that the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from .markdown import Block

_ELSEWHERE = re.compile(
    r"make |pip install |apt-get |pytest"  # install, or are this run
    r"|([A-Z_]+=\S+ )*iotconfig (serve|relay)\b"  # runs beside, started by the test
    r"|python examples/simulated_device/|mosquitto_sub "  # run until they are stopped
    r"|iotconfig wait 0"  # waits for a device
)
"""What no test of a page runs: other tests do, or it changes the machine. A root's prompt (`#`) counts so, too."""

_NOT_HERE = re.compile(r"…|https?://(?!127\.0\.0\.1\b)")
"""Parts of commands that are not run: omissions, and hosts of others."""


@frozen
class Command:
    """One command with its lines joined, and the output that the page shows below it."""

    text: str
    line: int
    """Where it stands in its page, from 1."""
    output: tuple[str, ...]
    """Lines of its output; one with `…` in it says that something is left out."""

    @property
    def is_run(self) -> bool:
        return _ELSEWHERE.match(self.text) is None and _NOT_HERE.search(self.text) is None

    def missing(self, printed: str) -> list[str]:
        """Return the lines of the page that are missing in the output."""
        return [line for line in self.output if "…" not in line and line.strip() not in printed]


def commands(block: Block) -> Iterator[Command]:
    r"""Return the commands of a `console` block: they begin after `$`, and continue after `\` or on lines with `>`."""
    pending: list[str] = []
    output: list[str] = []
    start = 0

    def finished() -> Iterator[Command]:
        if pending:
            yield Command("\n".join(pending), start, tuple(output))

    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            yield from finished()
            pending, output, start = [line[2:]], [], number
        elif line.startswith("# "):
            yield from finished()
            pending, output = [], []
        elif pending and (pending[-1].endswith("\\") or line.startswith("> ")) and not output:
            pending.append(line.removeprefix("> "))
        elif line.strip():
            output.append(line)
    yield from finished()
