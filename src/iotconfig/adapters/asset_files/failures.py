"""Translation of file system errors to the domain's errors."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from iotconfig.domain.errors import AssetsUnavailable, StoreFull, StoreUnavailable

log = logging.getLogger(__name__)

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def translated() -> Iterator[None]:
    """Translate each `OSError` of the block to an error of the domain, which shows no path."""
    try:
        yield
    except OSError as error:
        reason = _logged(error)
        if error.errno in _FULL:
            raise StoreFull("The disk for assets has no room left. Nothing was stored.") from None
        raise AssetsUnavailable(_unusable(reason)) from None


@contextmanager
def translated_after_change() -> Iterator[None]:
    """Translate an `OSError` after a change of the directory: it is unknown whether the change is durable."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(_unusable(_logged(error))) from None


def _logged(error: OSError) -> str:
    reason = (error.strerror or "unknown error").lower()
    log.warning("assets: %s", reason)
    return reason


def _unusable(reason: str) -> str:
    return f"The directory of assets cannot be used: {reason}."
