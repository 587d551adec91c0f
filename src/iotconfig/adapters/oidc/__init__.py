"""Sign-in and tokens of an OpenID Connect provider (Authlib, joserfc)."""

from .provider import OidcIdentityProvider
from .registration import Registration
from .roles import RoleNames

__all__ = ["OidcIdentityProvider", "Registration", "RoleNames"]
