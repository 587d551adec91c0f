"""The context in which a command runs: its errors name the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class NamingContext(click.Context):
    """Names the command in an error about its options: Click does not, for an option without its value."""

    @contextmanager
    def scope(self, cleanup: bool = True) -> Iterator[click.Context]:
        with super().scope(cleanup) as ctx:
            try:
                yield ctx
            except click.UsageError as error:
                error.ctx = error.ctx or self
                raise
