"""The use cases of secrets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from attrs import evolve, frozen

from iotconfig.domain.change_notes import UNSIGNED, ChangeNote, check_note
from iotconfig.domain.clock import Clock
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import RecordNotFound, SecretsLocked, Unprocessable
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.ports import SecretReader
from iotconfig.domain.secrets.sealing import resealed
from iotconfig.domain.secrets.secret import MAX_SECRETS, Secret, checked_value, secret_name
from iotconfig.domain.secrets.use_cases import UNUSED, ListedSecret, SecretUse, SecretWritten

from .secret_serving import serve_value
from .secret_uses import use_of, uses_of_secrets

_RESEALED_AT_ONCE: Final = 100
"""Documents that one transaction encrypts anew."""
_NAMED: Final = 3
"""Devices and layers that an error names."""


def _never_yield() -> None:
    """Do not yield: no other request shares the thread."""


@frozen
class SecretService:
    """Sets and removes secrets. No use case returns a value.

    All methods may raise `StoreUnavailable` and `ServiceClosed`, those that write `StoreFull` too.
    """

    store: Store
    clock: Clock
    yield_turn: Callable[[], None] = _never_yield
    """Yields to other requests in the same thread."""

    def all(self) -> Sequence[ListedSecret]:
        """Return all secrets, sorted by name, with their uses and without their values. Needs no key."""
        with self.store.reading() as view:
            found = view.secrets.all()
            uses = uses_of_secrets(view.secrets, view.layers.all(), self.yield_turn) if found else {}
        return [
            ListedSecret(
                secret.name,
                secret.revision,
                secret.created_at,
                secret.updated_at,
                uses.get(secret.name, UNUSED),
            )
            for secret in found
        ]

    def set(self, name: str, value: str, note: ChangeNote = UNSIGNED) -> SecretWritten:
        """Set the value of a secret, which may be new, and serve the documents that it changes. The same value makes no change.

        name: up to 63 of a-z, 0-9 and -, beginning with a letter or a digit.
        value: text of 1 to 4,096 bytes of UTF-8.

        Raises `ValidationFailed` for another name or value, and `Unprocessable` where no key is set, or there are
        1,000 secrets already; `Unprocessable`, with the list, where the document of a device would break a rule, and
        `SecretsLocked` where a value that it needs, too, cannot be decrypted: nothing was stored then.
        """
        name, value = secret_name(name), checked_value(value)
        check_note(note)
        ciphertext = self.store.composers.cipher.encrypt(value)
        with self.store.writing() as work:
            work.layers.lock()
            secrets = work.secrets
            old = next(iter(secrets.find([name])), None)
            if old is not None and self._has(old, value):
                return SecretWritten(name, old.revision, None)
            if old is None:
                _check_number(secrets)
            now = self.clock()
            new = (
                Secret(name, ciphertext, 1, now, now)
                if old is None
                else evolve(old, ciphertext=ciphertext, revision=old.revision + 1, updated_at=now)
            )
            change = secrets.set(new, note, now)
            return SecretWritten(name, new.revision, change, serve_value(work, name, change, note, now))

    def remove(self, name: str, note: ChangeNote = UNSIGNED) -> str:
        """Remove a secret that nothing refers to; return the id of the change. Needs no key.

        Raises `RecordNotFound`, and `Unprocessable` where contents of devices or layers refer to it: `details` has the
        number of `devices`, the MAC addresses of the first of them as `sample`, and the names of the `layers`.
        """
        name = secret_name(name)
        check_note(note)
        with self.store.writing() as work:
            work.layers.lock()
            secrets = work.secrets
            old = next(iter(secrets.find([name])), None)
            if old is None:
                raise RecordNotFound(name, what="Secret")
            if (use := use_of(secrets, work.layers.all(), name)) != UNUSED:
                raise _in_use(name, use)
            return secrets.remove(old, note, self.clock())

    def reencrypt(self) -> int:
        """Encrypt every value, and every document that has one, with the first of the keys; return the number of secrets.

        No revision and no ETag changes, and nothing is announced. Afterwards the other keys are not needed any more.

        Raises `SecretsLocked` where something cannot be decrypted; what was done until then stays. Begin again.
        """
        cipher = self.store.composers.cipher
        with self.store.writing() as work:
            work.layers.lock()
            found = work.secrets.all()
            for secret in found:
                value = cipher.decrypt(secret.ciphertext)
                work.secrets.reencrypt(evolve(secret, ciphertext=cipher.encrypt(value)))
        after: MacAddress | None = None
        while True:
            with self.store.writing() as work:
                page = work.secrets.sealed(after, _RESEALED_AT_ONCE)
                work.secrets.reseal([(each, resealed(each.text, cipher)) for each in page])
            if len(page) < _RESEALED_AT_ONCE:
                return len(found)
            after = page[-1].mac_address

    def _has(self, secret: Secret, value: str) -> bool:
        try:
            return self.store.composers.cipher.decrypt(secret.ciphertext) == value
        except SecretsLocked:
            # A lost key: the new value takes the place of one that nobody can read.
            return False


def _check_number(secrets: SecretReader) -> None:
    if len(secrets.all()) >= MAX_SECRETS:
        raise Unprocessable(f"There are {MAX_SECRETS} secrets already, which is the most: remove some first.")


def _in_use(name: str, use: SecretUse) -> Unprocessable:
    users = []
    if use.layers:
        users.append(f"{_counted(len(use.layers), 'layer')} ({_named(len(use.layers), use.layers)})")
    if use.devices:
        users.append(f"{_counted(use.devices, 'device')} ({_named(use.devices, use.sample)})")
    return Unprocessable(
        f"The secret {name} is in use, so it was not removed: by {' and '.join(users)}. Change their contents first.",
        devices=use.devices,
        sample=[str(mac_address) for mac_address in use.sample],
        layers=[*use.layers],
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _named(number: int, first: Sequence[object]) -> str:
    return ", ".join(map(str, first[:_NAMED])) + (", …" if number > _NAMED else "")
