"""The command line, run in the process of the test, with its exact output."""

from __future__ import annotations

import io
import json
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
        """Run one command to its end."""
        return captured(lambda: main(arguments, self.environ), stdin)

    def ok(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Run one command, which must succeed."""
        return self.run(*arguments, stdin=stdin).succeeded()


def captured(run: Callable[[], object], stdin: bytes = b"") -> Outcome:
    """Run a program that ends with `SystemExit`, in this process."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
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
