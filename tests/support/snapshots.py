"""Transcripts of commands, compared with files; `pytest --renew-snapshots` writes the files again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from .command_line import Outcome

_CHANGE = re.compile(r"\b[0-9a-f]{16}\b")
_STAMP = re.compile(r"-\d{8}-\d{6}(?=\.db)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")


@frozen
class Snapshot:
    """One file of transcripts, from which everything that differs between two runs is replaced."""

    path: Path
    renews: bool
    """Whether to write the file, and not to compare."""
    replaced: Mapping[str, str]
    """Texts that differ between runs, such as a directory, and what the transcripts have instead."""
    _entries: list[str] = field(factory=list, init=False)

    def add(self, arguments: tuple[str, ...], outcome: Outcome) -> None:
        """Add the transcript of one command: its output, its standard error (`2>`), and a status other than 0."""
        lines = [f"$ {shlex.join(('iotconfig', *arguments))}"]
        lines += outcome.text.splitlines()
        lines += [f"2> {line}".rstrip() for line in outcome.errors.splitlines()]
        if outcome.status:
            lines.append(f"[exit status {outcome.status}]")
        text = _TIME.sub("2026-01-02 03:04:05Z", "\n".join(lines)).replace("\x1b", "\\e")
        text = _STAMP.sub("-20260102-030405", _CHANGE.sub("0123456789abcdef", text))
        for found, replacement in self.replaced.items():
            text = text.replace(found, replacement)
        self._entries.append(text)

    def check(self) -> None:
        """Compare all transcripts with the file."""
        text = "\n\n".join(self._entries) + "\n"
        if self.renews:
            self.path.write_text(text)
        assert self.path.read_text() == text, "if the new output is right: pytest --renew-snapshots"
