"""What Schemathesis is told beside the description: how NDJSON is written."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """The text as it is; lone surrogates, which are no text, as what stands for them."""
    text = value if isinstance(value, str) else str(value)
    return text.encode(errors="replace")
