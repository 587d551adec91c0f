"""Failed sign-ins are slowed down for their source, and nobody else is kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.crowd import together
from tests.support.http import Answer
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer, device_token

_FEW = 3
_WRONG = "iotc_wrong"


@pytest.fixture
def guarded(start_serve: Callable[..., Serve], database_url: str) -> Serve:
    """One worker, behind a proxy, that has patience for a few failures."""
    return start_serve(
        database_url,
        workers=1,
        IOTCONFIG_AUTH="on",
        IOTCONFIG_DEVICE_AUTH="optional",
        IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE=str(_FEW),
        IOTCONFIG_TRUSTED_PROXIES="127.0.0.0/8",
    )


def _fail(serve: Serve, source: str, token: str = _WRONG) -> Answer:
    return serve.client.request("GET", "/api/configs", headers={**bearer(token), "X-Forwarded-For": source})


def test_a_source_that_fails_too_often_is_told_to_wait(guarded: Serve) -> None:
    """429 with `Retry-After`, for this source alone."""
    assert [401] * _FEW == [_fail(guarded, "192.0.2.1").status for _ in range(_FEW)]

    limited = _fail(guarded, "192.0.2.1")
    problem = expect_problem(limited, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert problem["details"] == {"retry_after": int(limited.headers["retry-after"])}
    assert 401 == _fail(guarded, "192.0.2.2").status


def test_an_address_that_the_client_made_up_helps_nobody(guarded: Serve) -> None:
    """What stands before the proxy's own word is not believed."""
    statuses = [_fail(guarded, f"203.0.113.{n}, 192.0.2.7").status for n in range(_FEW + 1)]

    assert [401] * _FEW + [429] == statuses


def test_who_signs_in_well_is_never_kept_out(guarded: Serve) -> None:
    """Neither by their own mistakes nor by those of others behind the same router."""
    good = api_token(guarded.database_url, Role.VIEWER)
    for _ in range(_FEW + 2):
        _fail(guarded, "192.0.2.1")

    assert 200 == _fail(guarded, "192.0.2.1", good).status
    assert 429 == _fail(guarded, "192.0.2.1").status


def test_asking_without_credentials_is_no_failure(guarded: Serve) -> None:
    """A browser does so before every sign-in."""
    assert {401} == {guarded.client.get("/api/configs").status for _ in range(_FEW + 5)}


def test_a_boot_storm_is_not_mistaken_for_an_attack(guarded: Serve) -> None:
    """Hundreds of devices behind one address, with tokens and without, and one with a token of yesterday."""
    mac, other = new_mac(), new_mac()
    admin = api_token(guarded.database_url, Role.ADMIN)
    for each in (mac, other):
        guarded.client.send_json(
            "POST", "/api/configs", {"mac_address": each, "content": {"a": 1}}, **bearer(admin)
        )
    good, stale = device_token(guarded.database_url, mac), device_token(guarded.database_url, other)
    device_token(guarded.database_url, other)

    def boot(number: int) -> int:
        of = other if number % 10 == 0 else mac
        headers = {0: bearer(stale), 1: bearer(good), 2: {}}[0 if number % 10 == 0 else 1 + number % 2]
        return guarded.client.request("GET", f"/api/configs/{of}.json", headers=headers).status

    statuses = together(40, lambda number: [boot(number) for _ in range(10)])

    assert {200} == {status for number, each in enumerate(statuses) if number % 10 for status in each}
    assert {401, 429} == {
        status for number, each in enumerate(statuses) if number % 10 == 0 for status in each
    }
