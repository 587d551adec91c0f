"""What the library asks for schemas elsewhere: nothing is fetched. By default, it reads files and asks servers."""

from __future__ import annotations

from typing import NoReturn


def refuse(uri: str) -> NoReturn:
    """Refuse to fetch a schema, by raising `LookupError`."""
    raise LookupError(f"{uri} is not in the schema")
