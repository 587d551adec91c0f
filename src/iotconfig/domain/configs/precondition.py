"""Preconditions: which state of a config a write may replace."""

from __future__ import annotations

from collections.abc import Collection

from attrs import field, frozen

from iotconfig.domain.arguments import check_kind, check_whole_number, kind_of
from iotconfig.domain.errors import PreconditionFailed

from .config import Config


def optional_revisions(given: Collection[int] | None) -> frozenset[int] | None:
    """Return `revisions_of(given)`, or None for None."""
    return None if given is None else revisions_of(given)


def revisions_of(given: Collection[int]) -> frozenset[int]:
    """The revisions of a precondition, given as any collection of ints."""
    way = "The revisions of a precondition are a set of ints, such as {3}"
    if isinstance(given, str | bytes):
        raise TypeError(f"{way}, not {kind_of(given)}.")
    check_kind(given, Collection, way)
    for revision in given:
        check_whole_number(revision, way)
    return frozenset(given)


@frozen
class Precondition:
    """Which state a write may replace (RFC 9110, section 13.1); the default allows any.

    It is checked under the device's lock, so what it saw is what the write replaces.
    """

    exists: bool | None = None
    """True: there must be a config (`If-Match: *`). False: there must be none (`If-None-Match: *`)."""
    one_of: frozenset[int] | None = field(default=None, converter=optional_revisions)
    """The revisions that may be replaced (`If-Match`); None for any."""
    none_of: frozenset[int] = field(default=frozenset(), converter=revisions_of)
    """The revisions that may not be replaced (`If-None-Match`)."""

    def check(self, current: Config | None) -> None:
        """Raise `PreconditionFailed` unless `current` (None: there is no config) is allowed."""
        if current is None:
            if not self.allows(None):
                raise PreconditionFailed("The precondition requires an existing config: the device has none.")
        elif not self.allows(current.revision):
            raise PreconditionFailed(
                f"Config {current.id} is at revision {current.revision}, which the precondition excludes: "
                "read it again, then repeat the change.",
                revision=current.revision,
            )

    def allows(self, revision: int | None) -> bool:
        """Whether a write may replace what is at this revision; None: there is nothing."""
        if revision is None:
            return not self.exists and self.one_of is None
        return (
            self.exists is not False
            and (self.one_of is None or revision in self.one_of)
            and revision not in self.none_of
        )


UNCONDITIONAL = Precondition()
"""Any state may be replaced."""


def check_precondition(precondition: object) -> None:
    """Raise `TypeError` unless it is a `Precondition`."""
    check_kind(
        precondition, Precondition, "A precondition is a Precondition, such as Precondition(one_of={3})"
    )
