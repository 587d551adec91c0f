"""Rules for programs that open a store without a checker of schemas."""

from __future__ import annotations

from typing import Final

from iotconfig.domain.errors import Unprocessable

from .model import ANYTHING
from .ports import FITS, DocumentRules, Verdict

_FITTED_BY_ALL: Final = (ANYTHING, "true")


class _Unchecked:
    """`DocumentRules` that know only the schemas that every document fits."""

    def accept(self, schema: str) -> None:
        if schema not in _FITTED_BY_ALL:
            raise Unprocessable(
                "This store was opened without a checker of schemas, so that a model with a schema cannot be used: open it "
                "with DocumentRules."
            )

    def check(self, schema: str, document: str) -> Verdict:
        del document
        self.accept(schema)
        return FITS


UNCHECKED: Final[DocumentRules] = _Unchecked()
"""Budgets are checked; a schema is refused."""
