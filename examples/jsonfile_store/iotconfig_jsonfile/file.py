"""The file: read without a lock, changed under one, replaced whole."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from attrs import Factory, define

from iotconfig.domain.configs.composing import Composers
from iotconfig.domain.errors import ServiceClosed, StoreFull, StoreUnavailable

from .records import Records, decode, encode

_PAUSE: Final = 0.002
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@define
class RecordsFile:
    """One JSON file, and beside it a lock (`.lock`), which stays."""

    path: Path
    patience: float = 30.0
    """Seconds to wait for other writers."""
    composers: Composers = Factory(Composers)
    """What decides the documents of devices."""
    is_closed: bool = False

    def check_open(self) -> None:
        """Raise `ServiceClosed` when the store is closed."""
        if self.is_closed:
            raise ServiceClosed

    def read(self) -> Records:
        """Return the committed records. A writer replaces the file in one step, so it is never read half written."""
        self.check_open()
        try:
            return decode(self.path.read_bytes())
        except FileNotFoundError:
            return Records()
        except OSError as error:
            raise StoreUnavailable("The store's file cannot be read.", str(error)) from error
        except Exception as error:  # cattrs raises groups of whatever did not fit
            raise StoreUnavailable("The store's file is damaged.", type(error).__name__) from error

    @contextmanager
    def transaction(self) -> Iterator[Records]:
        """Records to change: stored when the block ends, discarded when it raises."""
        with self._locked():
            records = self.read()
            yield records
            self._replace(encode(records))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            # Each block opens the lock file again, so that the lock works between threads and between processes.
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable("The store's lock cannot be opened.", str(error)) from error
        try:
            self._wait_for(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _wait_for(self, descriptor: int) -> None:
        until = monotonic() + self.patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() > until:
                    raise StoreUnavailable("Other writers keep the store busy.") from None
                # Wait here and not in the kernel, so that under gevent other requests continue.
                sleep(_PAUSE)
            else:
                return

    def _replace(self, content: bytes) -> None:
        draft = self.path.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            if error.errno in _FULL:
                raise StoreFull("There is no room left for the store's file.") from error
            raise StoreUnavailable("The store's file cannot be written.", str(error)) from error
