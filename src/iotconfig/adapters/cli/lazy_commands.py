"""The commands of a group, each loaded at its first use: one command needs few of the modules that all commands need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click

from .contexts import NamingContext


class LazyCommands(MutableMapping[str, click.Command]):
    """The commands of a group, by name. Listing the names loads no command."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Remember where the commands are.

        places: for each command its module in this package and its name there, with a dot between the two.
        """
        self._places = dict(places)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            module, _, attribute = self._places[name].partition(".")
            self[name] = getattr(import_module(f".{module}", __package__), attribute)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        _name_in_errors(command)
        self._places.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _name_in_errors(command: click.Command) -> None:
    command.context_class = NamingContext
    if isinstance(command, click.Group) and not isinstance(command.commands, LazyCommands):
        for each in command.commands.values():
            _name_in_errors(each)
