"""ETags as devices and proxies send them back."""

from __future__ import annotations

import re
from typing import Final

from iotconfig.domain.devices.evidence import MAX_ETAG

_CODING: Final = "(?:(?:--?|;)(?:gzip|br|deflate|zstd))?"
_SENT_BACK: Final = re.compile(
    rf"""(?:W/)?\\?["']?([\w./+=-]*?){_CODING}\\?["']?{_CODING}""", re.IGNORECASE | re.ASCII
)
"""A tag unquoted, or with a compression suffix inside or after the quotes."""


def opaque_tag(text: str) -> str | None:
    """The characters between the quotes of a tag that was sent back, perhaps altered; None for what is no tag of ours.

    Small HTTP clients omit the quotes, and a compressing proxy turns `"abc"` into a tag such as `"abc-gzip"`.
    """
    match = _SENT_BACK.fullmatch(text.strip(" \t"))
    return None if match is None else match[1]


def etag_sent_back(text: str) -> str | None:
    """The ETag that the service sent, quotes included; None for what is no tag of ours."""
    tag = opaque_tag(text)
    return f'"{tag}"' if tag and len(tag) + 2 <= MAX_ETAG else None
