"""The helper process of a web worker: imports or patches many configs, without gevent's patches."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Final

from . import lifeline
from .logs import log_to_stderr
from .settings import Settings
from .wiring.helper import execute_order

_NICENESS: Final = 5
"""Lower priority than the workers', which serve devices."""


def main() -> None:
    """Run one import or patch; end early if the worker ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--records", type=int)
    given = parser.parse_args()
    # At a stop of the service, the worker finishes its requests and so waits for this process.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lifeline.follow(given.events, on_end=lambda: os._exit(1))
    os.nice(_NICENESS)
    # Records leave no cycles, and collecting took a sixth of the time (measured).
    gc.set_threshold(100_000, 10, 10)
    secrets = json.loads(sys.stdin.buffer.readline())
    settings = Settings.from_environ({**os.environ, **secrets})
    log_to_stderr(settings)
    records = None if given.records is None else os.fdopen(given.records, "rb")
    with suppress(BrokenPipeError), os.fdopen(given.events, "wb") as events:
        execute_order(settings, sys.stdin.buffer, records, events)


if __name__ == "__main__":
    main()
