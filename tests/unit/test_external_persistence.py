"""Persistence on a store of another package: parts that are there are used, and missing ones refuse."""

from __future__ import annotations

import pytest
from attrs import define, field

from iotconfig.adapters.memory import MemoryApiTokenStore, MemoryDeviceTokenStore, MemoryStore
from iotconfig.adapters.memory.announcing import MemoryNotificationQueue
from iotconfig.domain.access.api_tokens import ApiTokenService, ApiTokenStore
from iotconfig.domain.access.principal import Role
from iotconfig.domain.devices.tokens import DeviceTokenService, DeviceTokenStore
from iotconfig.domain.errors import AuthenticationRequired, RecordNotFound, ServiceClosed, Unprocessable
from iotconfig.domain.jobs.ports import Lease, Wakeup
from iotconfig.entrypoints.wiring.external import ExternalPersistence
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import SteppingClock


@define
class Shelf:
    """`ExternalStore` in memory, for a test that runs no job."""

    api_tokens: ApiTokenStore | None = None
    device_tokens: DeviceTokenStore | None = None
    relay_reports: None = None
    evidence: None = None
    last_messages: None = None
    subscriber_reports: None = None
    new_boards: None = None
    store: MemoryStore = field(factory=MemoryStore)

    def __str__(self) -> str:
        return "shelf://"

    @property
    def notifications(self) -> MemoryNotificationQueue:
        return self.store.notifications()

    def prepare(self) -> None:
        raise NotImplementedError

    def installation(self) -> str:
        return "shelf"

    def lease(self, job: str) -> Lease:
        raise NotImplementedError

    def wakeup(self) -> Wakeup:
        raise NotImplementedError


def test_missing_api_tokens_cannot_be_created_and_are_not_valid() -> None:
    """None is listed or revoked, either."""
    tokens = ApiTokenService(ExternalPersistence(Shelf()).api_tokens, SteppingClock())
    _, text = ApiTokenService(MemoryApiTokenStore(), SteppingClock()).create("ci", Role.VIEWER)

    with pytest.raises(Unprocessable, match="shelf:// does not store API tokens"):
        tokens.create("ci", Role.VIEWER)
    with pytest.raises(AuthenticationRequired):
        tokens.authenticate(text)
    with pytest.raises(RecordNotFound):
        tokens.revoke("ci")
    assert [] == list(tokens.all())


def test_missing_device_tokens_cannot_be_created_and_are_not_valid() -> None:
    """None is listed, replaced or revoked, either."""
    tokens = DeviceTokenService(ExternalPersistence(Shelf()).device_tokens, SteppingClock())
    text = DeviceTokenService(MemoryDeviceTokenStore(), SteppingClock()).create(mac(1))
    assert text is not None

    for replace in (False, True):
        with pytest.raises(Unprocessable, match="shelf:// does not store device tokens"):
            tokens.create(mac(1), replace=replace)
    with pytest.raises(AuthenticationRequired):
        tokens.authenticate(text)
    with pytest.raises(RecordNotFound):
        tokens.revoke(mac(1))
    assert [] == list(tokens.all())


def test_tokens_of_the_store_are_used() -> None:
    """What the package provides is not replaced."""
    shelf = Shelf(MemoryApiTokenStore(), MemoryDeviceTokenStore())
    persistence = ExternalPersistence(shelf)

    assert shelf.api_tokens is persistence.api_tokens
    assert shelf.device_tokens is persistence.device_tokens


def test_closing_ends_the_use_of_the_store() -> None:
    """Readiness is the store's."""
    persistence = ExternalPersistence(Shelf())
    persistence.check_ready()

    persistence.close()

    with pytest.raises(ServiceClosed):
        persistence.check_ready()
