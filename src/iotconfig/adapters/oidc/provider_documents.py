"""Everything that a provider publishes, as it was at one moment."""

from __future__ import annotations

from typing import Self

from attrs import frozen

from .keys import Keys
from .metadata import WELL_KNOWN, Metadata
from .provider_http import ProviderHttp


@frozen(eq=False)
class ProviderDocuments:
    """A provider's metadata and its keys."""

    metadata: Metadata
    keys: Keys

    @classmethod
    def fetch(cls, web: ProviderHttp, issuer: str) -> Self:
        """Ask the provider for both. Raises `ProviderUnavailable`."""
        metadata = Metadata.read(web.get(f"{issuer.rstrip('/')}{WELL_KNOWN}"), issuer)
        return cls(metadata, Keys.read(web.get(metadata.jwks_uri)))
