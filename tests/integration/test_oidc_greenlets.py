"""Identities in a worker: many greenlets in one thread, which no call may block."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.identity_provider import CONFIGURATION, JWKS, Provider

_CHECKOUT = Path(__file__).parents[2]


def crowd(provider: Provider, token: str, seconds: float) -> tuple[int, str]:
    """The number of turns of other greenlets while fifty verify the token, and the results of those."""
    module = "tests.support.patched_identity"
    ended = subprocess.run(
        [sys.executable, "-m", module, provider.issuer, provider.client_id, token, str(seconds)],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    turns, outcomes = ended.stdout.splitlines()
    return int(turns), outcomes


def test_a_crowd_of_greenlets_fetches_keys_once(provider: Provider) -> None:
    """All of them wait for one fetch."""
    _, outcomes = crowd(provider, provider.token(), 5)

    assert "('ada', 50)" == outcomes
    assert 1 == provider.requests(JWKS)


def test_a_hung_provider_stops_no_greenlet(provider: Provider) -> None:
    """While fifty wait for keys, other greenlets run; then all fifty fail with one request."""
    provider.hang()
    turns, outcomes = crowd(provider, provider.token(), 0.5)

    assert "('EXTERNAL_SERVICE_ERROR', 50)" == outcomes
    assert turns > 10
    assert 1 == provider.requests(CONFIGURATION)
