"""One document checked against its model."""

from __future__ import annotations

from itertools import islice

from .failure import MAX_FAILURES
from .model import Mode, ModelRules
from .ports import FITS, DocumentRules, Verdict


def check_document(checker: DocumentRules, rules: ModelRules, document: str) -> Verdict:
    """Check a document against the budget and the schema of its model, unless the mode is off.

    document: the text that the device is given, with the values of secrets.

    The verdict has at most 20 failures, those of the budget first. Raises what `DocumentRules.check` raises.
    """
    if rules.mode is Mode.OFF:
        return FITS
    return judge(checker, rules, document)


def judge(checker: DocumentRules, rules: ModelRules, document: str) -> Verdict:
    """Check a document as `check_document` does, in every mode."""
    beyond = list(islice(rules.budget.failures(document), MAX_FAILURES + 1))
    verdict = checker.check(rules.schema, document)
    if not beyond:
        return verdict
    failures = [*beyond, *verdict.failures]
    return Verdict(failures[:MAX_FAILURES], verdict.is_complete and len(failures) <= MAX_FAILURES)
