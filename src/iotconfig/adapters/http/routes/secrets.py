"""The routes of secrets."""

from __future__ import annotations

from typing import Final

from iotconfig.adapters.http.access.rules import Access
from iotconfig.adapters.http.api.configs import CHANGE
from iotconfig.adapters.http.api.secrets import (
    NewValue,
    SecretResource,
    Secrets,
    SecretsResource,
    WrittenSecret,
)
from iotconfig.adapters.http.requests.queries import ChangeQuery, NoQuery
from iotconfig.adapters.http.routing import Answer, Area, Operation, Parameter, Route, json_body
from iotconfig.domain.names import NAME_PATTERN
from iotconfig.domain.secrets.secret import secret_name

_NAME: Final = Parameter(
    "name", "The name of the secret", "wifi-psk", {"type": "string", "pattern": f"^{NAME_PATTERN}$"}
)

AREA: Final = Area(
    "Secrets",
    'Values that a document names as `{"$secret": "wifi-psk"}`. They are encrypted in the database, and no route answers with one.',
    (
        Route(
            "/api/secrets",
            lambda api: SecretsResource(api.use_cases.secrets),
            get=Operation(
                "listSecrets",
                "List all secrets",
                Access.READ,
                details="Sorted by name, each with the devices and the layers that refer to it; without values.",
                query=NoQuery,
                answers={200: Answer("All secrets", Secrets)},
            ),
        ),
        Route(
            "/api/secrets/{name}",
            lambda api: SecretResource(api.use_cases.secrets, api.bodies),
            parameters=(_NAME,),
            check_path=lambda fields: secret_name(fields["name"]),
            put=Operation(
                "setSecret",
                "Set the value of a secret",
                Access.CHANGE,
                details="A value that the secret has already makes no change. It needs `IOTCONFIG_SECRETS_KEY`.",
                query=ChangeQuery,
                body=json_body("The value", NewValue, a_password={"value": "correct horse battery staple"}),
                answers={
                    200: Answer("Another value, or the same", WrittenSecret, (CHANGE,)),
                    201: Answer("A new secret", WrittenSecret, (CHANGE,)),
                },
                refuses=("UNPROCESSABLE", "STORE_FULL"),
            ),
            delete=Operation(
                "removeSecret",
                "Remove a secret",
                Access.CHANGE,
                details="Refused while the content of a device or a layer refers to it; `details` then has the number of `devices`, the "
                "first of them as `sample`, and the names of the `layers`.",
                query=ChangeQuery,
                answers={204: Answer("Removed", None, (CHANGE,))},
                refuses=("RECORD_NOT_FOUND", "UNPROCESSABLE", "STORE_FULL"),
            ),
        ),
    ),
)
