"""Assets: files that devices fetch over the air, and the ports behind which they are kept."""

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

# ASCII only, on purpose; and no dot in front, so that no name leads out of a directory or hides in it.
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

    1 to 255 of the characters `A-Z a-z 0-9 . _ -`, the first of them no dot.
    Raises `ValidationFailed` for anything else.
    """

    text: str = field(validator=_check_name)

    def __str__(self) -> str:
        return self.text


def name_of(given: AssetName | str) -> AssetName:
    """The name that is given as itself, or as text. Raises as `AssetName` does."""
    return given if isinstance(given, AssetName) else AssetName(given)


@frozen
class Asset:
    """One asset as it is stored."""

    name: AssetName
    size: int
    """Bytes."""
    sha256: str
    """The digest of its bytes, in lowercase hexadecimal."""
    stored_at: datetime
    """When its bytes were written."""

    @property
    def etag(self) -> str:
        """The strong validator of its bytes, quotes included."""
        return f'"{self.sha256}"'


class Incoming(Protocol):
    """A file on its way in, which nobody sees."""

    def write(self, block: bytes) -> None:
        """Append some bytes. Raises `StoreFull`."""
        ...

    def complete(self) -> str:
        """Make sure that all bytes outlive a loss of power; their SHA-256 in lowercase hexadecimal."""
        ...

    def place(self, name: AssetName) -> tuple[Asset, bool]:
        """Make it the asset of this name, at once and for good; True in second place where there was none.

        Quick, and without a switch to another greenlet: it is called inside a
        transaction. What was opened under the name before stays as it was.
        Raises `StoreUnavailable` where it has its name, and may lose it with the power.
        """
        ...


class OpenAsset(Protocol):
    """An asset's bytes as they were when it was opened, whatever becomes of its name."""

    @property
    def asset(self) -> Asset:
        """What it is."""
        ...

    def blocks(self, first: int, length: int) -> Iterator[bytes]:
        """`length` bytes from the byte `first` on, both within the asset, in blocks of a size that memory does not notice.

        Raises `AssetsUnavailable` as soon as they are others than those that were opened.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class AssetStore(Protocol):
    """Keeps files by name. All methods may raise `AssetsUnavailable`, those that write `StoreFull` too.

    After either nothing has changed.
    """

    def receive(self) -> AbstractContextManager[Incoming]:
        """An empty file. At the end of the block it is gone, unless it was placed."""
        ...

    def open(self, name: AssetName) -> OpenAsset | None:
        """The asset of this name, to be closed by the caller; None where there is none."""
        ...

    def find(self) -> Sequence[Asset]:
        """All assets, sorted by name. What cannot be read at the moment is left out."""
        ...

    def remove(self, name: AssetName) -> bool:
        """Remove the asset of this name, for good; False where there is none.

        Raises `StoreUnavailable` where it is gone, and may come back after a loss of power.
        """
        ...


class SignatureVerifier(Protocol):
    """Knows the key that uploads are signed with."""

    def signed_digest(self, signature: bytes) -> bytes | None:
        """The SHA-256 digest of the text that was signed; None where the key did not sign it."""
        ...


def announce_asset(name: AssetName) -> Announcement:
    """What there is to tell of an upload: whoever listens is nudged, and nothing is retained."""
    return Announcement(Subject(Kind.ASSET, str(name)), nudge=True)
