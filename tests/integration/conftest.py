"""The command line on each kind of database, a directory of assets, and an identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.small_disk import CannotMount, SmallDisk, small_disk

from iotconfig.adapters.asset_files import FileAssetStore
from tests.support.command_line import CommandLine
from tests.support.standing_clock import StandingClock

if TYPE_CHECKING:
    from iotconfig.adapters.oidc.provider import OidcIdentityProvider
    from tests.support.identity_provider import Provider


_RUNTIMES = ["database", "service"]
"""What commands work on: the database itself, or a service on it over HTTP."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of one megabyte."""
    try:
        with small_disk(tmp_path / "disk", 1) as disk:
            yield disk
    except CannotMount as refusal:
        pytest.skip(str(refusal))


@pytest.fixture(params=_RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """What commands work on."""
    found: str = request.param
    return found


@pytest.fixture
def command(runtime: str, database_url: str) -> Iterator[CommandLine]:
    """The command line on each kind of database, and on a service on it."""
    with _command_line(runtime, database_url) as found:
        yield found


@pytest.fixture
def quick(runtime: str, sqlite_url: str) -> Iterator[CommandLine]:
    """The command line on SQLite, and on a service on it, for what has nothing to do with the kind of database."""
    with _command_line(runtime, sqlite_url) as found:
        yield found


@contextmanager
def _command_line(runtime: str, database_url: str) -> Iterator[CommandLine]:
    environ = {"DATABASE_URL": database_url}
    if runtime == "database":
        yield CommandLine(environ)
        return
    from tests.support.socket_service import api_on_socket

    with api_on_socket(database_url) as url:
        yield CommandLine({**environ, "IOTCONFIG_URL": url})


@pytest.fixture
def clock() -> StandingClock:
    """A clock that starts at the current time, and that only the test advances."""
    return StandingClock()


@pytest.fixture
def provider(_provider: Provider) -> Iterator[Provider]:
    """An identity provider that a test can rotate, stop or break; it is reset afterwards."""
    from tests.support.identities import wait_for_fetches

    _provider.reset()
    yield _provider
    _provider.reset()
    wait_for_fetches()


@pytest.fixture
def identity(provider: Provider, clock: StandingClock) -> OidcIdentityProvider:
    """The service's adapter for the test's provider, with an empty cache."""
    from tests.support.identities import registered

    return registered(provider, clock)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory for assets that does not exist yet."""
    return tmp_path / "deep" / "assets"


@pytest.fixture
def assets(directory: Path) -> FileAssetStore:
    """Assets in that directory."""
    return FileAssetStore(directory)
