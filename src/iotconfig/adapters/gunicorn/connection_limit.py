"""The limit on connections of one address, apart from the worker: settings name it without loading gevent."""

from __future__ import annotations

from typing import Final

DEFAULT_PER_ADDRESS: Final = 250
"""Open connections of one address in one worker; above it, slow ones are closed."""
