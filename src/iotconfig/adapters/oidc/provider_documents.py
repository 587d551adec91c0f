"""The published documents of a provider, fetched together."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .keys import Keys
from .metadata import WELL_KNOWN, Metadata
from .provider_client import ProviderClient


@frozen(eq=False)
class ProviderDocuments:
    """A provider's metadata and its keys."""

    metadata: Metadata
    keys: Keys

    @classmethod
    def fetch(cls, client: ProviderClient, issuer: str) -> Self:
        """Fetch both. Raises `ProviderUnavailable`."""
        metadata = Metadata.read(client.get(f"{issuer.rstrip('/')}{WELL_KNOWN}"), issuer)
        return cls(metadata, Keys.read(client.get(metadata.jwks_uri)))
