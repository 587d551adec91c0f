"""Tokens in the database of a test, made as the command line makes them, but without its start."""

from __future__ import annotations

from datetime import datetime

from iotconfig.domain.access.principal import Role
from iotconfig.domain.mac import MacAddress
from iotconfig.entrypoints.settings import Settings
from iotconfig.entrypoints.wiring.services import open_services

from .api import new_mac


def api_token(database_url: str, role: Role, name: str | None = None, until: datetime | None = None) -> str:
    """Return the text of a new API token."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        return services.api_tokens.create(name or f"test-{new_mac().replace(':', '')}", role, until)[1]


def device_token(database_url: str, mac_address: str) -> str:
    """Return the text of a new token of a device, which replaces an earlier one."""
    with open_services(Settings.from_environ({"DATABASE_URL": database_url})) as services:
        text = services.device_tokens.create(MacAddress.parse(mac_address), replace=True)
    assert text is not None
    return text


def bearer(token: str) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token}"}
