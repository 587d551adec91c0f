"""Stores of other packages, found by their entry points."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, NoReturn

from attrs import frozen

from iotconfig.adapters.telemetry import PoolUse
from iotconfig.domain.access.api_tokens import ApiToken, ApiTokenStore
from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.announcing.relay_reports import RelayReports
from iotconfig.domain.configs.store import Store
from iotconfig.domain.devices.incoming_ports import LastMessageStore
from iotconfig.domain.devices.new_boards import NewBoardStore
from iotconfig.domain.devices.ports import EvidenceStore
from iotconfig.domain.devices.subscriber_reports import SubscriberReports
from iotconfig.domain.devices.tokens import DeviceToken, DeviceTokenStore
from iotconfig.domain.errors import Unprocessable, ValidationFailed, excerpt
from iotconfig.domain.external_store import ENTRY_POINTS, ExternalStore
from iotconfig.domain.jobs.ports import Lease, Wakeup
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.secrets.ciphers import NO_KEYS
from iotconfig.domain.secrets.ports import Cipher
from iotconfig.entrypoints.settings import InvalidSetting

_NO_CONNECTIONS: Final = PoolUse(in_use=0, idle=0, limit=0, waiting=0)


def external_backend(scheme: str, url: str, cipher: Cipher) -> ExternalBackend | None:
    """The store of another package at a URL; None where no installed package has stores of its scheme.

    Raises `ValidationFailed` where the URL is not valid, or its package cannot be used.
    """
    found = tuple(entry_points(group=ENTRY_POINTS, name=scheme))
    if not found:
        return None
    if len(found) > 1:
        packages = ", ".join(sorted(entry.dist.name for entry in found if entry.dist))
        raise ValidationFailed(f"Several packages have stores of kind {excerpt(scheme)}: {packages}.")
    try:
        make = found[0].load()
    except (ImportError, AttributeError) as error:
        raise ValidationFailed(
            f"The package with stores of kind {excerpt(scheme)} cannot be loaded: {error}."
        ) from error
    return ExternalBackend(make(url), cipher)


@frozen
class ExternalBackend:
    """`Backend` of another package, which knows no migrations of ours."""

    _store: ExternalStore
    _cipher: Cipher = NO_KEYS

    def __str__(self) -> str:
        return str(self._store)

    @property
    def stores_states(self) -> bool:
        return False

    @property
    def keeps_messages(self) -> bool:
        return self._store.evidence is not None and self._store.last_messages is not None

    def files(self) -> Sequence[Path]:
        return ()

    def schema(self) -> NoReturn:
        raise InvalidSetting(
            f"DATABASE_URL: iotconfig does not manage the schema of {self}: the package of its adapter does."
        )

    def backups(self) -> NoReturn:
        raise InvalidSetting(
            f"DATABASE_URL: iotconfig cannot back up {self}: see the documentation of its adapter."
        )

    def prepare(self) -> Sequence[object]:
        self._store.prepare()
        return ()

    def upgrade(self) -> None:
        self._store.prepare()

    def require_current(self) -> None:
        self._store.store.check()

    def require_existing(self) -> None:
        """Do nothing: `require_current` asks the store."""

    def open(self) -> ExternalPersistence:
        from .models import document_rules

        composers = self._store.store.composers
        composers.cipher, composers.rules = self._cipher, document_rules()
        return ExternalPersistence(self._store)

    def lease_and_wakeup(self, job: str) -> tuple[Lease, Wakeup]:
        return self._store.lease(job), self._store.wakeup()

    def maintenance(self) -> AbstractContextManager[Mapping[str, str]]:
        return nullcontext({})


@frozen
class ExternalPersistence:
    """`Persistence` on the store of another package."""

    external: ExternalStore

    @property
    def store(self) -> Store:
        return self.external.store

    @property
    def notifications(self) -> NotificationQueue:
        return self.external.notifications

    @property
    def relay_reports(self) -> RelayReports | None:
        return self.external.relay_reports

    @property
    def subscriber_reports(self) -> SubscriberReports | None:
        return self.external.subscriber_reports

    @property
    def api_tokens(self) -> ApiTokenStore:
        return self.external.api_tokens or _NoApiTokens(str(self.external))

    @property
    def device_tokens(self) -> DeviceTokenStore:
        return self.external.device_tokens or _NoDeviceTokens(str(self.external))

    @property
    def evidence(self) -> EvidenceStore | None:
        return self.external.evidence

    @property
    def new_boards(self) -> NewBoardStore | None:
        return self.external.new_boards

    @property
    def device_states(self) -> None:
        return None

    @property
    def last_messages(self) -> LastMessageStore | None:
        return self.external.last_messages

    def wakeup(self) -> Wakeup:
        return self.external.wakeup()

    @property
    def delays(self) -> None:
        return None

    def installation(self) -> str:
        return self.external.installation()

    def check_ready(self) -> None:
        self.store.check()

    def use(self) -> PoolUse:
        return _NO_CONNECTIONS

    def log(self) -> None:
        return None

    def close(self) -> None:
        self.store.close()


@frozen
class _NoApiTokens:
    """`ApiTokenStore` for a store that keeps none."""

    _url: str

    def add(self, token: ApiToken) -> None:
        raise Unprocessable(f"{self._url} does not store API tokens.")

    def find(self, key: str) -> None:
        return None

    def all(self) -> Sequence[ApiToken]:
        return ()

    def revoke(self, name: str, now: datetime) -> bool:
        return False

    def record_use(self, key: str, at: datetime) -> None:
        return None


@frozen
class _NoDeviceTokens:
    """`DeviceTokenStore` for a store that keeps none."""

    _url: str

    def add(self, token: DeviceToken) -> bool:
        raise Unprocessable(f"{self._url} does not store device tokens.")

    def replace(self, token: DeviceToken) -> None:
        self.add(token)

    def find(self, mac_address: MacAddress) -> None:
        return None

    def owners(self, mac_addresses: Collection[MacAddress]) -> frozenset[MacAddress]:
        return frozenset()

    def page(self, after: MacAddress | None, limit: int) -> Sequence[DeviceToken]:
        return ()

    def remove(self, mac_address: MacAddress) -> bool:
        return False
