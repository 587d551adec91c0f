"""The outcome of a bulk write, as its answer reports it: counts, and the refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

from attrs import asdict, define, field, frozen

from iotconfig.adapters.codec import answer
from iotconfig.adapters.http.members import As
from iotconfig.domain.configs.bulk import BulkRefusal, Tally
from iotconfig.domain.configs.bulk_options import AnyOptions
from iotconfig.domain.errors import NothingSelected, UnexpectedCount, excerpt

_LISTED: Final = 1000
"""Maximum number of refusals that an answer lists; all are counted."""

R = TypeVar("R", bound="BulkReport")


@answer
@frozen
class ListedRefusal:
    """Why one record of an import, or one config of a patch, was refused."""

    place: Annotated[str, "The line of the record, or its device"]
    error: str
    code: Annotated[str, As("Code")]
    details: dict[str, object]


@answer
@frozen
class BulkReport:
    """The counts and the refusals of a bulk write."""

    dry_run: bool
    new: int
    changed: int
    deleted: int
    restored: int
    same: int
    skipped: int
    refused: int
    stored: bool
    change: Annotated[str | None, "The id of the change; null where nothing was stored"]
    errors: Annotated[Sequence[ListedRefusal], f"The first {_LISTED} refusals"]
    errors_left_out: Annotated[int, "The number of further refusals"]


@define
class Refusals:
    """The refusals of one request: all counted, the first thousand listed."""

    _listed: list[ListedRefusal] = field(factory=list)
    _count: int = 0
    first: str = ""
    """The first refusal, as a sentence; empty if there is none."""

    def add(self, refusal: BulkRefusal) -> None:
        """Count a refusal."""
        self._count += 1
        self.first = self.first or f"{refusal.place}: {refusal.error}"
        if len(self._listed) < _LISTED:
            error = refusal.error
            details = {name: _short(value) for name, value in error.details.items()}
            self._listed.append(ListedRefusal(refusal.place, str(error), error.code, details))

    @contextmanager
    def told(self) -> Iterator[None]:
        """Give the refusals to an error that says how many configs a write selects: they may be its cause."""
        try:
            yield
        except (NothingSelected, UnexpectedCount) as error:
            if listed := [asdict(refusal) for refusal in self._listed]:
                error.details |= {"errors": listed, "errors_left_out": self._count - len(listed)}
            raise

    def report(self, cls: type[R], tally: Tally, options: AnyOptions, **more: Any) -> R:
        """The report of the request, as an instance of `cls`, which has `more` members."""
        left_out = self._count - len(self._listed)
        return cls(options.dry_run, **asdict(tally), errors=self._listed, errors_left_out=left_out, **more)


def is_refused(tally: Tally, options: AnyOptions) -> bool:
    """Whether a refusal prevented the whole change."""
    return tally.refused > 0 and not (options.keep_going or options.dry_run)


def _short(detail: object) -> object:
    """A detail shortened for lists: a pointer can be as long as a record."""
    return excerpt(detail) if isinstance(detail, str) else detail
