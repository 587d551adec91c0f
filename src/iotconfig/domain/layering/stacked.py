"""What layers make one above the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final

from attrs import define, field, frozen

from iotconfig.domain.documents.composition import Folded, Source
from iotconfig.domain.documents.written_value import Path, leaves, written_value

_MOST: Final = 256


@frozen(eq=False)
class Stacked:
    """Layers that reach some of the devices, and the values that they make."""

    folded: Folded
    value: Mapping[str, object]
    """As `written_value` gives it."""
    leaves: Mapping[Path, Hashable]
    below: Stacked | None = None
    """The same without the highest layer; None without layers."""

    def plus(self, source: Source) -> Stacked:
        """Put a layer above the others. Raises `ContentTooLarge` as `Folded.plus` does."""
        folded = self.folded.plus(source)
        value = written_value(folded.under(None).content.text)
        return Stacked(folded, value if isinstance(value, dict) else {}, dict(leaves(value)), self)

    def values(self) -> Iterator[Mapping[str, object]]:
        """What the layers make, and what they make without the highest ones."""
        stack: Stacked | None = self
        while stack is not None:
            yield stack.value
            stack = stack.below


@define
class Stacks:
    """The combinations of layers that reach devices. Most devices share theirs with others, so that some are kept."""

    _kept: dict[tuple[str, ...], Stacked] = field(factory=dict)

    def of(self, sources: Sequence[Source]) -> Stacked:
        """Return what these layers make, the lowest first. Of one name, there is always the same layer."""
        stack = Stacked(Folded(), {}, {})
        names: tuple[str, ...] = ()
        for source in sources:
            names = (*names, source.name)
            stack = self._above(stack, names, source)
        return stack

    def _above(self, below: Stacked, names: tuple[str, ...], source: Source) -> Stacked:
        if names not in self._kept:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[names] = below.plus(source)
        return self._kept[names]
