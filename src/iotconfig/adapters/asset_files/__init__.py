"""Assets as files in one directory. Operators may also put files there by hand."""

from .store import FileAssetStore

__all__ = ["FileAssetStore"]
