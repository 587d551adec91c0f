"""An answer that is written while its items arrive is the JSON of its class."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from attrs import frozen

from iotconfig.adapters.codec import AnswerStream, answer, to_json


@answer
@frozen
class Counts:
    """The members of another answer."""

    stored: int
    refused: int


@answer
@frozen
class Item:
    """An item of a list."""

    name: str


@answer
@frozen
class Listed(Counts):
    """An answer with two lists, of which one may be left out."""

    items: Sequence[Item]
    samples: Sequence[Item] | None = None


class Streamed(AnswerStream):
    """A stream with the text that it wrote."""

    def __init__(self) -> None:
        self.text = b""
        super().__init__(Listed, self._keep)

    def _keep(self, text: bytes) -> None:
        self.text += text


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(Listed(1, 2, [Item("é"), Item('"')]), id="without-samples"),
        pytest.param(Listed(1, 2, [], []), id="empty-lists"),
        pytest.param(Listed(0, 0, [Item("a")], [Item("b"), Item("c"), Item("d")]), id="both-lists"),
    ],
)
@pytest.mark.parametrize("counts_first", [False, True])
def test_a_stream_writes_what_its_class_describes(listed: Listed, counts_first: bool) -> None:
    """Whatever the order of the members and the number of items."""
    stream = Streamed()
    counts = Counts(listed.stored, listed.refused)
    if counts_first:
        stream.add_members(counts)
    stream.begin_list("items")
    for item in listed.items:
        stream.add(item)
    if not counts_first:
        stream.add_members(counts)
    if listed.samples is not None:
        stream.begin_list("samples")
        for item in listed.samples:
            stream.add_json(to_json(item))
    stream.end()

    assert json.loads(to_json(listed)) == json.loads(stream.text)


def test_a_member_is_written_once() -> None:
    """A second list of this name would be a second member of it."""
    stream = Streamed()
    stream.begin_list("items")

    with pytest.raises(ValueError, match="no further member items"):
        stream.begin_list("items")


def test_a_member_of_another_class_is_refused() -> None:
    """The description does not have it."""
    with pytest.raises(ValueError, match="Listed has no further member name"):
        Streamed().add_members(Item("a"))


def test_an_answer_that_lacks_a_member_is_not_completed() -> None:
    """The description calls it required."""
    stream = Streamed()
    stream.add_members(Counts(1, 2))

    with pytest.raises(ValueError, match="Listed lacks items"):
        stream.end()
