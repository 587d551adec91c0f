"""Refusals of a service (RFC 9457), read back into the errors of the domain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from iotconfig.domain.errors import (
    AuthenticationRequired,
    AuthorizationFailed,
    ChangedSince,
    ContentTooLarge,
    InvalidMacAddress,
    IotConfigError,
    NameTaken,
    NothingSelected,
    PreconditionFailed,
    RecordExists,
    RecordGone,
    RecordNotFound,
    StoreFull,
    StoreUnavailable,
    TooManyRequests,
    UnexpectedCount,
    Unprocessable,
    ValidationFailed,
    excerpt,
)

from .address import ServiceAddress
from .credentials import Credential

_KINDS: Final[Mapping[str, type[IotConfigError]]] = {
    "INVALID_OPERATION": InvalidMacAddress,
    "VALIDATION_FAILED": ValidationFailed,
    "AUTHORIZATION_FAILED": AuthorizationFailed,
    "RECORD_NOT_FOUND": RecordNotFound,
    "RECORD_EXISTS": RecordExists,
    "CHANGED_SINCE": ChangedSince,
    "RECORD_GONE": RecordGone,
    "PRECONDITION_FAILED": PreconditionFailed,
    "CONTENT_TOO_LARGE": ContentTooLarge,
    "TOO_MANY_REQUESTS": TooManyRequests,
    "STORE_UNAVAILABLE": StoreUnavailable,
    "STORE_FULL": StoreFull,
}
"""The errors that commands tell apart, by code; their sentences are the service's."""

_MOST_CHARACTERS: Final = 4000
"""Longer sentences of a server are cut: no service writes one."""

_MISSING: Final = frozenset({"ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED"})


class ServiceRefused(IotConfigError):
    """A refusal that has no class of its own in the domain: `code` is the service's."""

    def __init__(self, code: str, message: str, /, **details: object) -> None:
        super().__init__(message, **details)
        self.code = code


class NotThisService(IotConfigError):
    """The server at the URL is no iotconfig service, or lacks the route."""

    code = "EXTERNAL_SERVICE_ERROR"


class RouteMissing(NotThisService):
    """The service lacks the route, by its version or by its settings."""


def error_of(
    address: ServiceAddress, asked: str, status: int, body: bytes, location: str, credential: Credential
) -> IotConfigError:
    """The error of an answer that is not a success.

    asked: method and path of the request.
    location: the header `Location`; empty without one.
    credential: what the request was sent with.
    """
    given = _problem(body)
    if given is None:
        if location:
            return NotThisService(
                f"The server at {address} redirects {asked} to {excerpt(location)}: set the URL to where the service is."
            )
        return NotThisService(
            f"The server at {address} answered {asked} with the status {status}, and not as an iotconfig service does."
        )
    code, sentence, details = given["code"], _cut(given["error"]), given["details"]
    if code in _MISSING:
        return RouteMissing(
            f"The service at {address} does not have {asked}: it runs another version of iotconfig."
        )
    if code == "AUTHENTICATION_REQUIRED":
        return AuthenticationRequired(_unauthenticated(address, sentence, credential), sentence=sentence)
    if code == "PRECONDITION_REQUIRED":
        return ServiceRefused(code, f"The service at {address} requires --if-revision for this change.")
    if code == "INTERNAL_ERROR":
        request = excerpt(str(given.get("correlationId", "")))
        return ServiceRefused(code, f"{sentence} At {address}, the correlationId is {request}.")
    return error_with(code, sentence, details)


def _unauthenticated(address: ServiceAddress, sentence: str, credential: Credential) -> str:
    if credential is Credential.NONE:
        return f"The service at {address} requires a token: set IOTCONFIG_TOKEN, or run 'iotconfig login'."
    if credential is Credential.SESSION:
        return f"Your sign-in at {address} is over: run 'iotconfig login' again. {sentence}"
    return f"The service at {address} refused the token: {sentence}"


def error_with(code: str, sentence: str, details: Mapping[str, object]) -> IotConfigError:
    """The error of the domain with this code; its sentence is the service's."""
    sentence = _cut(sentence)
    kind = _KINDS.get(code)
    if kind is RecordExists and "mac_address" not in details:
        kind = NameTaken
    if kind is PreconditionFailed and "expected" in details:
        kind = UnexpectedCount
    if code == "UNPROCESSABLE":
        kind = NothingSelected if details.get("selected") == 0 else Unprocessable
    if kind is None:
        return ServiceRefused(code, sentence, **details)
    # Without its constructor, which would build the sentence from other arguments.
    error = kind.__new__(kind, sentence)
    IotConfigError.__init__(error, sentence, **details)
    if isinstance(error, StoreUnavailable):
        # The sentence says whether the outcome is known.
        error.reason = error.if_unsure = ""
    return error


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _MOST_CHARACTERS else f"{sentence[:_MOST_CHARACTERS]}…"


def _problem(body: bytes) -> Mapping[str, Any] | None:
    """The members of a problem; None where the body is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    is_problem = isinstance(found.get("code"), str) and isinstance(found.get("error"), str)
    return found if is_problem and isinstance(found.get("details"), dict) else None
