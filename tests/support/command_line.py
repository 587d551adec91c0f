"""The command line, run in the process of the test, with its exact output."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import pytest
from attrs import frozen

from iotconfig.entrypoints.cli import main


@frozen
class Outcome:
    """The exit status and the output of a command."""

    status: int
    output: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.output.decode()

    def json(self) -> Any:
        return json.loads(self.output)

    def succeeded(self) -> Outcome:
        """Fail the test unless the command succeeded."""
        assert self.status == 0, self.errors
        return self


@frozen
class CommandLine:
    """`iotconfig` in one environment."""

    environ: Mapping[str, str]

    def run(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run one command to its end, with pipes as standard input, output and error."""
        return captured(lambda: main(arguments, self.environ), stdin)

    def at_terminal(self, *arguments: str, typed: str = "", columns: int = 80) -> Outcome:
        """Run one command to its end, at a terminal of this width, where this is typed, and then Ctrl-D."""
        with mock.patch.dict(os.environ, COLUMNS=str(columns), LINES="24"):
            return captured(
                lambda: main(arguments, self.environ), stdin=typed.encode(), stream=_TerminalStream
            )

    def ok(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run one command, which must succeed."""
        return self.run(*arguments, stdin=stdin).succeeded()


class _TerminalStream(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def captured(
    run: Callable[[], object], stdin: bytes = b"", stream: type[io.TextIOWrapper] = io.TextIOWrapper
) -> Outcome:
    """Run a program that ends with `SystemExit`, in this process, with standard streams of this class."""
    output = stream(io.BytesIO(), encoding="utf-8", write_through=True)
    errors = stream(io.BytesIO(), encoding="utf-8", write_through=True)
    given = stream(io.BytesIO(stdin), encoding="utf-8")
    with (
        mock.patch.multiple(sys, stdin=given, stdout=output, stderr=errors),
        pytest.raises(SystemExit) as ended,
    ):
        run()
    status = ended.value.code or 0
    assert isinstance(status, int)
    return Outcome(status, _written(output), _written(errors).decode())


def _written(stream: io.TextIOWrapper) -> bytes:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()
