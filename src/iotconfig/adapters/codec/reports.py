"""Reports of devices, as a JSON object and as a header."""

from __future__ import annotations

from typing import Final, TypeVar

from attrs import frozen

from iotconfig.domain.devices.reports import Outcome, Report
from iotconfig.domain.errors import InvalidDocument, ValidationFailed

from .etags import etag_sent_back
from .structured_fields import Value, token_item

T = TypeVar("T", int, str)

_OUTCOMES: Final = " or ".join(Outcome)


@frozen
class DeviceReport:
    """A report as a JSON object."""

    outcome: Outcome
    etag: str
    pointer: str | None = None
    reason: str | None = None
    firmware: str | None = None
    n: int | None = None

    def report(self) -> Report:
        """The report. Raises `ValidationFailed`."""
        etag = etag_sent_back(self.etag)
        if etag is None:
            raise InvalidDocument("expected the ETag that the document was sent with", pointer="/etag")
        return Report(self.outcome, etag, self.pointer, self.reason, self.firmware, self.n)


def report_of_header(text: str) -> Report:
    """The report in the header `Config-Report`: `applied; etag="…"`, and the members of the JSON object as parameters.

    Other parameters are ignored. Raises `ValidationFailed`.
    """
    outcome, given = token_item(text)
    if outcome not in tuple(Outcome):
        raise ValidationFailed(f"The report must begin with {_OUTCOMES}.")
    etag = etag_sent_back(_of_kind(given.get("etag"), "etag", str) or "")
    if etag is None:
        raise ValidationFailed("Parameter etag must be the ETag that the document was sent with.")
    pointer, reason, firmware = (
        _of_kind(given.get(name), name, str) for name in ("pointer", "reason", "firmware")
    )
    return Report(Outcome(outcome), etag, pointer, reason, firmware, _of_kind(given.get("n"), "n", int))


def _of_kind(value: Value, name: str, kind: type[T]) -> T | None:
    if value is not None and not isinstance(value, kind):
        raise ValidationFailed(f"Parameter {name} must be {'a string' if kind is str else 'a whole number'}.")
    return value
