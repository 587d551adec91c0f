"""The size of PostgreSQL's pool, apart from the pool: settings name it without loading a driver."""

from __future__ import annotations

from typing import Final

DEFAULT_POOL_SIZE: Final = 8
"""Connections of each process. With more, throughput fell (measured)."""
