"""Every port in memory: the reference for other adapters, and a test double for other projects."""

from .api_tokens import MemoryApiTokenStore
from .assets import MemoryAssetStore
from .device_tokens import MemoryDeviceTokenStore
from .relay_reports import MemoryRelayReports
from .store import MemoryStore

__all__ = [
    "MemoryApiTokenStore",
    "MemoryAssetStore",
    "MemoryDeviceTokenStore",
    "MemoryRelayReports",
    "MemoryStore",
]
