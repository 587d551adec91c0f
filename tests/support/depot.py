"""A service with assets, and the pipeline that uploads to it."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import field, frozen

from .forms import Field, form, headers_of
from .http import Answer, Caller, Client
from .serving import Serve
from .signing import SigningKey, signing_key, timestamp

ORDER: Final = ("file", "timestamp", "signature")


def settings_of(place: Path) -> dict[str, str]:
    """The settings of a service with its assets below `place`."""
    key = signing_key().write(place / "signing.pem")
    return {"ASSETS_DIR": str(place / "assets"), "SIGNING_KEY_PATH": str(key)}


def new_name(suffix: str = ".bin") -> str:
    """Return a name that no other test uses."""
    return f"firmware-{secrets.token_hex(6)}{suffix}"


class AssetClient:
    """The pipeline: it has the signing key, and can read the directory of assets."""

    client: Caller
    directory: Path
    key: SigningKey

    def fields(
        self,
        name: str,
        content: bytes,
        *,
        time: str | None = None,
        signature: str | None = None,
        strong: bool = False,
        order: Iterable[str] = ORDER,
    ) -> list[Field]:
        """Return the parts of an upload; by default, the timestamp is the current time, and signed."""
        time = timestamp() if time is None else time
        if signature is None:
            signature = self.key.sign_strongly(time, name, content) if strong else self.key.sign(time)
        parts = {
            "file": Field("file", content, name),
            "timestamp": Field("timestamp", time.encode()),
            "signature": Field("signature", signature.encode()),
        }
        return [parts[part] for part in order]

    def send(self, parts: Sequence[Field | bytes], headers: Mapping[str, str] | None = None) -> Answer:
        """Post a form of these parts."""
        body = form(*parts)
        return self.client.request("POST", "/api/assets", body, {**headers_of(body), **(headers or {})})

    def upload(self, name: str, content: bytes, **options: object) -> Answer:
        """Upload; options as of `fields`."""
        return self.send(self.fields(name, content, **options))  # type: ignore[arg-type] # they are checked there

    def uploaded(self, name: str, content: bytes) -> str:
        """Upload, which must succeed; return the path of the asset."""
        answer = self.upload(name, content)
        assert answer.status in (200, 201), answer.body
        return f"/api/assets/{name}"

    def listed(self) -> list[str]:
        """Return the names of all assets."""
        return [asset["name"] for asset in self.client.get("/api/assets").json()["assets"]]

    def on_disk(self) -> list[str]:
        """Return the names of the files in the directory, without the directories of records."""
        if not self.directory.exists():
            return []
        records = (".digests", ".uploaders")
        return sorted(path.name for path in self.directory.iterdir() if path.name not in records)

    def held(self) -> list[str]:
        """Return the files of the directory that the service has open."""
        found = []
        for pid in self._pids():
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(FileNotFoundError):
                    path = descriptor.readlink()
                    if path.is_relative_to(self.directory):
                        found.append(path.name)
        return found

    def _pids(self) -> list[int]:
        """Return the processes that answer requests."""
        raise NotImplementedError


@frozen
class LocalDepot(AssetClient):
    """The API with assets, in the process of the test."""

    database_url: str
    client: Caller
    directory: Path
    key: SigningKey

    def _pids(self) -> list[int]:
        return [os.getpid()]


@frozen
class Depot(AssetClient):
    """A running service with assets."""

    serve: Serve
    client: Client = field(init=False)
    directory: Path
    key: SigningKey

    @client.default
    def _client_of_serve(self) -> Client:
        return self.serve.client

    @classmethod
    def start(cls, start: Callable[..., Serve], database_url: str, place: Path, **options: object) -> Depot:
        """Start a service with its assets below `place`."""
        serve = start(database_url, **{**settings_of(place), **options})
        return cls(serve, place / "assets", signing_key())

    def _pids(self) -> list[int]:
        return self.serve.worker_pids()


def digest_of(content: bytes) -> str:
    """Return a digest as RFC 9530 spells it."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def expect_whole(answer: Answer, name: str, content: bytes) -> None:
    """Check that the answer is a complete asset with all of its headers."""
    assert (200, content) == (answer.status, answer.body)
    expected = {
        "etag": f'"{hashlib.sha256(content).hexdigest()}"',
        "content-length": str(len(content)),
        "content-type": "application/octet-stream",
        "content-disposition": f'attachment; filename="{name}"',
        "content-digest": digest_of(content),
        "repr-digest": digest_of(content),
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
    }
    assert expected == {header: answer.headers.get(header) for header in expected}
    assert not {"content-range", "content-encoding", "transfer-encoding", "last-modified"} & set(
        answer.headers
    )
