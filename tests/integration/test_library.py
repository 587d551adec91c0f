"""The library: public names, `open_service` on each kind of store, and the README's example."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import iotconfig
from iotconfig import (
    BulkOptions,
    BulkService,
    ConfigContent,
    ConfigQuery,
    MacAddress,
    RecordNotFound,
    ServiceClosed,
    StoreUnavailable,
    ValidationFailed,
    open_service,
)
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
    """A service on an empty store, upgraded on request, offers all use cases."""
    with open_service(url, upgrade=True) as service:
        created = service.create(MAC, CONTENT)
        assert bytes(CONTENT) == service.document(MAC).body
        changed = service.update(created.id, ConfigContent.parse("{}"))
        assert (1, 2) == (created.revision, changed.revision)
        assert 1 == service.find(ConfigQuery()).count
        service.delete(created.id)
        with pytest.raises(RecordNotFound):
            service.get_by_mac(MAC)


def test_a_closed_service_raises_an_error(url: str) -> None:
    """After its block, a service and its parts raise `ServiceClosed` on each kind of store."""
    with open_service(url, upgrade=True) as service:
        service.create("02-00-00-00-01-01", {"deviceName": "Lamp"})
    for use in (
        lambda: service.document(MAC),
        lambda: BulkService(service.store, service.clock).load([], BulkOptions()),
    ):
        with pytest.raises(ServiceClosed, match="open it again"):
            use()
    service.store.close()


def test_a_database_keeps_what_was_stored(database_url: str) -> None:
    """A second block on the same database reads the changes of the first one."""
    with open_service(database_url) as service:
        created = service.create(MAC, CONTENT)
    with open_service(database_url) as service:
        assert created == service.get(created.id)


def test_memory_is_lost_with_its_block() -> None:
    """Each block on memory:// starts empty."""
    with open_service("memory://") as service:
        service.create(MAC, CONTENT)
    with open_service("memory://") as service:
        assert 0 == service.find(ConfigQuery()).count


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
        assert 0 == service.find(ConfigQuery()).count


def test_an_error_in_the_block_passes(database_url: str) -> None:
    """An error of the caller's code is not converted."""
    with pytest.raises(ZeroDivisionError), open_service(database_url):
        raise ZeroDivisionError


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
