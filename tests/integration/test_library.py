"""The library: public names, `open_service` on each kind of store, and the README's example."""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

import iotconfig
from iotconfig import (
    BulkEntry,
    Config,
    ConfigContent,
    ConfigQuery,
    DeletedQuery,
    DeviceQuery,
    DeviceState,
    DocumentRefused,
    Evidence,
    EvidenceKind,
    ImportOptions,
    LabelEdit,
    MacAddress,
    ModelMode,
    ModelRules,
    Proof,
    RecordExists,
    RecordNotFound,
    Report,
    Role,
    Service,
    ServiceClosed,
    StoreUnavailable,
    ValidationFailed,
    open_service,
)
from iotconfig.testing.simultaneous import together
from tests.support.schema import table_names

MAC = MacAddress.parse("02:00:00:00:01:01")
CONTENT = ConfigContent.parse('{"deviceName": "Lamp"}')
README = Path(__file__).parents[2] / "README.md"


def test_public_names() -> None:
    """`__all__` is sorted as ruff sorts it, without repetition, and each name exists."""
    names = iotconfig.__all__
    constants = [name for name in names if name.isupper()]
    classes = [name for name in names if name[0].isupper() and not name.isupper()]
    others = [name for name in names if name[0].islower() or name[0] == "_"]

    assert [*sorted(constants), *sorted(classes), *sorted(others)] == names
    assert len(set(names)) == len(names)
    assert [] == [name for name in names if not hasattr(iotconfig, name)]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty store of each kind."""
    if request.param == "memory":
        return "memory://"
    result: str = request.getfixturevalue(f"empty_{request.param}_url")
    return result


def test_open_service(url: str) -> None:
    """A service on an empty store, upgraded on request, offers all use cases of a config."""
    with open_service(url, upgrade=True) as service:
        created = service.configs.create(MAC, CONTENT)
        assert bytes(CONTENT) == service.configs.document(MAC).body
        changed = service.configs.update(created.id, ConfigContent.parse("{}"))
        assert (1, 2) == (created.revision, changed.revision)
        assert 1 == service.configs.find(ConfigQuery()).count
        service.configs.delete(created.id)
        with pytest.raises(RecordNotFound):
            service.configs.get_by_mac(MAC)


def test_one_service_has_all_use_cases(url: str) -> None:
    """They are on one database: each reads the changes of the others."""
    with open_service(url, upgrade=True) as service:
        tally = service.bulk.load([BulkEntry("row 1", MAC, CONTENT)], ImportOptions())
        (config,) = service.configs.all()
        token, text = service.api_tokens.create("ci", Role.VIEWER)
        device_token = service.device_tokens.create(MAC)

        assert (1, True) == (tally.new, tally.stored)
        assert [1] == [revision.revision for revision in service.history.all_revisions(config.id)]
        assert ("disabled", 1) == (
            service.notifications.health().state,
            service.notifications.health().pending,
        )
        assert "ci" == service.api_tokens.authenticate(text).subject
        assert [token.name] == [stored.name for stored in service.api_tokens.all()]
        assert device_token is not None
        assert MAC == service.device_tokens.authenticate(device_token)


def test_a_service_checks_documents_against_schemas(url: str) -> None:
    """What an enforced model does not take is refused, on each kind of store."""
    with open_service(url, upgrade=True) as service:
        rules = ModelRules('{"properties":{"n":{"maximum":9}}}', mode=ModelMode.ENFORCE)
        service.models.put("lamp", rules)
        service.configs.create(MAC, {"n": 9})
        service.tags.edit(MAC, LabelEdit(model="lamp"))
        with pytest.raises(DocumentRefused, match="at /n, expected at most 9, found 10"):
            service.configs.put(MAC, {"n": 10})


CALLS: Final[Mapping[str, Callable[[Service], object]]] = {
    "configs": lambda service: service.configs.document(MAC),
    "configs.all": lambda service: list(service.configs.all()),
    "history": lambda service: service.history.deleted(DeletedQuery()),
    "bulk": lambda service: service.bulk.load([], ImportOptions()),
    "models": lambda service: service.models.all(),
    "notifications": lambda service: service.notifications.health(),
    "api_tokens": lambda service: service.api_tokens.all(),
    "devices": lambda service: service.devices.get(MAC),
    "devices.all": lambda service: list(service.devices.all()),
    "device_tokens": lambda service: list(service.device_tokens.all()),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_service_raises_an_error(url: str, name: str) -> None:
    """After its block, each use case raises `ServiceClosed` on each kind of store; closing again does nothing."""
    with open_service(url, upgrade=True) as service:
        CALLS[name](service) if name != "configs" else service.configs.create(MAC, CONTENT)
    service.close()
    with pytest.raises(ServiceClosed, match="open it again"):
        CALLS[name](service)


def test_what_devices_run(url: str) -> None:
    """A program records reports and reads states; addresses and states may be words."""
    with open_service(url, upgrade=True) as service:
        for number in range(3):
            service.configs.put(f"0200000000{number:02x}", {"number": number})
        document = service.configs.document("020000000001")
        refused = Report("rejected", document.etag, "/number", "1 is odd", "1.4", 7)
        assert service.devices.report("02-00-00-00-00-01", document, refused)
        assert not service.devices.report("0200.0000.0001", document, evolve(refused, number=6))
        with pytest.raises(ValidationFailed, match="applied or rejected"):
            Report("eaten", document.etag)

        device = service.devices.get("020000000001")
        assert device is not None
        assert (DeviceState.REJECTED, "1.4", EvidenceKind.REJECTED, Proof.NONE) == (
            device.state,
            device.firmware,
            device.evidence[0].kind,
            device.evidence[0].proof,
        )
        assert "refused 1 at /number: 1 is odd" in device.why.lower()
        page = service.devices.find(DeviceQuery(state="rejected"))
        assert ([device.mac_address], 2) == (
            [each.mac_address for each in page],
            page.counts and page.counts.by_state[DeviceState.NEVER],
        )
        assert 3 == len(list(service.devices.all(DeviceQuery(limit=1))))
        assert 2 == len(list(service.devices.all(DeviceQuery(state=DeviceState.NEVER))))
        assert service.devices.get("02ffffffffff") is None
        with pytest.raises(ValidationFailed, match="never, rejected"):
            DeviceQuery(state="lost")
        with pytest.raises(ValidationFailed, match="ETag"):
            Report("applied", "")

        # Evidence that the program has from elsewhere, such as a gateway of another network.
        lamp = service.configs.document("020000000002")
        seen = Evidence(
            MacAddress.parse("020000000002"),
            EvidenceKind.HOLDS,
            lamp.etag,
            lamp.number,
            datetime.now(UTC),
            "gateway-7",
            etag_number=lamp.number,
        )
        service.devices.record([seen])
        found = service.devices.get("020000000002")
        assert found is not None
        assert ("in_sync", 1, "gateway-7") == (found.state, found.held, found.evidence[0].source)


def test_a_service_is_shown_in_one_line(url: str) -> None:
    """A notebook shows it when a cell ends with it; the name of each member is there, and no object behind it."""
    with open_service(url, upgrade=True) as service:
        shown = repr(service)

    assert shown.startswith("<iotconfig.Service: configs, history, changes, ")
    assert all(hasattr(service, name) for name in shown.strip("<>").partition(": ")[2].split(", "))
    assert len(shown) < 160


def test_a_service_is_used_without_a_block(url: str) -> None:
    """As in a notebook: opened, used, closed."""
    service = open_service(url, upgrade=True)
    configs = service.configs
    configs.create(MAC, CONTENT)
    service.close()

    with pytest.raises(ServiceClosed):
        configs.document(MAC)


def test_a_use_case_outlives_the_object_that_gave_it(url: str) -> None:
    """Nothing closes a database that is still used."""
    configs = open_service(url, upgrade=True).configs
    gc.collect()

    assert 1 == configs.create(MAC, CONTENT).revision
    configs.store.close()


def test_a_program_that_closes_nothing_ends(database_url: str) -> None:
    """It exits at once and without a warning, also with connections that are open."""
    program = (
        f"from iotconfig import open_service; open_service({database_url!r}).configs.put('{MAC}', '{{}}')"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "", "") == (ran.returncode, ran.stdout, ran.stderr)


def test_threads_share_a_service(url: str) -> None:
    """No change of many threads is lost, on one config or on many."""
    with open_service(url, upgrade=True) as service:
        shared, _ = service.configs.put(MAC, CONTENT)

        def work(number: int) -> int:
            for n in range(5):
                service.configs.update(shared.id, {"by": number, "n": n})
                service.configs.put(f"0200000002{number:02x}", {"n": n})
            return len(list(service.configs.all()))

        counts = together(12, work)

        assert 1 + 12 * 5 == service.configs.get(shared.id).revision
        assert 1 + 12 * 5 == len(list(service.history.all_revisions(shared.id)))
        assert [MAC, *(MacAddress.parse(f"0200000002{n:02x}") for n in range(12))] == [
            config.mac_address for config in service.configs.all()
        ]
        assert all(2 <= count <= 13 for count in counts)


def test_tasks_of_asyncio_share_a_service(url: str) -> None:
    """Their calls run in threads, beside the event loop; a refusal is the result of its task alone."""

    async def main(service: Service) -> list[object]:
        macs = [f"0200000002{number:02x}" for number in range(10)]
        await asyncio.gather(*(asyncio.to_thread(service.configs.put, mac, "{}") for mac in macs))
        calls = (asyncio.to_thread(service.configs.create, mac, "{}") for mac in [*macs, "02ffffffffff"])
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert 11 == len(await asyncio.to_thread(list, service.configs.all()))
        return [type(result) for result in results]

    with open_service(url, upgrade=True) as service:
        assert [*[RecordExists] * 10, Config] == asyncio.run(main(service))


def test_closing_lets_a_call_of_another_thread_end(url: str) -> None:
    """A block that is open goes on; what begins afterwards is refused."""
    with open_service(url, upgrade=True) as service, ThreadPoolExecutor(1) as threads:
        service.configs.put(MAC, CONTENT)
        with service.configs.store.writing() as work:
            counter = work.counters.lock(MAC)
            threads.submit(service.close).result(timeout=30)
            assert 1 == counter.last_revision

        with pytest.raises(ServiceClosed):
            service.configs.get_by_mac(MAC)


def test_a_database_keeps_what_was_stored(database_url: str) -> None:
    """A second block on the same database reads the changes of the first one."""
    with open_service(database_url) as service:
        created = service.configs.create(MAC, CONTENT)
    with open_service(database_url) as service:
        assert created == service.configs.get(created.id)


def test_memory_is_lost_with_its_block() -> None:
    """Each block on memory:// starts empty."""
    with open_service("memory://") as service:
        service.configs.create(MAC, CONTENT)
    with open_service("memory://") as service:
        assert 0 == service.configs.find(ConfigQuery()).count


def test_a_schema_that_is_behind_is_refused(empty_url: str, tmp_path: Path) -> None:
    """Without upgrade=True an empty database is refused, and nothing is created in it."""
    with pytest.raises(StoreUnavailable, match="upgrade-db"), open_service(empty_url):
        pytest.fail("the block was entered")

    assert [] == list(tmp_path.iterdir())
    if not empty_url.startswith("sqlite"):
        assert set() == table_names(empty_url)


@pytest.mark.parametrize(
    "url",
    [
        "", "memory", "mysql://me:secret@127.0.0.1/x", "sqlite://", "sqlite:///:memory:", "/var/lib/x.db",
        "postgresql://127.0.0.1:port/x", "postgresql://127.0.0.1:1/x?colour=blue",
    ],
    ids=[
        "empty", "word", "another-kind", "no-file", "in-memory", "path", "port-no-number", "unknown-parameter",
    ],
)  # fmt: skip
def test_a_bad_url_is_refused(url: str) -> None:
    """The documented `ValidationFailed` repeats no password."""
    with pytest.raises(ValidationFailed) as refused, open_service(url):
        pytest.fail("the block was entered")

    assert "secret" not in str(refused.value)


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """Only the program that uses the library reads the environment."""
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    monkeypatch.setenv("IOTCONFIG_DB_POOL_SIZE", "many")

    with open_service(sqlite_url) as service:
        assert 0 == service.configs.find(ConfigQuery()).count


def test_an_error_in_the_block_passes(database_url: str) -> None:
    """An error of the caller's code is not converted."""
    with pytest.raises(ZeroDivisionError), open_service(database_url):
        raise ZeroDivisionError


def test_the_example_of_help_runs(tmp_path: Path) -> None:
    """The program in the docstring of the package, in an empty directory, without a warning."""
    shown = re.search(r"\n    (import iotconfig\n.*?)\n\n\S", iotconfig.__doc__ or "", re.DOTALL)
    assert shown is not None
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(f"    {shown[1]}")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, '1883 1\naa:bb:cc:dd:ee:ff {"mqtt": {"port": 1883}}\n', "") == (
        ran.returncode,
        ran.stdout,
        ran.stderr,
    )


def test_the_readme_examples_run(tmp_path: Path) -> None:
    """Each Python block of the README runs by itself, in an empty directory, without a warning."""
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)

    assert blocks, "README.md has no Python example"
    assert any("from iotconfig import" in block for block in blocks)
    for number, block in enumerate(blocks):
        directory = tmp_path / str(number)
        directory.mkdir()
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=directory,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (0, "") == (ran.returncode, ran.stderr)
