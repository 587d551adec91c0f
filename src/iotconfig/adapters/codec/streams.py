"""Answers that are written while the items of their lists arrive, so that memory holds one item."""

from __future__ import annotations

from collections.abc import Callable

from attrs import NOTHING, AttrsInstance, define, field, fields

from .answers import to_json, to_json_members, written_name


@define
class AnswerStream:
    """Writes one answer in the order in which its members arrive; its JSON has the members of its class.

    Methods raise `ValueError` for a member that the class does not have or that was written before.
    """

    _cls: type[AttrsInstance]
    """The class that describes the answer."""
    _write: Callable[[bytes], object]
    """Takes the next bytes of the JSON text."""
    _missing: dict[str, bool] = field(init=False)
    """The members that were not written yet, and whether each is required."""
    _before: str = field(init=False, default="{")
    _list_end: str = field(init=False, default="")

    def __attrs_post_init__(self) -> None:
        self._missing = {written_name(each): each.default is NOTHING for each in fields(self._cls)}

    def begin_list(self, name: str) -> None:
        """Begin the list `name`; the items that are added belong to it until another member begins."""
        self._begin(name)
        self._put("[")
        self._before, self._list_end = "", "]"

    def add(self, item: AttrsInstance) -> None:
        """Write an item of the current list."""
        self.add_json(to_json(item))

    def add_json(self, text: str) -> None:
        """Write an item of the current list that is JSON text already."""
        self._put(f"{self._before}{text}")
        self._before = ",\n"

    def add_members(self, part: AttrsInstance) -> None:
        """Write the members of another answer as members of this one."""
        for name, text in to_json_members(part).items():
            self._begin(name)
            self._put(text)

    def end(self) -> None:
        """Complete the answer. Raises `ValueError` if a required member was not written."""
        if missing := [name for name, is_required in self._missing.items() if is_required]:
            raise ValueError(f"{self._cls.__name__} lacks {', '.join(missing)}")
        self._put(f"{self._list_end}}}")

    def _begin(self, name: str) -> None:
        if self._missing.pop(name, None) is None:
            raise ValueError(f"{self._cls.__name__} has no further member {name}")
        before = f"{self._list_end}, " if self._list_end else self._before
        self._put(f'{before}"{name}": ')
        self._before, self._list_end = ", ", ""

    def _put(self, text: str) -> None:
        self._write(text.encode())
