"""Warns at the start of files with secrets that every user of the machine may read."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from . import wiring
from .settings import Settings, secret_files

log = logging.getLogger(__name__)

_OTHERS: Final = 0o007
_PRIVATE: Final = b"PRIVATE KEY-----"


def warn_of_exposed_files(settings: Settings, environ: Mapping[str, str]) -> None:
    """Log one line with the files and the command that protects them. No mode is changed: it may be intended."""
    exposed = " ".join(shlex.quote(str(path)) for path in readable_by_all(_secrets(settings, environ)))
    if exposed:
        log.warning("every user of this machine may read or change secrets: run  chmod o-rwx %s", exposed)


def readable_by_all(paths: Iterable[Path]) -> list[Path]:
    """Those of them that are there, and that users beside the owner and the group may read or write."""
    found = []
    for path in paths:
        with suppress(OSError):
            if path.stat().st_mode & _OTHERS:
                found.append(path)
    return found


def _secrets(settings: Settings, environ: Mapping[str, str]) -> Iterator[Path]:
    url = wiring.database_url(settings)
    if url.is_sqlite:
        yield from (url.path, *(url.path.with_name(f"{url.path.name}-{kind}") for kind in ("wal", "shm")))
    for path in secret_files(environ):
        yield path.absolute()
    if settings.signing_key_path:
        key = Path(settings.signing_key_path).absolute()
        # A public key may be read by everybody.
        with suppress(OSError):
            if _PRIVATE in key.read_bytes():
                yield key
