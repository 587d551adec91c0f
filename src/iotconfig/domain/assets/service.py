"""The use cases of assets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from attrs import frozen

from iotconfig.domain.clock import Clock
from iotconfig.domain.errors import AuthorizationFailed, RecordNotFound, StoreUnavailable

from .asset import Asset, AssetName, AssetStore, OpenAsset, SignatureVerifier, name_of
from .ports import UploadStore
from .upload import Upload
from .upload_rules import UploadRules

_UNSURE: Final = "The asset may be gone for good, or not: ask again."


@frozen
class AssetService:
    """Upload, open, list and delete assets.

    All methods may raise `AssetsUnavailable`; uploads also `StoreUnavailable` and `StoreFull`, `delete` also `StoreUnavailable`.
    """

    store: UploadStore
    files: AssetStore
    clock: Clock
    verifier: SignatureVerifier | None
    """None refuses all uploads."""
    rules: UploadRules

    @contextmanager
    def upload(self, uploaded_by: str | None = None) -> Iterator[Upload]:
        """Begin an upload. If it is not finished at the end of the block, its files are removed.

        uploaded_by: the author of the upload, which the list of assets shows.
        Raises `AuthorizationFailed` where uploads are closed.
        """
        if self.verifier is None:
            raise AuthorizationFailed("Uploads are closed: SIGNING_KEY_PATH is not set.")
        with ExitStack() as cleanup:
            yield Upload(self.rules, self.store, self.files, self.verifier, self.clock, cleanup, uploaded_by)

    def open(self, name: AssetName | str) -> OpenAsset:
        """Return the asset of this name, which the caller closes. Raises `RecordNotFound`."""
        name = name_of(name)
        found = self.files.open(name)
        if found is None:
            raise _not_found(name)
        return found

    def find(self) -> Sequence[Asset]:
        """Return all assets, sorted by name."""
        return self.files.find()

    def delete(self, name: AssetName | str) -> None:
        """Remove an asset, without an announcement. Raises `RecordNotFound`."""
        name = name_of(name)
        try:
            found = self.files.remove(name)
        except StoreUnavailable as error:
            raise error.advising(_UNSURE) from None
        if not found:
            raise _not_found(name)


def _not_found(name: AssetName) -> RecordNotFound:
    return RecordNotFound(name, what="Asset")
