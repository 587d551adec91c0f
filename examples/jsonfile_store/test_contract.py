"""The suites that iotconfig ships, over this adapter, and tests of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import StoreUnavailable
from iotconfig.testing import NotificationQueueContract, StoreContract
from iotconfig_jsonfile import JsonFileStore


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return JsonFileStore.at(tmp_path / "configs.json")


@pytest.fixture
def queue(store: JsonFileStore) -> NotificationQueue:
    """Its notifications."""
    return store.notifications()


class TestStore(StoreContract):
    """The contract of a store."""


class TestNotificationQueue(NotificationQueueContract):
    """The contract of the queue of notifications."""


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"{}", b'{"format": "iotconfig-jsonfile 1", "configs": {"1": 7}}']
)
def test_a_damaged_file_is_no_empty_store(tmp_path: Path, store: Store, damage: bytes) -> None:
    """A malformed file is refused, and left as it is."""
    (tmp_path / "configs.json").write_bytes(damage)

    with pytest.raises(StoreUnavailable, match="damaged"):
        store.check()
    with pytest.raises(StoreUnavailable, match="damaged"), store.writing():
        pass
    assert damage == (tmp_path / "configs.json").read_bytes()


def test_a_directory_that_is_gone_is_no_empty_store(tmp_path: Path) -> None:
    """A change is refused with an error of the port, not of the machine."""
    store = JsonFileStore.at(tmp_path / "gone" / "configs.json")

    with pytest.raises(StoreUnavailable, match="lock"), store.writing():
        pass
