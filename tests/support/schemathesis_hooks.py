"""What Schemathesis is told beside the description: how NDJSON is written, and where no picture is."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """The text as it is; lone surrogates, which are no text, as what stands for them."""
    text = value if isinstance(value, str) else str(value)
    return text.encode(errors="replace")


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: Any) -> None:
    """Keep to this machine: whatever picture is asked for, it would be here."""
    if case.path == "/api/images/lvgl" and case.query and "url" in case.query:
        case.query["url"] = "http://127.0.0.1:9/picture.png"
