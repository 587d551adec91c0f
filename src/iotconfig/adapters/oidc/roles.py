"""The roles in a token's claims. Malformed claims give no role, and no error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from iotconfig.domain.access.principal import Role


@frozen
class RoleNames:
    """The provider's names for our roles, and the claim that lists them."""

    admin: str = "admin"
    asset_uploader: str = "asset-uploader"
    viewer: str = "viewer"
    claim: str | None = None
    """A claim with roles beside Keycloak's two: its name, or a path of names separated by dots."""

    def roles_in(self, claims: Mapping[str, Any], client_id: str) -> frozenset[Role]:
        """Return our roles among those of the realm, of this client, and of `claim`."""
        found = {name for value in self._listed(claims, client_id) for name in _strings(value)}
        ours = {
            Role.ADMIN: self.admin,
            Role.ASSET_UPLOADER: self.asset_uploader,
            Role.VIEWER: self.viewer,
        }
        return frozenset(role for role, name in ours.items() if name in found)

    def _listed(self, claims: Mapping[str, Any], client_id: str) -> Iterator[object]:
        yield _at(claims, "realm_access", "roles")
        yield _at(claims, "resource_access", client_id, "roles")
        if self.claim is not None:
            # Dots may be part of the name: some providers require a URL as name.
            yield claims.get(self.claim)
            yield _at(claims, *self.claim.split("."))


def _at(value: object, *path: str) -> object:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _strings(value: object) -> list[str]:
    """Return a list of strings, a single string as a list, and anything else as an empty list."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return []
