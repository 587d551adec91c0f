"""Assets as files in one directory, which operators may fill by hand, too."""

from .store import FileAssetStore

__all__ = ["FileAssetStore"]
