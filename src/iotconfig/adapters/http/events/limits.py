"""The limit of streams, apart from the streams: settings name it without loading Falcon."""

from __future__ import annotations

from typing import Final

DEFAULT_MOST: Final = 200
"""Open streams of one process; a quarter of them for one caller."""
