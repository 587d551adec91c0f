"""Completion of the names of devices in shells."""

from __future__ import annotations

import re
from typing import Final

import click
from click.shell_completion import CompletionItem

from iotconfig.domain.configs.query import MAX_SEARCH, ConfigQuery, fold
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.text import harmless, is_storable

from .keys import key_of
from .pages import summaries
from .runtime import Runtime

_MOST: Final = 50
_WORD: Final = re.compile(r"[\w.+][\w.+-]*")
"""A name that is one word in every shell, and no option."""


def complete_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The devices whose name, or whose MAC address in digits, begins as the word does.

    A device whose name is no word of a shell, or which commands would take for an id or a MAC address, is
    completed by its MAC address. No completion shows an error.
    """
    runtime: Runtime | None = ctx.find_root().obj
    if runtime is None or len(incomplete) > MAX_SEARCH or not is_storable(incomplete):
        return []
    try:
        with runtime.services() as services:
            found = list(summaries(services.configs, ConfigQuery(text=incomplete or None), 10 * _MOST))
    except (IotConfigError, click.ClickException, OSError):
        return []
    items = []
    for config in found:
        digits, name = str(config.mac_address).replace(":", ""), config.device_name or ""
        if not (fold(name).startswith(fold(incomplete)) or digits.startswith(incomplete.lower())):
            continue
        is_word = (
            _WORD.fullmatch(name) is not None
            and key_of(name) is None
            and fold(name).startswith(fold(incomplete))
        )
        items.append(
            CompletionItem(name, help=str(config.mac_address))
            if is_word
            else CompletionItem(digits, help=harmless(name) or "no name")
        )
    return items[:_MOST]
