"""Principals and their roles."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen


class Role(StrEnum):
    """A set of rights."""

    ADMIN = "admin"
    """Everything."""
    VIEWER = "viewer"
    """Read."""
    ASSET_UPLOADER = "asset-uploader"
    """Upload assets, and nothing else."""


@frozen
class Principal:
    """The authenticated caller of a request."""

    subject: str
    """The identity provider's subject, or the name of an API token; 1 to 255 characters.
    It is the author of the principal's revisions."""
    roles: frozenset[Role]
    name: str | None = None
    """A name for display."""
    email: str | None = None


LOCAL_ADMINISTRATOR: Final = Principal("anonymous", frozenset({Role.ADMIN}), name="Local administrator")
"""The principal of every request while authentication is off."""
