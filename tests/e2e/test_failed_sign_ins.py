"""Failed sign-ins of many devices behind one address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.access.principal import Role
from iotconfig.testing.simultaneous import together
from tests.support.api import expect_problem, new_mac
from tests.support.serving import Serve
from tests.support.tokens import api_token, bearer, device_token

_FEW = 3
_WRONG = "iotc_wrong"


@pytest.fixture
def guarded(start_serve: Callable[..., Serve], sqlite_url: str) -> Serve:
    """One worker behind a proxy, with a limit of a few failures."""
    return start_serve(
        sqlite_url,
        workers=1,
        IOTCONFIG_AUTH="on",
        IOTCONFIG_DEVICE_AUTH="optional",
        IOTCONFIG_SIGN_IN_FAILURES_PER_MINUTE=str(_FEW),
        IOTCONFIG_TRUSTED_PROXIES="127.0.0.0/8",
    )


def test_a_boot_storm_is_not_mistaken_for_an_attack(guarded: Serve) -> None:
    """Hundreds of devices behind one address, with and without tokens, and one with an expired token."""
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
    refused = guarded.client.request("GET", f"/api/configs/{other}.json", headers=bearer(stale))
    expect_problem(refused, 429, "TOO_MANY_REQUESTS")
