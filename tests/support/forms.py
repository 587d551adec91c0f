"""Multipart forms (RFC 7578), byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

BOUNDARY: Final = "----a-boundary-of-the-tests"


@frozen
class Field:
    """One part of a form."""

    name: str
    content: bytes
    file_name: str | None = None

    def encode(self) -> bytes:
        disposition = f'form-data; name="{self.name}"'
        if self.file_name is not None:
            disposition += f'; filename="{self.file_name}"'
        # Surrogates stand for the bytes that UTF-8 does not have.
        head = f"Content-Disposition: {disposition}\r\n\r\n".encode(errors="surrogateescape")
        return b"--" + BOUNDARY.encode() + b"\r\n" + head + self.content + b"\r\n"


def form(*parts: Field | bytes) -> bytes:
    """Return the body of a form; a part that is given as bytes is used unchanged."""
    encoded = [part if isinstance(part, bytes) else part.encode() for part in parts]
    return b"".join([*encoded, f"--{BOUNDARY}--\r\n".encode()])


def headers_of(body: bytes) -> dict[str, str]:
    """Return the headers of a request with a form."""
    return {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body)),
    }


def part_with(headers: Sequence[bytes], content: bytes = b"") -> bytes:
    """Return a part with these header lines."""
    return b"\r\n".join([b"--" + BOUNDARY.encode(), *headers, b"", content]) + b"\r\n"
