"""Assets, and the key that verifies their uploads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iotconfig.domain.errors import IotConfigError
from iotconfig.entrypoints.settings import InvalidSetting, Settings

from .clock import utc_now, yield_turn

if TYPE_CHECKING:
    from iotconfig.domain.assets.asset import SignatureVerifier
    from iotconfig.domain.assets.service import AssetService
    from iotconfig.domain.configs.store import Store


def signature_verifier(settings: Settings) -> SignatureVerifier | None:
    """The key that verifies uploads; None if none is configured. Raises `InvalidSetting`."""
    if not settings.content.signing_key_path:
        return None
    from iotconfig.adapters.signatures import RsaSignatureVerifier

    try:
        return RsaSignatureVerifier.load(Path(settings.content.signing_key_path))
    except IotConfigError as error:
        raise InvalidSetting(f"SIGNING_KEY_PATH: {error}") from None


def assets(settings: Settings, store: Store) -> AssetService:
    """The assets in the directory of the settings. Raises `InvalidSetting`."""
    from iotconfig.adapters.asset_files import FileAssetStore
    from iotconfig.domain.assets.service import AssetService

    files = FileAssetStore(Path(settings.content.assets_dir).absolute(), yield_turn)
    return AssetService(store, files, utc_now, signature_verifier(settings), settings.content.uploads)
