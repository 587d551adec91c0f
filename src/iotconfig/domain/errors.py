"""The errors of the core: one root, one class per error code.

`code` is the stable name that programs match on (HTTP bodies carry it);
`details` holds the machine-readable facts behind the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from .text import harmless

_SHOWN: Final = 200
_UNSURE: Final = "The change may have been stored, or not: ask again with If-Match."


def excerpt(text: str) -> str:
    """Return `text` for a message of one line: printable, and at most 200 characters."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return harmless(shown)


class IotConfigError(Exception):
    """Root of all errors that iotconfig raises on purpose.

    `str(error)` is one sentence with the place, the rule and, if there is one, the
    remedy. It never contains SQL, a secret, a traceback or a character that controls a terminal:
    quoted text is made `harmless` here. `details` are for programs, and have the
    facts unescaped.
    """

    code: str = "INTERNAL_ERROR"
    """The stable name that programs match on; each kind of error has one."""

    def __init__(self, message: str, /, **details: object) -> None:
        super().__init__(harmless(message))
        self.details: dict[str, object] = details


class InvalidMacAddress(IotConfigError):
    """The text is not a MAC address in any accepted spelling."""

    code = "INVALID_OPERATION"

    def __init__(self, text: str) -> None:
        super().__init__(
            f'MAC address "{excerpt(text)}" has an invalid format: '
            "write it like aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabbccddeeff or aabb.ccdd.eeff.",
        )


class ValidationFailed(IotConfigError):
    """An input is not valid."""

    code = "VALIDATION_FAILED"


class InvalidDocument(ValidationFailed):
    """A JSON text breaks a content rule; nothing of it was stored.

    `details` holds either `pointer` (RFC 6901), the member that breaks the
    rule, or `line` and `column` (from 1), where the text is no JSON.
    """

    def __init__(self, rule: str, **place: Any) -> None:
        self.rule = rule
        self.place = place
        super().__init__(f"{_where(place)}: {rule}.", **place)

    def within(self, pointer: str) -> InvalidDocument:
        """Return the error for the document that contains this one at `pointer`."""
        place = dict(self.place)
        if "pointer" in place:
            place["pointer"] = f"{pointer}{place['pointer']}"
        else:
            place["within"] = pointer
        return type(self)(self.rule, **place)


def _where(place: dict[str, Any]) -> str:
    if "pointer" in place:
        return f"At {excerpt(str(place['pointer']))}" if place["pointer"] else "At the top"
    position = f"line {place['line']}, column {place['column']}"
    return f"In {excerpt(str(place['within']))}, {position}" if "within" in place else f"At {position}"


class ContentTooLarge(IotConfigError):
    """The content, or the request that carries it, is larger than the limit."""

    code = "CONTENT_TOO_LARGE"


class RecordNotFound(IotConfigError):
    """There is no such config, or no such revision of it."""

    code = "RECORD_NOT_FOUND"

    def __init__(self, key: object, hint: str = "", *, what: str = "Config", **details: object) -> None:
        shown = excerpt(str(key))
        super().__init__(f"{what} {shown} was not found{hint and ': '}{hint}.", key=shown, **details)


class RecordGone(IotConfigError):
    """The record no longer exists: a pruned revision, or a board that was replaced."""

    code = "RECORD_GONE"


class RecordExists(IotConfigError):
    """The MAC address has a config already."""

    code = "RECORD_EXISTS"

    def __init__(self, mac_address: object, way_out: str = "update it instead") -> None:
        super().__init__(
            f"A config for MAC address {mac_address} exists already: {way_out}.",
            mac_address=str(mac_address),
        )


class NameTaken(IotConfigError):
    """The name is in use, and names are never used twice."""

    code = "RECORD_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f'The name "{name}" was given before: choose another.', name=name)


class PlaceTaken(IotConfigError):
    """Another layer has this rank, or reaches the same model or all devices already; nothing was stored."""

    code = "RECORD_EXISTS"


class SignatureUsed(IotConfigError):
    """The signature of an upload was accepted for a file of this name before; nothing was stored."""

    code = "RECORD_EXISTS"

    def __init__(self, name: object) -> None:
        super().__init__(
            f"This signature was used for {name} before: each is accepted once for a name. Sign a new timestamp.",
            name=str(name),
        )


class ChangedSince(IotConfigError):
    """A change cannot be undone for a config that has changed again."""

    code = "CHANGED_SINCE"


class PreconditionFailed(IotConfigError):
    """The config is not at a revision that the caller allowed; nothing was stored."""

    code = "PRECONDITION_FAILED"


class AuthenticationRequired(IotConfigError):
    """The request has no valid credentials."""

    code = "AUTHENTICATION_REQUIRED"


class AuthorizationFailed(IotConfigError):
    """The caller is authenticated but not allowed to do this."""

    code = "AUTHORIZATION_FAILED"


class TooManyRequests(IotConfigError):
    """The caller must wait for `retry_after` seconds."""

    code = "TOO_MANY_REQUESTS"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after


class Unprocessable(IotConfigError):
    """The input is well-formed, but cannot be processed."""

    code = "UNPROCESSABLE"


class DocumentRefused(Unprocessable):
    """A document breaks its device's model, which is enforced; nothing was stored.

    `details` has the model, and up to 20 failures, each with its pointer, what was expected, and what was
    found; `complete` says whether there is no further one.
    """

    def __init__(self, model: str, failures: Sequence[Mapping[str, object]], *, complete: bool) -> None:
        first = failures[0]
        others = f" ({len(failures) - 1} more are in the details)" if len(failures) > 1 else ""
        super().__init__(
            f"The document breaks the model {model}: at {first['pointer'] or 'the top'}, expected "
            f"{first['expected']}, found {first['found']}{others}.",
            model=model,
            failures=list(failures),
            complete=complete,
        )


class ModelRefused(Unprocessable):
    """Documents of devices break rules that are to be enforced; nothing was stored.

    `details` has up to 20 devices, each with its failures; `more` says whether there are more devices.
    """

    def __init__(
        self, model: str, devices: Sequence[Mapping[str, object]], first: str, *, more: bool
    ) -> None:
        count = (
            f"more than {len(devices)} devices"
            if more
            else f"{len(devices)} device{'s' * (len(devices) != 1)}"
        )
        super().__init__(
            f"The documents of {count} break the model {model}, the first one, {devices[0]['mac_address']}, {first}: mend "
            'them, or choose the mode "warn".',
            model=model,
            devices=list(devices),
            more=more,
        )


class NothingSelected(Unprocessable):
    """A bulk write selects no config, and was not told that this may be; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("No config is selected, so nothing was changed.", selected=0)


class UnexpectedCount(IotConfigError):
    """A bulk write selects more or fewer configs than its caller expects; nothing was stored."""

    code = "PRECONDITION_FAILED"

    def __init__(self, selected: int, expected: int) -> None:
        super().__init__(
            f"The number of selected configs is {selected}, not {expected} as expected: nothing was changed.",
            selected=selected,
            expected=expected,
        )


class OtherBytes(IotConfigError):
    """More or fewer devices than accepted would be served other bytes of the same value; nothing was stored."""

    code = "PRECONDITION_FAILED"

    def __init__(self, devices: int, accepted: int) -> None:
        super().__init__(
            f"The number of devices that would be served other bytes is {devices}, not {accepted} as accepted: nothing "
            "was stored.",
            devices=devices,
            accepted=accepted,
        )


class StoreUnavailable(IotConfigError):
    """The store did not answer in time, or cannot be reached.

    After a write the outcome is unknown: it may or may not have been stored.
    `reason` is for the operator of the service (it may name hosts and users,
    never a secret); the message is for everyone. `if_unsure` is the sentence for
    the caller of a failed write; it is empty if nothing was stored.
    """

    code = "STORE_UNAVAILABLE"
    is_outcome_known: ClassVar[bool] = False
    """Whether a write with this error certainly stored nothing."""

    def __init__(self, message: str, reason: str = "", if_unsure: str = "") -> None:
        super().__init__(message)
        self.reason = harmless(" ".join(reason.split()))
        self.if_unsure = "" if self.is_outcome_known else if_unsure or _UNSURE

    def advising(self, if_unsure: str) -> StoreUnavailable:
        """Return the same error with this sentence for a write of unknown outcome."""
        return self if self.is_outcome_known else type(self)(str(self), self.reason, if_unsure)


class ServiceClosed(IotConfigError):
    """It was closed, by `close` or at the end of its block, and answers nothing any more.

    Not a `StoreUnavailable`, after which asking again may help.
    """

    code = "STORE_UNAVAILABLE"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "The service is closed: open it again.")


class StoreBusy(StoreUnavailable):
    """The store could not begin with a change in time, so nothing of it was stored."""

    is_outcome_known = True

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(f"{message} Nothing was stored: try again.", reason)


class StoreReadOnly(StoreUnavailable):
    """The store answers, but accepts no writes. Nothing was stored; reads continue."""

    is_outcome_known = True


class StoreNotReached(StoreUnavailable):
    """The change was refused before it began, for example without a free connection; nothing was stored."""

    is_outcome_known = True


class SecretsLocked(StoreUnavailable):
    """A secret, or a document with values of secrets, cannot be decrypted; nothing was stored."""

    is_outcome_known = True

    def __init__(self, message: str, reason: str = "", if_unsure: str = "") -> None:
        super().__init__(f"A secret cannot be decrypted: {message}.", reason, if_unsure)


class AssetsUnavailable(IotConfigError):
    """The files of assets cannot be read or written; nothing was stored or removed.

    Not a `StoreUnavailable`, after which the outcome of a write is unknown.
    """

    code = "STORE_UNAVAILABLE"


class StoreFull(IotConfigError):
    """The store has no room left; nothing was stored, unless the message says so."""

    code = "STORE_FULL"


class ExternalServiceError(IotConfigError):
    """A service that is not ours cannot be reached, refuses us, or does not answer in time."""

    code = "EXTERNAL_SERVICE_ERROR"


class BrokerUnavailable(ExternalServiceError):
    """The message broker cannot be reached, refuses us, or does not answer in time."""
