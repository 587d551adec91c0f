"""All sections of the settings as one frozen object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from attrs import frozen

from .access import AccessSettings
from .client import ClientSettings
from .content import ContentSettings
from .database import DatabaseSettings
from .devices import DevicesSettings
from .fields import Declared, declared, read, section
from .mqtt import MqttSettings
from .secrets import SecretsSettings
from .serving import ServingSettings
from .telemetry import TelemetrySettings


@frozen
class Settings:
    """Everything that the environment decides, checked."""

    database: DatabaseSettings = section(DatabaseSettings)
    mqtt: MqttSettings = section(MqttSettings)
    access: AccessSettings = section(AccessSettings)
    content: ContentSettings = section(ContentSettings)
    secrets: SecretsSettings = section(SecretsSettings)
    devices: DevicesSettings = section(DevicesSettings)
    serving: ServingSettings = section(ServingSettings)
    telemetry: TelemetrySettings = section(TelemetrySettings)
    client: ClientSettings = section(ClientSettings)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables that are set; an empty one counts as unset.

        The value of a secret may be in a file, whose path is in the variable with the suffix `_FILE`.

        Raises `InvalidSetting`, whose message names the variable and the rule,
        and never has the value of a secret.
        """
        return read(cls, environ)

    @classmethod
    def variables(cls) -> Iterator[Declared]:
        """All environment variables, section by section."""
        return declared(cls)


def secret_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that hold values of secrets."""
    names = (f"{each.variable.name}_FILE" for each in Settings.variables() if each.variable.secret)
    return [Path(environ[name]) for name in names if environ.get(name)]
