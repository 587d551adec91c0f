"""Who calls, and what they may do."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen


class Role(StrEnum):
    """What somebody is allowed to do."""

    ADMIN = "admin"
    """Everything."""
    VIEWER = "viewer"
    """Read."""
    ASSET_UPLOADER = "asset-uploader"
    """Upload assets, and nothing else."""


@frozen
class Principal:
    """Who makes a request."""

    subject: str
    """The identity provider's name for them, or the name of their API token; 1 to 255 characters.
    It signs the revisions that they make."""
    roles: frozenset[Role]
    name: str | None = None
    """As people call them."""
    email: str | None = None


LOCAL_ADMINISTRATOR: Final = Principal("anonymous", frozenset({Role.ADMIN}), name="Local administrator")
"""Who everybody is while authentication is off."""
