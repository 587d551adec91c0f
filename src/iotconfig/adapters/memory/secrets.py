"""Secrets over one state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice

from attrs import evolve, frozen

from iotconfig.domain.change_notes import ChangeNote, Operation
from iotconfig.domain.configs.change_log import logged_secret
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.ports import ReferringContent, SealedText
from iotconfig.domain.secrets.references import MARK
from iotconfig.domain.secrets.sealing import is_sealed
from iotconfig.domain.secrets.secret import Secret

from .state import State


@frozen
class MemorySecretRepository:
    """`SecretRepository` over one state; the store's lock holds all secrets at once."""

    _state: State
    _change_id: str

    def find(self, names: Collection[str]) -> Sequence[Secret]:
        return [secret for secret in self.all() if secret.name in names]

    def all(self) -> Sequence[Secret]:
        return [secret for _, secret in sorted(self._state.secrets.items())]

    def referring(self, name: str | None, after: MacAddress | None, limit: int) -> Sequence[ReferringContent]:
        word = MARK if name is None else f'"{name}"'
        configs = sorted(self._state.configs.values(), key=lambda config: config.mac_address)
        found = (
            ReferringContent(config.mac_address, config.content.text)
            for config in configs
            if (after is None or config.mac_address > after)
            and MARK in config.content.text
            and word in config.content.text
        )
        return list(islice(found, limit))

    def etag_key(self) -> bytes:
        return self._state.etag_key

    def set(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        self._state.secrets[secret.name] = secret
        return self._log(secret, Operation.CREATE if secret.revision == 1 else Operation.UPDATE, note, now)

    def remove(self, secret: Secret, note: ChangeNote, now: datetime) -> str:
        del self._state.secrets[secret.name]
        return self._log(secret, Operation.DELETE, note, now)

    def reencrypt(self, secret: Secret) -> None:
        self._state.secrets[secret.name] = secret

    def sealed(self, after: MacAddress | None, limit: int) -> Sequence[SealedText]:
        found = (
            SealedText(mac_address, document.body.decode())
            for mac_address, document in sorted(self._state.documents.items())
            if is_sealed(document) and (after is None or mac_address > after)
        )
        return list(islice(found, limit))

    def reseal(self, documents: Sequence[tuple[SealedText, str]]) -> None:
        stored = self._state.documents
        for old, other in documents:
            document = stored.get(old.mac_address)
            if document is not None and document.body == old.text.encode():
                stored[old.mac_address] = evolve(document, body=other.encode())

    def _log(self, secret: Secret, operation: Operation, note: ChangeNote, now: datetime) -> str:
        log = self._state.log
        log.append(logged_secret(secret, operation, self._change_id, note, now, log))
        self._state.layer_generation += 1
        return self._change_id
