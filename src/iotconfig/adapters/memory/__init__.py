"""Every port in memory: the reference for other adapters, and a test double for other projects."""

from .assets import MemoryAssetStore
from .store import MemoryStore

__all__ = ["MemoryAssetStore", "MemoryStore"]
