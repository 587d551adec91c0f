"""The refusals of one bulk write: reported, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from attrs import define

from iotconfig.domain.errors import IotConfigError, PreconditionFailed, RecordExists, ValidationFailed

from .bulk import BulkRefusal, BulkResult, Duplicate, OnRefusal, Outcome
from .replaced import board_replaced, not_restored


@define
class Refusals:
    """Reports refusals, and counts them."""

    _on_refusal: OnRefusal
    _keep_going: bool
    _yield_turn: Callable[[], None]
    """Called before each report: there may be as many refusals as entries."""
    count: int = 0

    @property
    def prevent_storing(self) -> bool:
        """Whether nothing may be stored, because an entry was refused."""
        return self.count > 0 and not self._keep_going

    def take(self, refusals: Iterable[BulkRefusal]) -> None:
        """Report and count each of them."""
        for refusal in refusals:
            self._yield_turn()
            self.count += 1
            self._on_refusal(refusal)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Count refusals during the block, and report them after it: reporting may be slow."""
        on_refusal, deferred = self._on_refusal, list[BulkRefusal]()
        self._on_refusal = deferred.append
        try:
            yield
        finally:
            self._on_refusal = on_refusal
        for refusal in deferred:
            self._yield_turn()
            on_refusal(refusal)


def duplicate_refusal(duplicate: Duplicate) -> BulkRefusal:
    """Return the refusal of an entry that shares its MAC address."""
    return BulkRefusal(
        duplicate.place,
        ValidationFailed(
            f"{duplicate.other_place} has the same MAC address {duplicate.mac_address}: keep one of them.",
            mac_address=str(duplicate.mac_address),
        ),
    )


def refusal_of(result: BulkResult) -> BulkRefusal:
    """Return the refusal of an entry with an outcome of `PREVENTING`."""
    error: IotConfigError
    if result.outcome is Outcome.CONFLICT:
        error = RecordExists(
            result.mac_address, "its content is another; choose whether to skip or to replace conflicts"
        )
    elif result.replaced_by is not None:
        error = (
            board_replaced(result.mac_address, result.replaced_by)
            if result.config_id is None
            else not_restored(result.config_id, result.mac_address, result.replaced_by)
        )
    elif result.outcome is Outcome.IN_USE:
        error = RecordExists(result.mac_address, f"delete that one to restore config {result.config_id}")
    elif result.revision is None:
        error = PreconditionFailed(
            f"The entry is for a config at a revision, and MAC address {result.mac_address} has none."
        )
    else:
        error = PreconditionFailed(
            f"The config of {result.mac_address} is at revision {result.revision}, not at that of the entry: "
            "read it again, then repeat the change.",
            revision=result.revision,
        )
    return BulkRefusal(result.place, error)
