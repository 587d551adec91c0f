"""Warnings at the start about files with secrets that all users of the machine may read or replace."""

from __future__ import annotations

import logging
import shlex
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from .settings import Settings, secret_files
from .wiring.backends import backend

log = logging.getLogger(__name__)

_OTHERS: Final = 0o007
_PRIVATE: Final = b"PRIVATE KEY-----"


def warn_of_exposed_files(settings: Settings, environ: Mapping[str, str]) -> None:
    """Log one line with the files and the command that protects them, and one with their directories.

    No mode is changed, since it may be intended.
    """
    secrets = list(_secrets(settings, environ))
    if exposed := readable_by_all(secrets):
        log.warning(
            "every user of this machine may read or change secrets: run  chmod o-rwx %s", _quoted(exposed)
        )
    directories = {path.parent for path in secrets}
    if settings.content.assets_dir:
        directories.add(Path(settings.content.assets_dir).absolute())
    if exposed := open_to_all(sorted(directories)):
        log.warning(
            "every user of this machine may replace the service's files: run  chmod o-w %s", _quoted(exposed)
        )


def _quoted(paths: Iterable[Path]) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)


def readable_by_all(paths: Iterable[Path]) -> list[Path]:
    """The existing files that other users than the owner and the group may read or write."""
    found = []
    for path in paths:
        with suppress(OSError):
            if path.stat().st_mode & _OTHERS:
                found.append(path)
    return found


def open_to_all(directories: Iterable[Path]) -> list[Path]:
    """The directories in which other users than the owner and the group may replace files."""
    found = []
    for path in directories:
        with suppress(OSError):
            mode = path.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                found.append(path)
    return found


def _secrets(settings: Settings, environ: Mapping[str, str]) -> Iterator[Path]:
    yield from backend(settings).files()
    for path in secret_files(environ):
        yield path.absolute()
    if settings.content.signing_key_path:
        key = Path(settings.content.signing_key_path).absolute()
        # A public key may be readable by all users.
        with suppress(OSError):
            if _PRIVATE in key.read_bytes():
                yield key
