"""The principal in a token's claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from iotconfig.domain.access.principal import LOCAL_ADMINISTRATOR, Principal

from .faults import refused
from .registration import Registration

_LONGEST: Final = 255


def principal_in(claims: Mapping[str, Any], registration: Registration) -> Principal:
    """Return the principal. Raises `AuthenticationRequired` where the subject is missing or reserved."""
    subject = _text(claims, "sub")
    if subject is None:
        raise refused(f"its subject must be 1 to {_LONGEST} printable characters")
    if subject.strip().lower() in ("", LOCAL_ADMINISTRATOR.subject):
        raise refused("its subject is reserved for changes made without authentication")
    return Principal(
        subject,
        registration.roles.roles_in(claims, registration.client_id),
        name=_text(claims, "name") or _text(claims, "preferred_username"),
        email=_text(claims, "email"),
    )


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    """Return a claim if it is short, printable text; else None."""
    value = claims.get(name)
    is_fit = isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
    return value if is_fit else None
