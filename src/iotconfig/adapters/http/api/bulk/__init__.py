"""The routes for many configs at once. Large data goes through temporary files, so that slow clients block nothing."""

from __future__ import annotations

from typing import Final

NDJSON: Final = "application/x-ndjson"
"""One JSON object in each line (media type)."""
