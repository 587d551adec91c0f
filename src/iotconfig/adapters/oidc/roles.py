"""Which of our roles a token's claims give. What is malformed gives none, and never an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from iotconfig.domain.access.principal import Role


@frozen
class RoleNames:
    """What the provider calls our roles, and where else it may list them."""

    admin: str = "admin"
    asset_uploader: str = "asset-uploader"
    viewer: str = "viewer"
    claim: str | None = None
    """A claim that lists roles beside Keycloak's two: its name, or a path of names with dots between them."""

    def roles_in(self, claims: Mapping[str, Any], client_id: str) -> frozenset[Role]:
        """Our roles among those of the realm, of this client, and of `claim`."""
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
            # A name may hold dots itself: some providers want a URL for it.
            yield claims.get(self.claim)
            yield _at(claims, *self.claim.split("."))


def _at(value: object, *path: str) -> object:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _strings(value: object) -> list[str]:
    """The strings of a list of strings, or one string by itself."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return []
