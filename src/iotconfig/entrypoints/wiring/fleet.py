"""Many configs at once, as a worker does them: what is large, in a process of its own."""

from __future__ import annotations

import os
import sys

from iotconfig.domain.aside import Aside
from iotconfig.domain.fleet_service import FleetService
from iotconfig.domain.fleet_use_cases import FleetUseCases
from iotconfig.domain.ports import Store
from iotconfig.entrypoints.settings import Settings

from .clock import pause, utc_now

_MARGIN = 60.0


def helped_fleet(settings: Settings, store: Store, aside: Aside) -> FleetUseCases:
    """The use cases for many configs, which leave the worker to its devices."""
    from iotconfig.adapters.fleet_helper import HelpedFleet

    return HelpedFleet(
        FleetService(store, utc_now, pause=pause, aside=aside),
        [sys.executable, "-P", "-m", "iotconfig.entrypoints.fleet_helper"],
        _environ(settings),
        silence=settings.db_bulk_timeout + _MARGIN,
    )


def _environ(settings: Settings) -> dict[str, str]:
    """The settings that this process has; of the database, what is in use, and no other way to say so."""
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL_FILE"}
    return inherited | {"DATABASE_URL": settings.database_url, "IOTCONFIG_DB_POOL_SIZE": "1"}
