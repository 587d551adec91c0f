"""Secrets, over HTTP. Their values go to the service, and never come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from iotconfig.domain.change_notes import UNSIGNED, ChangeNote
from iotconfig.domain.secrets.secret import secret_name
from iotconfig.domain.secrets.use_cases import ListedSecret, SecretWritten

from .answers import RemoteUseCases
from .bodies import body_of, signed
from .connection import Request

_SECRETS: Final = "/api/secrets"
_CHANGE: Final = "iotconfig-change"


@frozen
class _Secrets:
    secrets: Sequence[ListedSecret]


@frozen
class RemoteSecrets(RemoteUseCases):
    """`SecretUseCases` of a service."""

    def all(self) -> Sequence[ListedSecret]:
        return self.entity(Request("GET", _SECRETS), _Secrets).secrets

    def set(self, name: str, value: str, note: ChangeNote = UNSIGNED) -> SecretWritten:
        path = f"{_SECRETS}/{secret_name(name)}"
        request = Request("PUT", path, headers=signed(note), body=body_of(note, value=value))
        return self.entity(request, SecretWritten)

    def remove(self, name: str, note: ChangeNote = UNSIGNED) -> str:
        path = f"{_SECRETS}/{secret_name(name)}"
        request = Request("DELETE", path, {"message": note.message}, signed(note))
        answer = self.service.ask(request)
        with self.reading(request):
            return self.checked_change(answer.header(_CHANGE))
