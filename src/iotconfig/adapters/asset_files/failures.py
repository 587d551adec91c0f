"""Where errors of the file system become errors of the domain."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from iotconfig.domain.errors import AssetsUnavailable, StoreFull

log = logging.getLogger(__name__)

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the file system raises inside the block into the domain's errors, which show no path."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        log.warning("assets: %s", reason)
        if error.errno in _FULL:
            raise StoreFull("The disk for assets has no room left. Nothing was stored.") from None
        raise AssetsUnavailable(f"The directory of assets cannot be used: {reason}.") from None
