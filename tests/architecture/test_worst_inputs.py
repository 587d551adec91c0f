"""Each method of each route is tried with its worst inputs by `benchmarks.holds`."""

from __future__ import annotations

from benchmarks.worst_inputs import WORST

from iotconfig.adapters.http.routes import ROUTES


def test_no_method_is_without_worst_inputs() -> None:
    """A new route needs them, and the benchmark sends none to a route that is gone."""
    assert {(method, route.path) for route in ROUTES for method in route.operations} == set(WORST)
