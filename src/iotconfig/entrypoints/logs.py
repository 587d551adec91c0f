"""Logs of processes that run for long."""

from __future__ import annotations

import logging


def log_to_stderr() -> None:
    """Log as a process does whose output is read by its supervisor, or by a person."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("iotconfig.domain.relay", "iotconfig.adapters.mqtt"):
        logging.getLogger(name).setLevel(logging.INFO)
    # Its store says why there is no connection; the pool would repeat it at every attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
