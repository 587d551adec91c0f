"""Assets: files that devices download, and the ports of their storage and signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from attrs import field, frozen

from iotconfig.domain.announcing.announcement import Announcement, Kind, Subject
from iotconfig.domain.arguments import check_kind
from iotconfig.domain.errors import ValidationFailed, excerpt

MAX_NAME: Final = 255

# ASCII only, on purpose. Without a leading dot, a name cannot leave its directory, nor be hidden.
_NAME: Final = re.compile(rf"[A-Za-z0-9_-][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}")


def _check_name(_name: object, _attribute: object, text: str) -> None:
    check_kind(text, str, "The name of an asset is an AssetName or its text")
    if _NAME.fullmatch(text) is None:
        raise ValidationFailed(
            f'Asset name "{excerpt(text)}" has an invalid format: it is 1 to {MAX_NAME} of the characters '
            "A-Z, a-z, 0-9, dot, underscore and dash, and does not begin with a dot.",
        )


@frozen(order=True)
class AssetName:
    """The name of an asset: one path segment that is safe in a URL, a header and a directory.

    1 to 255 of the characters `A-Z a-z 0-9 . _ -`, not beginning with a dot.
    Raises `ValidationFailed` for anything else.
    """

    text: str = field(validator=_check_name)

    def __str__(self) -> str:
        return self.text


def name_of(given: AssetName | str) -> AssetName:
    """Return the name, parsed if it is given as text. Raises as `AssetName` does."""
    return given if isinstance(given, AssetName) else AssetName(given)


@frozen
class Asset:
    """One asset as stored."""

    name: AssetName
    size: int
    """Bytes."""
    sha256: str
    """The digest of its bytes, in lower-case hexadecimal digits."""
    stored_at: datetime
    """The time at which its bytes were written."""
    uploaded_by: str | None
    """Who uploaded these bytes; None for a file that was put there by hand, and where it is not known."""

    @property
    def etag(self) -> str:
        """The strong validator of its bytes, quotes included."""
        return f'"{self.sha256}"'


class Incoming(Protocol):
    """A file that is being uploaded, and is not visible yet."""

    def write(self, block: bytes) -> None:
        """Append some bytes. Raises `StoreFull`."""
        ...

    def complete(self) -> str:
        """Flush all bytes to disk. Returns their SHA-256 in lower-case hexadecimal digits."""
        ...

    def save_as(self, name: AssetName, uploaded_by: str | None = None) -> tuple[Asset, bool]:
        """Make it the asset of this name, atomically and durably. Returns the asset, and whether the name is new.

        uploaded_by: who uploads it, where that is known. It may be lost if the process ends before the block of `receive` does.
        Brief, and without a switch to another greenlet: it is called inside a
        transaction. Assets that were opened under the name keep their bytes.
        Raises `StoreUnavailable` where the asset is in place, but a loss of power could undo that.
        """
        ...


class OpenAsset(Protocol):
    """The bytes of an asset at the time of its opening, unaffected by later uploads and deletions."""

    @property
    def asset(self) -> Asset:
        """The asset's description."""
        ...

    def blocks(self, first: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from offset `first`, both within the asset, in blocks of at most 64 KiB.

        Raises `AssetsUnavailable` where the file was modified in place since it was opened.
        """
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class AssetStore(Protocol):
    """Stores files by name. All methods may raise `AssetsUnavailable`, those that write also `StoreFull`.

    After either, nothing has changed.
    """

    def receive(self) -> AbstractContextManager[Incoming]:
        """Return an empty file. It is removed at the end of the block unless it was saved as an asset."""
        ...

    def open(self, name: AssetName) -> OpenAsset | None:
        """Return the asset of this name, which the caller closes, or None."""
        ...

    def find(self) -> Sequence[Asset]:
        """Return all assets, sorted by name. Files that cannot be read at the moment are left out."""
        ...

    def remove(self, name: AssetName) -> bool:
        """Remove the asset of this name durably. Returns False if there is none.

        Raises `StoreUnavailable` where it is removed, but a loss of power could undo that.
        """
        ...


class SignatureVerifier(Protocol):
    """Verifies signatures of uploads with the configured key."""

    def signed_digest(self, signature: bytes) -> bytes | None:
        """Return the SHA-256 digest of the signed text; None where another key made the signature."""
        ...


def announce_asset(name: AssetName) -> Announcement:
    """Return the announcement of an upload: a hint without a retained message."""
    return Announcement(Subject(Kind.ASSET, str(name)), restart_hint=True)
