"""Change notes, and the limits of queries of the history."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote, DeletedQuery, HistoryQuery, Retention
from iotconfig.domain.errors import ValidationFailed
from iotconfig.testing.clocks import START


def test_the_default_note_has_no_author_and_no_message() -> None:
    """A note is optional."""
    assert ChangeNote("anonymous", None) == UNSIGNED


@pytest.mark.parametrize("author", ["a", "x" * 255, "Jürgen 😀", " "])
@pytest.mark.parametrize("message", [None, "", "m" * 1000, "two\nlines", "😀" * 1000])
def test_notes_that_are_stored(author: str, message: str | None) -> None:
    """Limits count characters, not bytes; line breaks are allowed."""
    note = ChangeNote(author, message)

    assert (author, message) == (note.author, note.message)


@pytest.mark.parametrize("author", ["", "x" * 256, "a\0b", "\ud800"])
def test_authors_that_are_refused(author: str) -> None:
    """An author is a non-empty name that every database can store."""
    with pytest.raises(ValidationFailed, match="author"):
        ChangeNote(author)


@pytest.mark.parametrize("message", ["m" * 1001, "\0", "half \udc80"])
def test_messages_that_are_refused(message: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(ValidationFailed, match="message") as refusal:
        ChangeNote("me", message)

    assert {"parameter": "message"} == refusal.value.details


@pytest.mark.parametrize("make", [lambda n: HistoryQuery(1, limit=n), lambda n: DeletedQuery(limit=n)])
@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_page_limits_that_are_refused(make: Callable[[int], object], limit: int) -> None:
    """A page has from one to a thousand entries."""
    with pytest.raises(ValidationFailed, match="from 1 to 1000") as refusal:
        make(limit)

    assert {"parameter": "limit"} == refusal.value.details


@pytest.mark.parametrize("limit", [1, 1000])
def test_page_limits_that_are_accepted(limit: int) -> None:
    """Both bounds are accepted."""
    assert limit == HistoryQuery(1, limit=limit).limit == DeletedQuery(limit=limit).limit


@pytest.mark.parametrize("keep", [0, -1])
def test_at_least_one_revision_is_kept(keep: int) -> None:
    """The current revision of a config cannot be pruned."""
    with pytest.raises(ValidationFailed, match="At least one"):
        Retention(keep, START)

    assert 1 == Retention(1, START).keep
