"""All loads, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from faults.system import Host
from faults.verdicts import Outcome

from . import (
    boot_storm,
    broker_down,
    disk_full_assets,
    disk_full_sqlite,
    fifty_writers,
    kills,
    messages,
    new_boards,
    postgres_away,
    postgres_restarts,
    reports,
    slow_clients,
    soak,
)


@frozen
class Load:
    """One load at both scales."""

    _run: Callable[[Host, Any], Outcome]
    _short: Any
    _long: Any
    database: str = ""
    """The database that it needs; empty if it runs on either."""

    def run(self, site: Host, scale: str) -> Outcome:
        return self._run(site, self._short if scale == "short" else self._long)


LOADS: Final = {
    "boot-storm": Load(boot_storm.run, boot_storm.SHORT, boot_storm.LONG),
    "boot-storm-with-tokens": Load(boot_storm.run, boot_storm.SHORT_WITH_TOKENS, boot_storm.LONG_WITH_TOKENS),
    "fifty-writers": Load(fifty_writers.run, fifty_writers.SHORT, fifty_writers.LONG),
    "broker-down": Load(broker_down.run, broker_down.SHORT, broker_down.LONG),
    "postgres-restarts": Load(
        postgres_restarts.run, postgres_restarts.SHORT, postgres_restarts.LONG, "postgresql"
    ),
    "postgres-away": Load(postgres_away.run, postgres_away.SHORT, postgres_away.LONG, "postgresql"),
    "kills": Load(kills.run, kills.SHORT, kills.LONG),
    "reports": Load(reports.run, reports.SHORT, reports.LONG),
    "messages": Load(messages.run, messages.SHORT, messages.LONG),
    "new-boards": Load(new_boards.run, new_boards.SHORT, new_boards.LONG),
    "slow-clients": Load(slow_clients.run, slow_clients.SHORT, slow_clients.LONG),
    "soak": Load(soak.run, soak.SHORT, soak.LONG),
    "disk-full-assets": Load(disk_full_assets.run, disk_full_assets.SHORT, disk_full_assets.LONG),
    "disk-full-sqlite": Load(disk_full_sqlite.run, disk_full_sqlite.SHORT, disk_full_sqlite.LONG, "sqlite"),
}
