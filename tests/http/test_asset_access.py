"""Uploads with authentication: both role and signature are required."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iotconfig.domain.access.principal import Role
from tests.support.api import expect_problem
from tests.support.depot import LocalDepot, new_name
from tests.support.in_process import StartDepot
from tests.support.signing import signing_key, timestamp
from tests.support.tokens import api_token, bearer


@pytest.fixture
def guarded_depot(start_depot: StartDepot) -> Iterator[LocalDepot]:
    """The API with assets and authentication."""
    with start_depot(IOTCONFIG_AUTH="on") as depot:
        yield depot


def token(depot: LocalDepot, role: Role) -> dict[str, str]:
    """The header with a new token of this role."""
    return bearer(api_token(depot.database_url, role))


@pytest.mark.parametrize("role", [Role.ASSET_UPLOADER, Role.ADMIN])
@pytest.mark.parametrize("strong", [False, True], ids=["plain", "strong"])
def test_role_and_signature_are_accepted(guarded_depot: LocalDepot, role: Role, strong: bool) -> None:
    """This holds for both forms of signature; the stored asset is public."""
    name = new_name()
    fields = guarded_depot.fields(name, b"firmware", strong=strong)

    assert 201 == guarded_depot.send(fields, token(guarded_depot, role)).status
    assert b"firmware" == guarded_depot.client.get(f"/api/assets/{name}").body


def test_the_uploader_is_the_caller(guarded_depot: LocalDepot) -> None:
    """Whatever else the request claims."""
    ci = bearer(api_token(guarded_depot.database_url, Role.ASSET_UPLOADER, "ci"))
    answer = guarded_depot.send(
        guarded_depot.fields(new_name(), b"firmware"), {**ci, "Iotconfig-Author": "anna"}
    )

    assert "ci" == answer.json()["uploaded_by"]


@pytest.mark.parametrize("strong", [False, True], ids=["plain", "strong"])
def test_a_signature_without_the_role_is_refused(guarded_depot: LocalDepot, strong: bool) -> None:
    """401 without credentials, 403 for a viewer; neither uses up the signature."""
    name = new_name()
    fields = guarded_depot.fields(name, b"firmware", strong=strong)
    expect_problem(guarded_depot.send(fields), 401, "AUTHENTICATION_REQUIRED")
    expect_problem(guarded_depot.send(fields, bearer("iotc_wrong")), 401, "AUTHENTICATION_REQUIRED")
    refused = guarded_depot.send(fields, token(guarded_depot, Role.VIEWER))

    assert "it requires the role" in expect_problem(refused, 403, "AUTHORIZATION_FAILED")["error"]
    assert name not in guarded_depot.on_disk()
    assert 201 == guarded_depot.send(fields, token(guarded_depot, Role.ASSET_UPLOADER)).status


@pytest.mark.parametrize("role", [Role.ASSET_UPLOADER, Role.ADMIN])
def test_the_role_without_a_good_signature_is_refused(guarded_depot: LocalDepot, role: Role) -> None:
    """A signature of another key or another time gets 403, for administrators too."""
    name, now = new_name(), timestamp()
    headers = token(guarded_depot, role)
    for signature in (signing_key("another owner").sign(now), guarded_depot.key.sign(timestamp())):
        fields = guarded_depot.fields(name, b"firmware", time=now, signature=signature)
        refused = guarded_depot.send(fields, headers)
        assert "signature" in expect_problem(refused, 403, "AUTHORIZATION_FAILED")["error"]

    assert name not in guarded_depot.on_disk()
