"""Regular expressions of schemas: how large each is, once compiled."""

from __future__ import annotations

from typing import Final

from attrs import define, field
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.errors import InvalidDocument

from .retrieving import refuse

MAX_PATTERNS: Final = 50
"""Maximum number of different patterns in a schema: each takes up to some milliseconds to compile."""

_SIZES: Final = tuple(2**exponent for exponent in range(9, 18))
_BYTES_BY_STEP: Final = 256

OPTIONS: Final = RegexOptions(size_limit=_SIZES[-1], dfa_size_limit=20_000)
"""The linear engine. A small automaton: the large one is built anew again and again on a text made for it."""


@define
class Patterns:
    """The patterns of one schema. Raises `InvalidDocument` for one that cannot be used."""

    _known: dict[str, int] = field(factory=dict)

    def steps(self, pattern: str, path: tuple[str | int, ...]) -> int:
        """Return the steps that the engine takes for each byte of a text, at most: they grow with the compiled size.

        path: the place of the pattern in the schema.
        """
        known = self._known.get(pattern)
        if known is not None:
            return known
        if len(self._known) == MAX_PATTERNS:
            raise InvalidDocument(
                f"a schema has at most {MAX_PATTERNS} different patterns", pointer=pointer(path)
            )
        size = next((size for size in _SIZES if _compiles(pattern, size)), None)
        if size is None:
            raise InvalidDocument(
                "the pattern is no regular expression that the linear engine takes (lookaround and back-references are "
                f"none), or takes more than {_SIZES[-1] // 1024} KiB compiled: use maxLength in place of long repetitions",
                pointer=pointer(path),
            )
        self._known[pattern] = size // _BYTES_BY_STEP
        return self._known[pattern]


def _compiles(pattern: str, size: int) -> bool:
    try:
        Draft202012Validator(
            {"pattern": pattern},
            retriever=refuse,
            pattern_options=RegexOptions(size_limit=size, dfa_size_limit=20_000),
        )
    except ValidationError:
        return False
    return True
