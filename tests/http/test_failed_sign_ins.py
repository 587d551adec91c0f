"""Failed sign-ins are throttled for their source only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem
from tests.support.http import Answer
from tests.support.in_process import Service, Starter
from tests.support.tokens import api_token, bearer

_FEW = 3
_WRONG = "iotc_wrong"


@pytest.fixture
def guarded(on_sqlite: Starter) -> Iterator[Service]:
    """The API behind a proxy, with a limit of a few failures."""
    with on_sqlite(
        IOTCONFIG_AUTH="on",
        IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE=str(_FEW),
        IOTCONFIG_TRUSTED_PROXIES="127.0.0.0/8",
    ) as service:
        yield service


def _fail(serve: Service, source: str, token: str = _WRONG) -> Answer:
    return serve.client.request("GET", "/api/configs", headers={**bearer(token), "X-Forwarded-For": source})


def test_a_source_with_too_many_failures_gets_429(guarded: Service) -> None:
    """The answer has `Retry-After`; other sources are not affected."""
    assert [401] * _FEW == [_fail(guarded, "192.0.2.1").status for _ in range(_FEW)]

    limited = _fail(guarded, "192.0.2.1")
    problem = expect_problem(limited, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert problem["details"] == {"retry_after": int(limited.headers["retry-after"])}
    assert 401 == _fail(guarded, "192.0.2.2").status


def test_a_forged_source_address_is_ignored(guarded: Service) -> None:
    """Only the entry of the proxy itself is trusted."""
    statuses = [_fail(guarded, f"203.0.113.{n}, 192.0.2.7").status for n in range(_FEW + 1)]

    assert [401] * _FEW + [429] == statuses


def test_valid_credentials_are_never_throttled(guarded: Service) -> None:
    """Neither own failures nor those of others behind the same router matter."""
    good = api_token(guarded.database_url, Role.VIEWER)
    for _ in range(_FEW + 2):
        _fail(guarded, "192.0.2.1")

    assert 200 == _fail(guarded, "192.0.2.1", good).status
    assert 429 == _fail(guarded, "192.0.2.1").status


def test_a_request_without_credentials_is_not_a_failure(guarded: Service) -> None:
    """A browser sends one before every sign-in."""
    assert {401} == {guarded.client.get("/api/configs").status for _ in range(_FEW + 5)}
