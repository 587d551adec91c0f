"""Uploads: storage and announcement with any order of the parts, and the effects of faults."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import permutations

import pytest
from attrs import define, frozen

from iotconfig.adapters.memory import MemoryAssetStore, MemoryStore
from iotconfig.domain.announcing.announcement import Announcement, Kind, Subject
from iotconfig.domain.assets.asset import Asset, AssetName, Incoming
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.assets.upload_rules import UploadRules
from iotconfig.domain.configs.store import UnitOfWork
from iotconfig.domain.errors import (
    AssetsUnavailable,
    AuthorizationFailed,
    ContentTooLarge,
    RecordNotFound,
    SignatureUsed,
    StoreFull,
    StoreUnavailable,
    ValidationFailed,
)
from tests.unit.uploading import CONTENT, NAME, ORDER, Workshop

ANNOUNCED = Announcement(Subject(Kind.ASSET, "firmware.bin"), restart_hint=True, state=None)
OTHER = AssetName("other.bin")

ORDERS = [pytest.param(order, id=", ".join(order)) for order in permutations(ORDER)]


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("strong", [False, True], ids=["plain", "strong"])
def test_an_upload_is_stored_and_announced(workshop: Workshop, order: tuple[str, ...], strong: bool) -> None:
    """This holds for both forms of signature and any order of the parts."""
    time = workshop.timestamp()
    signature = workshop.key.sign_strongly(time) if strong else None

    asset, is_new = workshop.upload(time, signature, blocks=(b"firm", b"", b"ware"), order=order)

    digest = hashlib.sha256(CONTENT).hexdigest()
    assert (NAME, 8, digest, True) == (asset.name, asset.size, asset.sha256, is_new)
    assert f'"{digest}"' == asset.etag
    assert CONTENT == workshop.content()
    assert [asset] == list(workshop.service.find())
    assert [ANNOUNCED] == workshop.announced()


def test_an_upload_replaces_another(workshop: Workshop) -> None:
    """The result says that the name existed; a reader of the old file still gets the old bytes."""
    workshop.upload()
    opened = workshop.service.open(NAME)
    workshop.clock.wait(seconds=1)
    asset, is_new = workshop.upload(blocks=[b"newer"])

    assert not is_new
    assert b"newer" == workshop.content()
    assert CONTENT == b"".join(opened.blocks(0, opened.asset.size))
    assert [asset] == list(workshop.service.find())


def test_an_empty_file_may_be_uploaded(workshop: Workshop) -> None:
    """Its size is 0."""
    asset, _ = workshop.upload(blocks=[])

    assert (0, hashlib.sha256().hexdigest()) == (asset.size, asset.sha256)


@pytest.mark.parametrize("missing", ORDER)
def test_each_part_is_required(workshop: Workshop, missing: str) -> None:
    """If one is missing, nothing is stored, and the refusal names it."""
    with pytest.raises(
        ValidationFailed, match=f"The upload has no {missing}: it needs file, timestamp and signature"
    ):
        workshop.upload(order=[part for part in ORDER if part != missing])

    assert (None, []) == (workshop.content(), workshop.announced())


def test_the_limit_of_the_size_is_inclusive() -> None:
    """A larger file is refused with the first block beyond the limit."""
    workshop = Workshop(UploadRules(max_bytes=8))
    workshop.upload(blocks=[b"1234", b"5678"])

    def blocks() -> Iterator[bytes]:
        yield b"12345678"
        yield b"9"
        raise AssertionError("it was read on")

    workshop.clock.wait(seconds=1)
    with pytest.raises(ContentTooLarge, match="larger than 8 bytes"):
        workshop.upload(blocks=blocks())
    assert b"12345678" == workshop.content()


def test_uploads_are_disabled_without_a_key(workshop: Workshop) -> None:
    """The refusal names the setting."""
    closed = AssetService(workshop.store, workshop.files, workshop.clock, None, UploadRules())

    with pytest.raises(AuthorizationFailed, match="SIGNING_KEY_PATH is not set"), closed.upload():
        pytest.fail("it was let in")


def test_a_deleted_asset_is_gone(workshop: Workshop) -> None:
    """A deletion is not announced; a missing asset can be neither opened nor deleted."""
    workshop.upload()
    announced = workshop.announced()
    workshop.service.delete(NAME)

    assert [] == list(workshop.service.find())
    assert announced == workshop.announced()
    for use in (workshop.service.open, workshop.service.delete):
        with pytest.raises(RecordNotFound, match=r"^Asset firmware.bin was not found\.$"):
            use(NAME)


@define
class FailingStore:
    """A store whose next transaction fails at its begin or at its commit."""

    _store: MemoryStore
    error: Exception
    at_begin: bool = False
    fails: bool = True

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        with self._store.writing() as work:
            if self.at_begin:
                raise self.error
            yield work
            if self.fails:
                self.fails = False
                raise self.error

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


@frozen
class UnnameableFile:
    """A file that cannot be moved to its name."""

    _incoming: Incoming

    def write(self, block: bytes) -> None:
        self._incoming.write(block)

    def complete(self) -> str:
        return self._incoming.complete()

    def save_as(self, name: AssetName, uploaded_by: str | None = None) -> tuple[Asset, bool]:
        raise AssetsUnavailable(f"{name} cannot be saved.")


class FailingFiles(MemoryAssetStore):
    """Asset files that are complete but cannot be saved."""

    @contextmanager
    def receive(self) -> Iterator[UnnameableFile]:  # type: ignore[override] # another of the port's
        with MemoryAssetStore().receive() as incoming:
            yield UnnameableFile(incoming)


def test_after_a_failed_commit_the_same_signature_is_accepted(workshop: Workshop) -> None:
    """No signature is used and nothing is announced; a repeated upload does both."""
    memory = MemoryStore()
    workshop.store = FailingStore(memory, StoreUnavailable("The database is away."))  # type: ignore[assignment] # all but one method of it is the store's own
    with pytest.raises(StoreUnavailable) as refused:
        workshop.upload("2026-01-02T03:04:05Z")
    workshop.store = memory
    assert [] == workshop.announced()
    assert refused.value.if_unsure.startswith("The upload may have been stored, or not: send it again;")

    workshop.upload("2026-01-02T03:04:05Z")
    assert [ANNOUNCED] == workshop.announced()
    assert CONTENT == workshop.content()
    with pytest.raises(SignatureUsed):
        workshop.upload("2026-01-02T03:04:05Z")


@pytest.mark.parametrize("at_begin", [False, True], ids=["commit", "begin"])
def test_a_full_database_leaves_the_outcome_open(workshop: Workshop, at_begin: bool) -> None:
    """If the file has its name already, the refusal says so; a repeated upload completes it."""
    memory = MemoryStore()
    workshop.store = FailingStore(memory, StoreFull("The database has no room left."), at_begin)  # type: ignore[assignment] # all but one method of it is the store's own
    with pytest.raises(StoreFull) as refused:
        workshop.upload("2026-01-02T03:04:05Z")

    refusal = "The database has no room left."
    if at_begin:
        assert (refusal, None) == (str(refused.value), workshop.content())
    else:
        refusal += " The file is stored, but not announced: send it again."
        assert (refusal, CONTENT) == (str(refused.value), workshop.content())
    workshop.store = memory
    assert [] == workshop.announced()
    workshop.upload("2026-01-02T03:04:05Z")
    assert [ANNOUNCED] == workshop.announced()


def test_a_file_that_cannot_be_saved_uses_no_signature(workshop: Workshop) -> None:
    """Nothing is announced either."""
    good, workshop.files = workshop.files, FailingFiles()
    with pytest.raises(AssetsUnavailable):
        workshop.upload("2026-01-02T03:04:05Z")
    workshop.files = good
    assert [] == workshop.announced()

    workshop.upload("2026-01-02T03:04:05Z")
    assert CONTENT == workshop.content()


def test_a_broken_upload_removes_its_file(workshop: Workshop) -> None:
    """The temporary file is removed, whatever ends the upload."""
    ended: list[str] = []

    class Watched(MemoryAssetStore):
        def receive(self) -> AbstractContextManager[Incoming]:  # type: ignore[override] # the port's
            return self._watched()

        @contextmanager
        def _watched(self) -> Iterator[Incoming]:
            try:
                with super().receive() as incoming:
                    yield incoming
            finally:
                ended.append("cleaned up")

    def blocks() -> Iterator[bytes]:
        yield b"firm"
        raise ConnectionResetError

    workshop.files = Watched()
    with pytest.raises(ConnectionResetError):
        workshop.upload(blocks=blocks())

    assert ["cleaned up"] == ended
    assert (None, []) == (workshop.content(), workshop.announced())
