"""The suites that iotconfig ships, over this adapter, and tests of its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iotconfig.domain.announcing.ports import NotificationQueue
from iotconfig.domain.configs.store import Store
from iotconfig.domain.errors import StoreUnavailable, ValidationFailed
from iotconfig.domain.external_store import ExternalStore
from iotconfig.domain.jobs.ports import Lease
from iotconfig.testing import LeaseContract, NotificationQueueContract, StoreContract, WakeupContract
from iotconfig.testing.contracts.lease import MakeLease
from iotconfig.testing.contracts.wakeup import MakeWakeup
from iotconfig_jsonfile import JsonFileStore, ServedJsonFile


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return JsonFileStore.at(tmp_path / "configs.json")


@pytest.fixture
def queue(store: JsonFileStore) -> NotificationQueue:
    """Its notifications."""
    return store.notifications()


@pytest.fixture
def served(tmp_path: Path) -> ExternalStore:
    """The same file, as a service opens it."""
    return ServedJsonFile.at(f"jsonfile://{tmp_path}/configs.json")


@pytest.fixture
def make_lease(served: ExternalStore) -> Iterator[MakeLease]:
    """Leases on the file."""
    made: list[Lease] = []

    def make(name: str = "relay") -> Lease:
        made.append(served.lease(name))
        return made[-1]

    yield make
    for lease in made:
        lease.release()


@pytest.fixture
def make_wakeup(served: ExternalStore) -> MakeWakeup:
    """Signals of commits to the file."""
    return served.wakeup


class TestStore(StoreContract):
    """The contract of a store."""


class TestNotificationQueue(NotificationQueueContract):
    """The contract of the queue of notifications."""


class TestLease(LeaseContract):
    """The contract of a lease."""


class TestWakeup(WakeupContract):
    """The contract of the signal that something was committed."""


def test_all_processes_share_the_name_of_the_installation(tmp_path: Path, served: ExternalStore) -> None:
    """Each file has its own, which stays."""
    served.prepare()
    again = ServedJsonFile.at(str(served))
    other = ServedJsonFile.at(f"jsonfile://{tmp_path}/others.json")

    assert served.installation() == again.installation()
    assert served.installation() != other.installation()


@pytest.mark.parametrize(
    "url",
    [
        "jsonfile://",
        "jsonfile:///",
        "jsonfile://host/a.json",
        "jsonfile:///a.json?b=c",
        "jsonfile://[/a.json",
    ],
)
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    """Before anything is opened."""
    with pytest.raises(ValidationFailed, match="write jsonfile:///path/configs"):
        ServedJsonFile.at(url)


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
