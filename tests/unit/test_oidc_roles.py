"""Roles in tokens: where they are looked for, what they are called, and what is no role at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconfig.adapters.oidc.roles import RoleNames
from iotconfig.domain.access.principal import Role

ADMIN = frozenset({Role.ADMIN})
NONE: frozenset[Role] = frozenset()
URL = "https://example.org/roles"


def found(claims: dict[str, Any], **names: Any) -> frozenset[Role]:
    return RoleNames(**names).roles_in(claims, "iotconfig")


@pytest.mark.parametrize(
    ("name", "role"),
    [("admin", Role.ADMIN), ("asset-uploader", Role.ASSET_UPLOADER), ("viewer", Role.VIEWER)],
)
def test_roles_of_the_realm_and_of_the_client(name: str, role: Role) -> None:
    """Keycloak has two places for roles; both count."""
    assert {role} == found({"realm_access": {"roles": ["x", name]}})
    assert {role} == found({"resource_access": {"iotconfig": {"roles": [name, "y"]}}})


def test_roles_of_several_places_add_up() -> None:
    """What one place gives the others do not take away."""
    claims = {
        "realm_access": {"roles": ["viewer"]},
        "resource_access": {"iotconfig": {"roles": ["asset-uploader"]}},
        "groups": ["admin"],
    }

    assert frozenset(Role) == found(claims, claim="groups")


def test_roles_of_other_clients_are_not_ours() -> None:
    """Who administers something else administers nothing here."""
    assert NONE == found({"resource_access": {"account": {"roles": ["admin"]}}})
    assert NONE == found({"resource_access": {"roles": ["admin"]}})


def test_names_are_the_operators() -> None:
    """A renamed role has its new name only; one name may give several roles."""
    claims = {"realm_access": {"roles": ["ops"]}}

    assert ADMIN == found(claims, admin="ops")
    assert NONE == found({"realm_access": {"roles": ["admin"]}}, admin="ops")
    assert {Role.ADMIN, Role.VIEWER} == found(claims, admin="ops", viewer="ops")


@pytest.mark.parametrize(
    "name", ["Admin", "ADMIN", " admin", "admin ", "adm", "admin,viewer", "\uff41dmin", ""]
)
def test_a_name_that_is_almost_right(name: str) -> None:
    """Roles are compared to the letter."""
    assert NONE == found({"realm_access": {"roles": [name]}})


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("groups", {"groups": ["admin"]}),
        ("groups", {"groups": "admin"}),
        ("app.roles", {"app": {"roles": ["admin"]}}),
        ("app.iot.roles", {"app": {"iot": {"roles": "admin"}}}),
        (URL, {URL: ["admin"]}),
        ("resource_access.api.roles", {"resource_access": {"api": {"roles": ["admin"]}}}),
    ],
)
def test_a_claim_of_the_operators_choice(claim: str, claims: dict[str, Any]) -> None:
    """A name, or a path of names; a list of strings, or one string."""
    assert ADMIN == found(claims, claim=claim)
    assert claim.startswith("resource") or NONE == found(claims)


MALFORMED: list[Any] = [
    None, True, 5, "", [], {}, [5], ["admin", 5], [["admin"]], [None], {"admin": True}, {"roles": ["admin"]},
    "admin viewer",
]  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_what_is_malformed_gives_no_role(value: Any) -> None:
    """A list that is not one of strings gives nothing, not even what it has of them."""
    places = [
        {"realm_access": {"roles": value}},
        {"resource_access": {"iotconfig": {"roles": value}}},
        {"groups": value},
        {"app": {"roles": value}},
    ]

    for claims in places:
        assert NONE == found(claims, claim="groups") == found(claims, claim="app.roles")


@pytest.mark.parametrize("value", [value for value in MALFORMED if value != {"roles": ["admin"]}], ids=str)
def test_places_that_are_none(value: Any) -> None:
    """Where there is no object there are no roles in it."""
    places = [{"realm_access": value}, {"resource_access": value}, {"resource_access": {"iotconfig": value}}]

    for claims in places:
        assert NONE == found(claims, claim="app.roles")


@pytest.mark.parametrize("claim", [".", "..", "a..b", ".groups", "groups."])
def test_paths_that_lead_nowhere(claim: str) -> None:
    """A strange path finds nothing, and breaks nothing."""
    assert NONE == found({"groups": ["admin"], "a": {"b": ["admin"]}}, claim=claim)


NAMES = st.sampled_from(["realm_access", "resource_access", "iotconfig", "roles", "a", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["admin", "viewer", "x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(claims=st.dictionaries(st.sampled_from(["realm_access", "resource_access", "a", "a.roles"]), JSON))
def test_no_claims_break_it(claims: dict[str, Any]) -> None:
    """Whatever a token says, the answer is a set of roles."""
    assert found(claims, claim="a.roles") <= frozenset(Role)
