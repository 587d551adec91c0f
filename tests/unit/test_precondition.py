"""Preconditions of writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import PreconditionFailed
from iotconfig.domain.mac import MacAddress

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
CONFIG = Config(
    7, MacAddress.parse("020000000001"), ConfigContent.parse("{}"), 3, created_at=NOW, updated_at=NOW
)


@pytest.mark.parametrize(
    ("precondition", "current"),
    [
        pytest.param(UNCONDITIONAL, CONFIG, id="any-present"),
        pytest.param(UNCONDITIONAL, None, id="any-absent"),
        pytest.param(Precondition(exists=True), CONFIG, id="exists-present"),
        pytest.param(Precondition(exists=False), None, id="none-absent"),
        pytest.param(Precondition(one_of=frozenset({3})), CONFIG, id="at-the-revision"),
        pytest.param(Precondition(one_of=frozenset({1, 3, 9})), CONFIG, id="at-one-of-several"),
        pytest.param(Precondition(none_of=frozenset({2, 4})), CONFIG, id="at-no-excluded-revision"),
        pytest.param(Precondition(none_of=frozenset({3})), None, id="nothing-to-exclude"),
        pytest.param(Precondition(one_of=frozenset({3}), none_of=frozenset({2})), CONFIG, id="both"),
    ],
)
def test_allowed(precondition: Precondition, current: Config | None) -> None:
    """A state that the precondition names may be replaced."""
    precondition.check(current)


@pytest.mark.parametrize(
    ("precondition", "current"),
    [
        pytest.param(Precondition(exists=True), None, id="exists-absent"),
        pytest.param(Precondition(exists=False), CONFIG, id="none-present"),
        pytest.param(Precondition(one_of=frozenset({2})), CONFIG, id="at-another-revision"),
        pytest.param(Precondition(one_of=frozenset()), CONFIG, id="at-no-revision"),
        pytest.param(Precondition(one_of=frozenset({3})), None, id="revision-of-nothing"),
        pytest.param(Precondition(one_of=frozenset()), None, id="no-revision-of-nothing"),
        pytest.param(Precondition(none_of=frozenset({3})), CONFIG, id="at-an-excluded-revision"),
        pytest.param(Precondition(one_of=frozenset({3}), none_of=frozenset({3})), CONFIG, id="contradiction"),
    ],
)
def test_refused(precondition: Precondition, current: Config | None) -> None:
    """Any other state is refused with the current revision of the config."""
    with pytest.raises(PreconditionFailed) as refusal:
        precondition.check(current)

    assert "PRECONDITION_FAILED" == refusal.value.code
    assert ({"revision": 3} if current else {}) == refusal.value.details
