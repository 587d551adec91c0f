"""The rows of the route table, one module for each area. A route is added here, beside its resource, and nowhere else."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.routing import RouteTable

from . import (
    assets,
    auth,
    bulk,
    changes,
    configs,
    devices,
    history,
    layers,
    models,
    new_devices,
    notifications,
    pictures,
    secrets,
    service,
    tags,
    tokens,
    web,
)

ROUTES: Final = RouteTable(
    (
        devices.AREA,
        new_devices.AREA,
        configs.AREA,
        history.AREA,
        bulk.AREA,
        changes.AREA,
        tags.AREA,
        layers.AREA,
        models.AREA,
        secrets.AREA,
        assets.AREA,
        pictures.AREA,
        auth.AREA,
        tokens.AREA,
        notifications.AREA,
        service.AREA,
        web.AREA,
    )
)
"""Every route, in reading order."""
