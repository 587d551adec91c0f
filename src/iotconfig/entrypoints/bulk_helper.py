"""A helper of a web worker: stores or patches many configs, in a process that gevent has not patched."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Final

from iotconfig.adapters.bulk_helper import help_with

from . import lifeline
from .logs import log_to_stderr
from .services import open_services
from .settings import Settings

_NICENESS: Final = 5
"""Devices first: where the processors are busy, the workers get more of them."""


def main() -> None:
    """Do one order, and end with the worker that gave it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--records", type=int)
    given = parser.parse_args()
    # A stop of the service is its worker's to hear, who waits for what was begun.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lifeline.follow(given.events, on_end=lambda: os._exit(1))
    os.nice(_NICENESS)
    # Records leave no cycles, and looking for them took a sixth of the time.
    gc.set_threshold(100_000, 10, 10)
    secrets = json.loads(sys.stdin.buffer.readline())
    settings = Settings.from_environ({**os.environ, **secrets})
    log_to_stderr(settings)
    records = None if given.records is None else os.fdopen(given.records, "rb")
    with (
        suppress(BrokenPipeError),
        os.fdopen(given.events, "wb") as events,
        open_services(settings, checks_schema=False) as services,
    ):
        help_with(services.bulk, sys.stdin.buffer, records, events)


if __name__ == "__main__":
    main()
