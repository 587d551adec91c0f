"""The job that keeps the stored states of devices up to date."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager

from iotconfig.domain.jobs.restarting import OpenJob, RestartingJob
from iotconfig.entrypoints.settings import Settings

from .backends import backend
from .clock import utc_now


def states_job(settings: Settings) -> RestartingJob:
    """The job that follows the change log with the stored states of devices."""
    return RestartingJob("states", lambda: _open(settings), random.random)


@contextmanager
def _open(settings: Settings) -> Iterator[OpenJob]:
    from iotconfig.domain.devices.following import StateFollower

    database = backend(settings)
    database.require_existing()
    with closing(database.open()) as persistence:
        states = persistence.device_states
        assert states is not None  # noqa: S101 - `jobs` asks before
        lease, wakeup = database.lease_and_wakeup("states")
        follower = StateFollower(states, lease, utc_now)
        with closing(wakeup), closing(follower):
            yield OpenJob(follower, wakeup)
