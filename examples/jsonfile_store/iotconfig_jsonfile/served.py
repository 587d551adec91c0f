"""The entry point: a store that `iotconfig serve` opens by its URL."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import Self
from urllib.parse import unquote, urlsplit

from attrs import frozen

from iotconfig.domain.errors import ValidationFailed

from .file import RecordsFile
from .jobs import JsonFileLease, JsonFileWakeup
from .notifications import JsonFileNotificationQueue
from .store import JsonFileStore


@frozen
class ServedJsonFile:
    """`ExternalStore` in one JSON file. It keeps no tokens, nothing about what devices do, and no reports of relays and subscribers."""

    _file: RecordsFile
    relay_reports: None = None
    api_tokens: None = None
    device_tokens: None = None
    evidence: None = None
    last_messages: None = None
    subscriber_reports: None = None
    new_boards: None = None

    @classmethod
    def at(cls, url: str) -> Self:
        """The store at `jsonfile:///path`: an absolute path, in a directory that exists."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValidationFailed("It is not a URL: write jsonfile:///path/configs.json.") from None
        path = Path(unquote(parts.path))
        if parts.netloc or parts.query or parts.fragment or not path.name or "\0" in str(path):
            raise ValidationFailed(
                "It names an absolute path and nothing else: write jsonfile:///path/configs.json."
            )
        return cls(RecordsFile(path))

    def __str__(self) -> str:
        return f"jsonfile://{self._file.path}"

    def prepare(self) -> None:
        self.installation()

    def installation(self) -> str:
        name = self._file.read().installation
        if not name:
            with self._file.transaction() as records:
                # Another process may have given it meanwhile.
                name = records.installation = records.installation or token_hex(16)
        return name

    @property
    def store(self) -> JsonFileStore:
        return JsonFileStore(self._file)

    @property
    def notifications(self) -> JsonFileNotificationQueue:
        return JsonFileNotificationQueue(self._file)

    def lease(self, job: str) -> JsonFileLease:
        return JsonFileLease(self._file.path.with_name(f"{self._file.path.name}.{job}.lock"))

    def wakeup(self) -> JsonFileWakeup:
        return JsonFileWakeup(self._file.path)
