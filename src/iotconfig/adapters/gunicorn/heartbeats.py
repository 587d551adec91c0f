"""Heartbeats of gunicorn's workers in memory, independent of disks."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.workers import base
from gunicorn.workers.workertmp import WorkerTmp


def beat_in_memory() -> None:
    """Make new workers use a heartbeat file that is in no file system.

    gunicorn makes a temporary file for each worker, and ends with all of them where it cannot; a worker
    touches it twice in a time-out, and is held for as long as a busy disk takes. gunicorn has a setting
    for the directory only.
    """
    if hasattr(os, "memfd_create"):
        base.WorkerTmp = _Heartbeat


class _Heartbeat(WorkerTmp):
    def __init__(self, _cfg: Any) -> None:
        self._tmp = os.fdopen(os.memfd_create("heartbeat"), "w+b", 0)
