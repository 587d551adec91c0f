"""The bearer token of an `Authorization` header (RFC 9110, section 11.4; RFC 6750), read in one way on every route."""

from __future__ import annotations


def bearer_token(authorization: str) -> str | None:
    """The token that the header's value carries; None where it is of another scheme.

    The scheme's name is case-insensitive, and any number of spaces may follow it.
    """
    scheme, _, token = authorization.strip(" \t").partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None
