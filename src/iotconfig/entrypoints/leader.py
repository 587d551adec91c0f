"""The leader process of a service: runs its background jobs, which `wiring/jobs.py` lists."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from iotconfig.domain.errors import IotConfigError

from . import lifeline
from .garbage import loading
from .jobs import running
from .logs import log_to_stderr
from .settings import Settings
from .signals import Signals
from .wiring.backends import backend
from .wiring.jobs import jobs
from .wiring.observers import new_registry

log = logging.getLogger(__name__)


def main() -> None:
    """Run the jobs under a supervisor until SIGTERM, or until the supervisor ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--no-relay", dest="relays", action="store_false")
    given = parser.parse_args()
    lifeline.follow(given.lifeline)
    settings = Settings.from_environ(os.environ)
    log_to_stderr(settings)
    stops = Signals(signal.SIGTERM, signal.SIGINT)
    try:
        with loading():
            backend(settings).require_current()
            its_jobs = jobs(settings, relays=given.relays, registry=new_registry(settings))
    except IotConfigError as error:
        log.error("leader: %s", error)  # noqa: TRY400 - a refusal with a reason, not a defect
        sys.exit(1)
    # A job that cannot be opened yet is opened later, and does not hold up the others.
    with running(its_jobs):
        stops.wait()


if __name__ == "__main__":
    main()
