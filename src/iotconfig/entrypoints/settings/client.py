"""The service that commands work on, in place of a database."""

from __future__ import annotations

from attrs import frozen

from iotconfig.adapters.remote.address import ServiceAddress

from . import parsers
from .fields import InvalidSetting, setting


@frozen
class ClientSettings:
    """The service that commands work on, in place of a database."""

    url: ServiceAddress | None = setting(
        "IOTCONFIG_URL",
        ServiceAddress.parse,
        None,
        "The service that commands work on, such as https://iot.example.org. Unset, they work on the database",
    )
    token: str = setting(
        "IOTCONFIG_TOKEN",
        parsers.token,
        "",
        "The API token that commands send to the service",
        secret=True,
    )
    allow_plain_http: bool = setting(
        "IOTCONFIG_ALLOW_PLAIN_HTTP",
        parsers.flag,
        False,
        "Send the token to another machine without encryption",
    )

    author: str = setting(
        "IOTCONFIG_AUTHOR",
        str,
        "",
        "The author of changes by commands, which the history marks as unverified; such as the job of a CI. A service "
        "with authentication takes the token's name instead. Unset, it is the login name, or anonymous on a service without authentication",
    )

    def __attrs_post_init__(self) -> None:
        if self.url is None or not self.token or self.allow_plain_http:
            return
        if not (self.url.is_encrypted or self.url.is_local):
            raise InvalidSetting(
                f"IOTCONFIG_URL: the token would be sent to {self.url} without encryption: use https, "
                "or set IOTCONFIG_ALLOW_PLAIN_HTTP=true in a network that you trust"
            )
