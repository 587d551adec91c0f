"""Validates redirect targets after sign-in and sign-out: paths of this service only."""

from __future__ import annotations

from urllib.parse import urlsplit

from iotconfig.domain.errors import ValidationFailed

_LONGEST = 2000


def local_path(url: str, origin: str) -> str:
    """Return the path of `url` on `origin` (scheme and host), with query and fragment.

    `url`: a path that begins with one slash, or an absolute URL of that very
    origin. Raises `ValidationFailed` for anything else, and for characters that
    browsers rewrite: backslashes, spaces, control characters.
    """
    path = url.removeprefix(origin) if url.startswith(f"{origin}/") else url
    is_plain = path.isascii() and path.isprintable() and not set(path) & set('\\ <>"')
    if not is_plain or len(path) > _LONGEST or not path.startswith("/") or path.startswith("//"):
        raise _refused()
    try:
        parts = urlsplit(path)
    except ValueError:
        raise _refused() from None
    if parts.scheme or parts.netloc:
        raise _refused()
    return path


def _refused() -> ValidationFailed:
    return ValidationFailed(
        "Query parameter redirect must be a path of this service, such as /, "
        f"of at most {_LONGEST} ASCII characters.",
        parameter="redirect",
    )
