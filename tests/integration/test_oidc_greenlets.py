"""Identities in a worker: a crowd of greenlets in one thread, where whoever blocks stops everybody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.identity_provider import CONFIGURATION, JWKS, Provider

_CHECKOUT = Path(__file__).parents[2]


def crowd(provider: Provider, token: str, seconds: float) -> tuple[int, str]:
    """How many turns others had while fifty greenlets sent the token, and what became of those."""
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
    """One flight for all of them."""
    _, outcomes = crowd(provider, provider.token(), 5)

    assert "('ada', 50)" == outcomes
    assert 1 == provider.requests(JWKS)


def test_a_hung_provider_stops_no_greenlet(provider: Provider) -> None:
    """While fifty wait for keys, others have their turns; then the fifty are told, all by one request."""
    provider.hang()
    turns, outcomes = crowd(provider, provider.token(), 0.5)

    assert "('EXTERNAL_SERVICE_ERROR', 50)" == outcomes
    assert turns > 10
    assert 1 == provider.requests(CONFIGURATION)
