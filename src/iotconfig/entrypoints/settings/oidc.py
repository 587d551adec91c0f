"""Sign-in at an OpenID Connect provider."""

from __future__ import annotations

from attrs import frozen

from iotconfig.adapters.oidc.registration import Registration
from iotconfig.adapters.oidc.roles import RoleNames

from . import parsers
from .fields import InvalidSetting, Variable, default_of, section, setting


@frozen
class OidcSettings:
    """Sign-in at an OpenID Connect provider."""

    enabled: bool = setting(
        "OIDC_ENABLED",
        parsers.flag,
        False,
        "Let people sign in at an OpenID Connect provider, and accept its bearer tokens",
    )
    issuer_url: str = setting(
        "OIDC_ISSUER_URL",
        parsers.issuer_url,
        "",
        "The provider's issuer, such as https://sso.example.org/realms/home. Needed with OIDC_ENABLED",
    )
    client_id: str = setting(
        "OIDC_CLIENT_ID",
        parsers.visible,
        "",
        "The service's client id at the provider. Needed with OIDC_ENABLED",
    )
    client_secret: str = setting(
        "OIDC_CLIENT_SECRET",
        parsers.visible,
        "",
        "The client's secret. Unset, the client is a public one",
        secret=True,
    )
    audience: str = setting(
        "OIDC_AUDIENCE",
        parsers.visible,
        "",
        "The audience that bearer tokens must have. Unset, the client id",
    )
    scopes: str = setting(
        "OIDC_SCOPES",
        parsers.scopes,
        default_of(Registration, "scopes"),
        "The scopes to request when people sign in",
    )
    roles: RoleNames = section(
        RoleNames,
        admin=Variable("OIDC_ADMIN_ROLE", str, "The provider's name of the role that may do everything"),
        asset_uploader=Variable(
            "OIDC_ASSET_ROLE", str, "The provider's name of the role that may only upload assets"
        ),
        viewer=Variable("OIDC_VIEWER_ROLE", str, "The provider's name of the role that may only read"),
        claim=Variable(
            "OIDC_ROLES_CLAIM",
            str,
            "A claim that lists roles, beside Keycloak's: a name such as groups, or a path such as app.roles",
        ),
    )
    ca_file: str = setting(
        "IOTCONFIG_OIDC_CA_FILE",
        parsers.readable_file,
        "",
        "Certificates (PEM) to trust at the provider instead of the system's",
    )

    def __attrs_post_init__(self) -> None:
        needed = {"OIDC_ISSUER_URL": self.issuer_url, "OIDC_CLIENT_ID": self.client_id}
        for variable, value in needed.items():
            if self.enabled and not value:
                raise InvalidSetting(f"{variable}: it is needed with OIDC_ENABLED=true")
