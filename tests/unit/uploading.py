"""Uploads to the core without HTTP: over memory, with a clock that a test sets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import define, field

from iotconfig.adapters.memory import MemoryAssetStore, MemoryStore
from iotconfig.domain.announcing.announcement import Announcement
from iotconfig.domain.assets.asset import Asset, AssetName, AssetStore
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.assets.upload_rules import UploadRules
from iotconfig.domain.configs.store import Store
from iotconfig.testing.clocks import START
from tests.support.signing import SigningKey, signing_key

NAME: Final = AssetName("firmware.bin")
CONTENT: Final = b"firmware"
ORDER: Final = ("file", "timestamp", "signature")


@define
class ManualClock:
    """A clock that a test sets."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


class ComparingVerifier:
    """`SignatureVerifier` for a test's key, which compares digests; the real one has its own tests."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._digests: dict[bytes, bytes] = {}

    def sign(self, text: bytes) -> str:
        self._digests[self._key.signature(text)] = hashlib.sha256(text).digest()
        return self._key.sign(text)

    def sign_strongly(self, timestamp: str, name: AssetName = NAME, content: bytes = CONTENT) -> str:
        return self.sign(f"{timestamp}\n{name}\n{hashlib.sha256(content).hexdigest()}".encode())

    def signed_digest(self, signature: bytes) -> bytes | None:
        return self._digests.get(signature)


@define
class Workshop:
    """The use cases of assets over memory, with a key and a clock."""

    rules: UploadRules = field(factory=UploadRules)
    store: Store = field(factory=MemoryStore)
    files: AssetStore = field(factory=MemoryAssetStore)
    clock: ManualClock = field(factory=ManualClock)
    key: ComparingVerifier = field(factory=lambda: ComparingVerifier(signing_key()))

    @property
    def service(self) -> AssetService:
        return AssetService(self.store, self.files, self.clock, self.key, self.rules)

    def timestamp(self) -> str:
        """The clock's time."""
        return self.clock.now.isoformat()

    def upload(
        self,
        timestamp: str | None = None,
        signature: str | None = None,
        *,
        name: AssetName = NAME,
        blocks: Iterable[bytes] = (CONTENT,),
        order: Sequence[str] = ORDER,
        between: Callable[[], object] = lambda: None,
    ) -> tuple[Asset, bool]:
        """Upload a file, by default with a signed timestamp of now. `between` is called after each part."""
        text = self.timestamp() if timestamp is None else timestamp
        signed = self.key.sign(text.encode()) if signature is None else signature
        with self.service.upload() as upload:
            give = {
                "timestamp": lambda: upload.give_timestamp(text.encode()),
                "signature": lambda: upload.give_signature(signed.encode()),
                "file": lambda: upload.give_file(name, blocks),
            }
            for part in order:
                give[part]()
                between()
            return upload.finish()

    def content(self, name: AssetName = NAME) -> bytes | None:
        """The stored bytes under a name."""
        opened = self.files.open(name)
        if opened is None:
            return None
        content = b"".join(opened.blocks(0, opened.asset.size))
        opened.close()
        return content

    def announced(self) -> list[Announcement]:
        """The pending announcements."""
        assert isinstance(self.store, MemoryStore)
        return [n.announcement for n in self.store.notifications().find(100)]
