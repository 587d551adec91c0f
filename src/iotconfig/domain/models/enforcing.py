"""The models that are enforced at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Self

from attrs import field, frozen

from .checking import check_document
from .model import DeviceModel, Mode, ModelRules
from .ports import FITS, DocumentRules, Verdict
from .unchecked import UNCHECKED


@frozen
class EnforcedModels:
    """The rules of the models whose mode is `enforce`, and what checks documents against them."""

    _rules: Mapping[str, ModelRules] = field(factory=dict)
    _checker: DocumentRules = UNCHECKED

    @classmethod
    def of(cls, models: Iterable[DeviceModel], checker: DocumentRules) -> Self:
        """Return those of all models."""
        return cls({each.name: each.rules for each in models if each.rules.mode is Mode.ENFORCE}, checker)

    def __bool__(self) -> bool:
        """Whether any model is enforced."""
        return bool(self._rules)

    def has(self, model: str) -> bool:
        """Whether a model is enforced."""
        return model in self._rules

    def check(self, model: str | None, document: str) -> Verdict:
        """Check the document of a device of this model; it fits where the model is not enforced."""
        rules = None if model is None else self._rules.get(model)
        return FITS if rules is None else check_document(self._checker, rules, document)


NOTHING_ENFORCED: Final = EnforcedModels()
"""No model is enforced."""
