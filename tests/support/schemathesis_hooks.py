"""Hooks for Schemathesis, in addition to the description: the format of NDJSON, and URLs of pictures."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Return the text with lone surrogates replaced, since they cannot be encoded."""
    text = value if isinstance(value, str) else str(value)
    return text.encode(errors="replace")


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: Any) -> None:
    """Replace the URL of a picture by one of this machine."""
    if case.path == "/api/images/lvgl" and case.query and "url" in case.query:
        case.query["url"] = "http://127.0.0.1:9/picture.png"
