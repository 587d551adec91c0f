"""Device tokens: their access in each mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem, new_mac
from tests.support.command_line import CommandLine
from tests.support.http import Answer
from tests.support.in_process import Service, service_on
from tests.support.tokens import api_token, bearer, device_token


class _Fleet:
    """A service in one mode, with two devices."""

    def __init__(self, serve: Service) -> None:
        self.serve = serve
        self.admin = bearer(api_token(serve.database_url, Role.ADMIN))
        self.mac, self.other = new_mac(), new_mac()
        for mac in (self.mac, self.other):
            body = {"mac_address": mac, "content": {"of": mac}}
            assert 201 == serve.client.send_json("POST", "/api/configs", body, **self.admin).status
        self.token = device_token(serve.database_url, self.mac)

    def fetch(self, mac: str, token: str | None = None) -> Answer:
        headers = {} if token is None else bearer(token)
        return self.serve.client.request("GET", f"/api/configs/{mac}.json", headers=headers)


@pytest.fixture
def fleet_in(start_service: Callable[..., Service]) -> Callable[[str], _Fleet]:
    """A service whose devices may, or must, send tokens."""

    def start(mode: str) -> _Fleet:
        return _Fleet(start_service(IOTCONFIG_AUTH="on", IOTCONFIG_DEVICE_AUTH=mode))

    return start


def test_off(fleet_in: Callable[[str], _Fleet]) -> None:
    """Every fetch is answered, and tokens are ignored."""
    fleet = fleet_in("off")

    assert [200, 200, 200] == [
        fleet.fetch(fleet.mac, token).status for token in (None, fleet.token, "iotd_wrong")
    ]
    assert 200 == fleet.fetch(fleet.other, fleet.token).status


def test_optional(fleet_in: Callable[[str], _Fleet]) -> None:
    """A token must be valid, and opens only its device's document; other credentials are ignored."""
    fleet = fleet_in("optional")

    assert 200 == fleet.fetch(fleet.mac).status
    assert 200 == fleet.fetch(fleet.mac, "some other program's token").status
    assert 200 == fleet.fetch(fleet.mac, fleet.token).status
    expect_problem(fleet.fetch(fleet.other, fleet.token), 403, "AUTHORIZATION_FAILED")
    expect_problem(fleet.fetch(fleet.mac, "iotd_wrong"), 401, "AUTHENTICATION_REQUIRED")


def test_required(fleet_in: Callable[[str], _Fleet]) -> None:
    """Each token opens its device's document; operators who may read may fetch all documents."""
    fleet = fleet_in("required")

    answer = fleet.fetch(fleet.mac, fleet.token)
    assert f'{{"of": "{fleet.mac}"}}'.encode() == answer.body
    dashed = fleet.mac.replace(":", "-").upper()
    assert 200 == fleet.fetch(dashed, fleet.token).status
    assert (
        304
        == fleet.serve.client.request(
            "GET",
            f"/api/configs/{fleet.mac}.json",
            headers={**bearer(fleet.token), "If-None-Match": answer.headers["etag"]},
        ).status
    )
    expect_problem(fleet.fetch(fleet.other, fleet.token), 403, "AUTHORIZATION_FAILED")
    problem = expect_problem(fleet.fetch(fleet.mac), 401, "AUTHENTICATION_REQUIRED")
    assert "iotd_" in problem["error"]
    expect_problem(fleet.fetch(fleet.mac, "iotd_wrong"), 401, "AUTHENTICATION_REQUIRED")
    expect_problem(fleet.fetch("nonsense", fleet.token), 400, "INVALID_OPERATION")
    # Without a token, the answers do not show which devices exist.
    expect_problem(fleet.fetch(new_mac()), 401, "AUTHENTICATION_REQUIRED")

    url = fleet.serve.database_url
    of = {role: api_token(url, role) for role in Role}
    assert [200, 200, 403] == [
        fleet.fetch(fleet.mac, of[role]).status for role in (Role.ADMIN, Role.VIEWER, Role.ASSET_UPLOADER)
    ]
    assert 200 == fleet.serve.client.get("/api/health").status


def test_a_device_token_is_not_an_operators_token(fleet_in: Callable[[str], _Fleet]) -> None:
    """It opens no other route in any mode."""
    fleet = fleet_in("required")

    answer = fleet.serve.client.request("GET", "/api/configs", headers=bearer(fleet.token))

    expect_problem(answer, 401, "AUTHENTICATION_REQUIRED")


def test_required_without_authentication_of_operators(start_service: Callable[..., Service]) -> None:
    """The settings are independent: operators need no token, devices do."""
    serve = start_service(IOTCONFIG_DEVICE_AUTH="required")
    mac = new_mac()
    assert 201 == serve.client.send_json("POST", "/api/configs", {"mac_address": mac, "content": {}}).status

    expect_problem(serve.client.get(f"/api/configs/{mac}.json"), 401, "AUTHENTICATION_REQUIRED")
    headers = bearer(device_token(serve.database_url, mac))
    assert 200 == serve.client.request("GET", f"/api/configs/{mac}.json", headers=headers).status


def test_tokens_for_all_devices(sqlite_url: str) -> None:
    """Each device with a config gets one if it has none; a replaced or revoked one is refused."""
    command = CommandLine({"DATABASE_URL": sqlite_url})
    command.ok("load-test-data")
    first = command.ok("device-token", "create", "02:00:00:00:00:02")
    rest = command.ok("device-token", "create", "--all")
    lines = sorted((first.text + rest.text).splitlines())
    assert [f"02:00:00:00:00:0{n}" for n in range(1, 6)] == [line.split()[0] for line in lines]
    assert "4 created, 1 had one" in rest.errors

    with service_on(sqlite_url, IOTCONFIG_DEVICE_AUTH="required") as service:

        def statuses() -> list[int]:
            return [
                service.client.request("GET", f"/api/configs/{mac}.json", headers=bearer(token)).status
                for mac, token in (line.split() for line in lines)
            ]

        assert [200] * 5 == statuses()
        again = command.run("device-token", "create", "02-00-00-00-00-01")
        assert 0 != again.status
        assert "--replace" in again.errors
        command.ok("device-token", "create", "--replace", "02-00-00-00-00-01")
        command.ok("device-token", "revoke", "020000000003")
        assert [401, 200, 401, 200, 200] == statuses()
