"""Models: names, schemas, budgets, and a document checked against both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from iotconfig.domain.errors import ContentTooLarge, InvalidDocument, ValidationFailed
from iotconfig.domain.models.budget import NO_BUDGET, PRESETS, Budget
from iotconfig.domain.models.checking import check_document, judge
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.found import shown
from iotconfig.domain.models.model import DeviceModel, Mode, ModelRules
from iotconfig.domain.models.ports import FITS, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Found:
    """Rules that find so many failures in each document."""

    def __init__(self, number: int) -> None:
        self._verdict = Verdict([Failure(f"/{n}", "a", "b") for n in range(number)])

    def accept(self, schema: str) -> None:
        """Take every schema."""

    def check(self, schema: str, document: str) -> Verdict:
        """Return the verdict."""
        return self._verdict


def beyond(budget: Budget, document: object) -> Sequence[Failure]:
    """What exceeds a budget in a document."""
    return list(budget.failures(json.dumps(document)))


@pytest.mark.parametrize("name", ["lamp", "7", "a-b-c", "x" * 63])
def test_names(name: str) -> None:
    """A name has small letters, digits and dashes."""
    assert name == DeviceModel(name, ModelRules(), 1, NOW, NOW).name


@pytest.mark.parametrize("name", ["", "Lamp", "-a", "a_b", "é", "x" * 64, "a\n"])
def test_other_names_are_refused(name: str) -> None:
    """The error says what a name is."""
    with pytest.raises(ValidationFailed, match="is no name of a model"):
        DeviceModel(name, ModelRules(), 1, NOW, NOW)


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        ("[]", InvalidDocument),
        ('{"a":1,"a":2}', InvalidDocument),
        ("{", InvalidDocument),
        ('"' + "x" * 65_536 + '"', ContentTooLarge),
        ('{"a":' * 64 + "{}" + "}" * 64, InvalidDocument),
    ],
)
def test_schemas_that_are_refused(schema: str, error: type[Exception]) -> None:
    """A schema follows the rules of JSON in documents, and is an object or a boolean of at most 64 KiB."""
    with pytest.raises(error):
        ModelRules(schema)


def test_a_schema_is_kept_verbatim() -> None:
    """Its spaces too."""
    assert '{ "type" : "object" }' == ModelRules('{ "type" : "object" }').schema
    assert "false" == ModelRules("false").schema


def test_presets() -> None:
    """A preset sets the number of bytes."""
    assert {"nvs-string": 3999, "nrf91-tls": 2303, "shadow": 8192} == {
        name: Budget.preset(name).bytes for name in PRESETS
    }
    with pytest.raises(ValidationFailed, match="is no preset of a budget: there are nvs-string"):
        Budget.preset("flash")


@pytest.mark.parametrize(
    "limits",
    [{"bytes": 0}, {"depth": 65}, {"array_length": -1}, {"string_bytes": 2**31}, {"integer_min": 2**63}, {"integer_min": 2, "integer_max": 1}],
)  # fmt: skip
def test_limits_that_are_refused(limits: dict[str, int]) -> None:
    """Each limit has a range, and the bounds of integers an order."""
    with pytest.raises(ValidationFailed, match=" of a budget must "):
        Budget(**limits)
    with pytest.raises(TypeError):
        Budget(**dict.fromkeys(limits, True))


@pytest.mark.parametrize(
    ("budget", "document", "expected"),
    [
        (Budget(bytes=7), {"a": 10}, [("", "at most 7 bytes", "9 bytes")]),
        (Budget(depth=1), {"a": {"b": [1]}, "c": 1}, [("/a", "at most 1 levels of nesting", "one more")]),
        (Budget(depth=3), {"a": {"b": [1]}}, []),
        (Budget(string_bytes=2), {"é": "éa"}, [("/é", "a string of at most 2 bytes", "3 bytes")]),
        (Budget(string_bytes=2), {"éa": [1]}, [("/éa", "a name of at most 2 bytes", "3 bytes")]),
        (Budget(array_length=2), {"a": [[1, 2, 3], 1]}, [("/a/0", "at most 2 elements", "3 elements")]),
        (
            Budget(integer_min=-5, integer_max=5),
            {"a": -6, "b": [5, 6], "c": 7.5, "d": "9", "e": True},
            [("/a", "an integer of at least -5", "-6"), ("/b/1", "an integer of at most 5", "6")],
        ),
        (
            Budget(integer_max=2**53),
            {"a": 2**53 + 1},
            [("/a", f"an integer of at most {2**53}", str(2**53 + 1))],
        ),
        (NO_BUDGET, {"a": [[[1e9]]]}, []),
    ],
)
def test_budgets(budget: Budget, document: Any, expected: list[tuple[str, str, str]]) -> None:
    """What is beyond a limit is named in the order of the document; numbers are compared exactly."""
    assert [Failure(*each) for each in expected] == list(
        budget.failures(json.dumps(document, ensure_ascii=False))
    )


def test_a_check_is_of_budget_and_schema() -> None:
    """Failures of the budget come first; 20 are listed, and the verdict says whether there are more."""
    rules = ModelRules(budget=Budget(integer_max=0))
    document = json.dumps({"a": [1] * 18})
    both = judge(Found(2), rules, document)

    assert (20, True, "/1") == (len(both.failures), both.is_complete, both.failures[-1].pointer)
    more = judge(Found(3), rules, document)
    assert (20, False) == (len(more.failures), more.is_complete)
    assert not judge(Found(0), rules, json.dumps({"a": [1] * 999})).is_complete
    assert judge(Found(0), rules, "{}")
    assert FITS == check_document(Found(9), ModelRules(mode=Mode.OFF), document)
    assert not check_document(Found(9), ModelRules(mode=Mode.WARN), "{}")


def test_failures_are_told_in_one_line() -> None:
    """A value is cut, an object or an array is told by its size."""
    assert "at the top: expected a, found b" == str(Failure("", "a", "b"))
    values: list[object] = ["x" * 999, {"a": 1}, [], 1.5, None]
    assert ['"' + "x" * 79 + "…", "an object with 1 member", "an array with 0 elements", "1.5", "null"] == [
        shown(value) for value in values
    ]
