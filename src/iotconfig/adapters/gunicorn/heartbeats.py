"""Heartbeats of gunicorn's workers in memory, independent of disks."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.workers import base
from gunicorn.workers.workertmp import WorkerTmp


def beat_in_memory() -> None:
    """Make new workers use a heartbeat file that is in no file system.

    gunicorn creates a temporary file for each worker, and the whole service ends if it cannot. A worker
    touches the file twice per time-out, and a busy disk blocks it. gunicorn has a setting for the
    directory only.
    """
    if hasattr(os, "memfd_create"):
        base.WorkerTmp = _Heartbeat


class _Heartbeat(WorkerTmp):
    def __init__(self, _cfg: Any) -> None:
        self._tmp = os.fdopen(os.memfd_create("heartbeat"), "w+b", 0)
