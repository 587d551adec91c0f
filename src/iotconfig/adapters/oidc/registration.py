"""The service's registration at its identity provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import Factory, field, frozen

from .roles import RoleNames


def _as_client(registration: Any) -> str:
    client_id: str = registration.client_id
    return client_id


@frozen
class Registration:
    """The service's registration at its identity provider. `repr` shows no secret."""

    issuer: str
    """The provider's URL, http or https; a trailing slash makes no difference."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client."""
    audience: str = Factory(_as_client, takes_self=True)
    """The audience of bearer tokens; by default the client id."""
    scopes: str = "openid profile email"
    """Separated by spaces."""
    roles: RoleNames = Factory(RoleNames)
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
