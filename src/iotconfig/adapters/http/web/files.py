"""The built files of the web app, read once at the start of a process."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Self

from attrs import frozen

INDEX: Final = "index.html"
"""The page that loads the others."""

_COMPRESSED: Final = ".gz"

_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@frozen
class WebFile:
    """A file, as it is sent."""

    media_type: str
    compressed: bytes
    """In gzip; the build keeps no other form."""
    etag: str
    """The strong validator of the compressed form."""

    @classmethod
    def of(cls, name: str, compressed: bytes) -> Self:
        """The file of this name. Raises `ValueError` where its suffix has no media type."""
        suffix = name[name.rfind(".") :]
        if suffix not in _MEDIA_TYPES:
            raise ValueError(f"{name} has no media type: add its suffix to _MEDIA_TYPES in {__name__}")
        return cls(_MEDIA_TYPES[suffix], compressed, f'"{hashlib.sha256(compressed).hexdigest()[:32]}"')

    def plain(self) -> bytes:
        """The content, for a client that does not take gzip."""
        return gzip.decompress(self.compressed)


@frozen
class WebFiles:
    """All files by their names; empty where the package was built without the web app."""

    by_name: Mapping[str, WebFile]

    @staticmethod
    @cache
    def built() -> WebFiles:
        """The files that the build put into the package; a process reads them once, however many applications it has."""
        return WebFiles.of(files(__package__) / "static")

    @classmethod
    def of(cls, directory: Traversable) -> Self:
        """The compressed files of a directory; none where it does not exist."""
        if not directory.is_dir():
            return cls({})
        names = [each.name for each in directory.iterdir() if each.name.endswith(_COMPRESSED)]
        plain = {name.removesuffix(_COMPRESSED): (directory / name).read_bytes() for name in names}
        return cls({name: WebFile.of(name, content) for name, content in plain.items()})
