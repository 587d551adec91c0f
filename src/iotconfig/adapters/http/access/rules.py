"""Who may call what: one rule for each route. A route without a rule is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import frozen

from iotconfig.domain.access.principal import Role


class Access(Enum):
    """The callers that a method of a route is open to."""

    PUBLIC = "everyone"
    DEVICE = "devices"
    """Everyone, unless device tokens are required."""
    READ = "viewers"
    CHANGE = "administrators"
    UPLOAD = "uploaders of assets"
    CLOSED = "nobody"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that give access. Empty for routes that need no role, and for closed routes."""
        return _ROLES.get(self, frozenset())


_ROLES: Final = {
    Access.READ: frozenset({Role.ADMIN, Role.VIEWER}),
    Access.CHANGE: frozenset({Role.ADMIN}),
    Access.UPLOAD: frozenset({Role.ADMIN, Role.ASSET_UPLOADER}),
}


@frozen
class Rule:
    """Who may call the methods of a route."""

    access: Mapping[str, Access]
    """By method; a method that is missing does not exist. OPTIONS only lists methods and is public."""
    check_path: Callable[[Mapping[str, str]], object]
    """Raises if the path's parameters are malformed. It is called before the method is checked."""
    calls_out: bool = False
    """Whether its GET makes the service send requests to other servers: pages of other sites may not make it."""

    @property
    def methods(self) -> Sequence[str]:
        """The methods of the route, as `Allow` lists them."""
        return sorted(self.access)
