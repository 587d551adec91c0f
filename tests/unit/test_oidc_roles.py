"""Roles in tokens: the claims that are read, configured names, and malformed values."""

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
    """Roles in both of Keycloak's claims count."""
    assert {role} == found({"realm_access": {"roles": ["x", name]}})
    assert {role} == found({"resource_access": {"iotconfig": {"roles": [name, "y"]}}})


def test_roles_of_several_claims_add_up() -> None:
    """The roles of all claims are united."""
    claims = {
        "realm_access": {"roles": ["viewer"]},
        "resource_access": {"iotconfig": {"roles": ["asset-uploader"]}},
        "groups": ["admin"],
    }

    assert frozenset(Role) == found(claims, claim="groups")


def test_roles_of_other_clients_do_not_count() -> None:
    """An administrator of another client has no role here."""
    assert NONE == found({"resource_access": {"account": {"roles": ["admin"]}}})
    assert NONE == found({"resource_access": {"roles": ["admin"]}})


def test_configured_names_of_roles() -> None:
    """A renamed role has only its new name; one name may give several roles."""
    claims = {"realm_access": {"roles": ["ops"]}}

    assert ADMIN == found(claims, admin="ops")
    assert NONE == found({"realm_access": {"roles": ["admin"]}}, admin="ops")
    assert {Role.ADMIN, Role.VIEWER} == found(claims, admin="ops", viewer="ops")


@pytest.mark.parametrize(
    "name", ["Admin", "ADMIN", " admin", "admin ", "adm", "admin,viewer", "\uff41dmin", ""]
)
def test_names_of_roles_are_compared_exactly(name: str) -> None:
    """Differences in case or spacing make another name."""
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
def test_a_configured_claim(claim: str, claims: dict[str, Any]) -> None:
    """It is a name, or a path of names, of a list of strings or of one string."""
    assert ADMIN == found(claims, claim=claim)
    assert claim.startswith("resource") or NONE == found(claims)


MALFORMED: list[Any] = [
    None, True, 5, "", [], {}, [5], ["admin", 5], [["admin"]], [None], {"admin": True}, {"roles": ["admin"]},
    "admin viewer",
]  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_a_malformed_list_gives_no_role(value: Any) -> None:
    """A list with an item that is not a string gives no role at all."""
    places = [
        {"realm_access": {"roles": value}},
        {"resource_access": {"iotconfig": {"roles": value}}},
        {"groups": value},
        {"app": {"roles": value}},
    ]

    for claims in places:
        assert NONE == found(claims, claim="groups") == found(claims, claim="app.roles")


@pytest.mark.parametrize("value", [value for value in MALFORMED if value != {"roles": ["admin"]}], ids=str)
def test_claims_that_are_not_objects(value: Any) -> None:
    """If a claim on the path is not an object, it gives no role."""
    places = [{"realm_access": value}, {"resource_access": value}, {"resource_access": {"iotconfig": value}}]

    for claims in places:
        assert NONE == found(claims, claim="app.roles")


@pytest.mark.parametrize("claim", [".", "..", "a..b", ".groups", "groups."])
def test_paths_without_a_claim(claim: str) -> None:
    """A path without a matching claim gives no role and raises no error."""
    assert NONE == found({"groups": ["admin"], "a": {"b": ["admin"]}}, claim=claim)


NAMES = st.sampled_from(["realm_access", "resource_access", "iotconfig", "roles", "a", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["admin", "viewer", "x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(claims=st.dictionaries(st.sampled_from(["realm_access", "resource_access", "a", "a.roles"]), JSON))
def test_any_claims_give_a_set_of_roles(claims: dict[str, Any]) -> None:
    """Arbitrary claims give a set of roles, and raise no error."""
    assert found(claims, claim="a.roles") <= frozenset(Role)
