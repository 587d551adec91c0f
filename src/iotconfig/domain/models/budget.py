"""Budgets: what the memory of a kind of device allows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Self

from attrs import Attribute, evolve, field, frozen

from iotconfig.domain.arguments import check_whole_number
from iotconfig.domain.documents.content import MAX_DEPTH
from iotconfig.domain.documents.pointer import pointer
from iotconfig.domain.errors import ValidationFailed, excerpt

from .failure import Failure
from .found import shown

PRESETS: Final[Mapping[str, int]] = {"nvs-string": 3_999, "nrf91-tls": 2_303, "shadow": 8_192}
"""Names for numbers of bytes: the longest string in the ESP32's key-value store (4,000 with its final NUL); what an nRF91
modem receives over TLS in one piece (2,303); a device shadow of AWS IoT (8,192)."""

_MOST: Final = 2**31 - 1
_INTEGERS: Final = 2**63


def _check_limit(_budget: object, attribute: Attribute[int | None], limit: int | None) -> None:
    if limit is None:
        return
    check_whole_number(limit, f"{attribute.name} of a budget is an int or None")
    most = MAX_DEPTH if attribute.name == "depth" else _MOST
    if not 1 <= limit <= most:
        raise ValidationFailed(
            f"{attribute.name} of a budget must be from 1 to {most}, not {limit}.", parameter=attribute.name
        )


def _check_integer(_budget: object, attribute: Attribute[int | None], bound: int | None) -> None:
    if bound is None:
        return
    check_whole_number(bound, f"{attribute.name} of a budget is an int or None")
    if not -_INTEGERS <= bound < _INTEGERS:
        raise ValidationFailed(
            f"{attribute.name} of a budget must have 64 bits, and {excerpt(str(bound))} has more.",
            parameter=attribute.name,
        )


@frozen
class Budget:
    """Limits of a document. Each is None where there is no limit. Raises `ValidationFailed` for a limit that is none."""

    bytes: int | None = field(default=None, validator=_check_limit)
    """Maximum length of the document in bytes of UTF-8."""
    depth: int | None = field(default=None, validator=_check_limit)
    """Maximum depth of nesting; the top object is 1."""
    string_bytes: int | None = field(default=None, validator=_check_limit)
    """Maximum length of each string and of each member's name, in bytes of UTF-8 without escapes."""
    array_length: int | None = field(default=None, validator=_check_limit)
    """Maximum number of elements of each array."""
    integer_min: int | None = field(default=None, validator=_check_integer)
    """The lowest integer: a number with neither fraction nor exponent."""
    integer_max: int | None = field(default=None, validator=_check_integer)
    """The highest integer."""

    def __attrs_post_init__(self) -> None:
        low, high = self.integer_min, self.integer_max
        if low is not None and high is not None and low > high:
            raise ValidationFailed(
                f"integer_min of a budget must not be above integer_max: {low} is above {high}.",
                parameter="integer_min",
            )

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the budget with the bytes of a preset. Raises `ValidationFailed` for an unknown name."""
        limit = PRESETS.get(name)
        if limit is None:
            raise ValidationFailed(
                f'"{excerpt(name)}" is no preset of a budget: there are {", ".join(PRESETS)}.',
                parameter="preset",
            )
        return cls(bytes=limit)

    def failures(self, text: str) -> Iterator[Failure]:
        """Yield what exceeds the budget in the text of a document that follows the rules of content."""
        if self.bytes is not None and (size := len(text.encode())) > self.bytes:
            yield Failure("", f"at most {self.bytes} bytes", f"{size} bytes")
        if self != evolve(NO_BUDGET, bytes=self.bytes):
            yield from self._inside(text)

    def _inside(self, text: str) -> Iterator[Failure]:
        """Yield failures of values, in the order of the text."""
        pending: list[tuple[object, tuple[str | int, ...]]] = [(_EXACT.decode(text), ())]
        while pending:
            value, path = pending.pop()
            yield from self._of(value, path)
            if isinstance(value, dict):
                for name in value:
                    yield from self._string(name, (*path, name), "a name")
                pending.extend((value[name], (*path, name)) for name in reversed(value))
            elif isinstance(value, list):
                pending.extend((value[index], (*path, index)) for index in reversed(range(len(value))))

    def _of(self, value: object, path: tuple[str | int, ...]) -> Iterator[Failure]:
        if isinstance(value, str):
            yield from self._string(value, path, "a string")
        elif isinstance(value, Decimal):
            yield from self._integer(value, path)
        elif isinstance(value, dict | list):
            # Only the first level beyond the limit is named: what is deeper is within it.
            if self.depth is not None and len(path) == self.depth:
                yield Failure(pointer(path), f"at most {self.depth} levels of nesting", "one more")
            if isinstance(value, list) and self.array_length is not None and len(value) > self.array_length:
                yield Failure(
                    pointer(path), f"at most {self.array_length} elements", f"{len(value)} elements"
                )

    def _string(self, text: str, path: tuple[str | int, ...], noun: str) -> Iterator[Failure]:
        # A character takes at most four bytes, so most strings need no encoding to be measured.
        if self.string_bytes is None or len(text) * 4 <= self.string_bytes:
            return
        if (size := len(text.encode())) > self.string_bytes:
            yield Failure(pointer(path), f"{noun} of at most {self.string_bytes} bytes", f"{size} bytes")

    def _integer(self, number: Decimal, path: tuple[str | int, ...]) -> Iterator[Failure]:
        if self.integer_min is not None and number < self.integer_min:
            yield Failure(pointer(path), f"an integer of at least {self.integer_min}", shown(number))
        if self.integer_max is not None and number > self.integer_max:
            yield Failure(pointer(path), f"an integer of at most {self.integer_max}", shown(number))


# Decimal marks an integer, and needs no quadratic time for long ones.
_EXACT: Final[Any] = json.JSONDecoder(parse_int=Decimal)

NO_BUDGET: Final = Budget()
"""The budget without limits."""
