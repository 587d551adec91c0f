"""Connections of clients, and the time that they may take."""

from __future__ import annotations

from attrs import frozen

from iotconfig.adapters.gunicorn.connection_limit import DEFAULT_PER_ADDRESS
from iotconfig.adapters.gunicorn.deadlines import Deadlines
from iotconfig.adapters.http.events.limits import DEFAULT_MOST

from . import parsers
from .fields import Variable, section, setting


@frozen
class ServingSettings:
    """Connections of clients, and the time that they may take."""

    connections_per_address: int = setting(
        "IOTCONFIG_CONNECTIONS_PER_ADDRESS",
        parsers.number(int, 1, 100_000),
        DEFAULT_PER_ADDRESS,
        "Open connections of one address (IPv6: of one /64) in each worker; above this, slow ones are closed",
    )
    deadlines: Deadlines = section(
        Deadlines,
        idle=Variable(
            "IOTCONFIG_IDLE_TIMEOUT",
            parsers.seconds,
            "Seconds that a connection stays open without another request",
        ),
        headers=Variable(
            "IOTCONFIG_HEADER_TIMEOUT", parsers.seconds, "Seconds for receiving the headers of a request"
        ),
        body=Variable(
            "IOTCONFIG_BODY_TIMEOUT", parsers.seconds, "Seconds for receiving a body of up to 2 MiB"
        ),
        stall=Variable(
            "IOTCONFIG_STALL_TIMEOUT",
            parsers.seconds,
            "Seconds within which 16 KiB of a transfer must move; otherwise its connection is closed",
        ),
    )
    event_streams: int = setting(
        "IOTCONFIG_EVENT_STREAMS",
        parsers.number(int, 1, 800),
        DEFAULT_MOST,
        "Open streams of `GET /api/events` in each worker; one caller may have a quarter of them",
    )
    graceful_timeout: int = setting(
        "IOTCONFIG_GRACEFUL_TIMEOUT",
        parsers.number(int, 1, 600),
        30,
        "Seconds for finishing running requests when the service stops",
    )
