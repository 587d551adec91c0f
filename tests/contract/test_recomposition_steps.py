"""The steps of recompositions: the shipped suite, over every adapter."""

from __future__ import annotations

from iotconfig.testing import RecompositionStepsContract


class TestRecompositionSteps(RecompositionStepsContract):
    """Over each kind of store."""
