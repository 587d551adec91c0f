"""The command line, on each kind of database, for tests that need nothing in it, a directory of assets, and an identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iotconfig.adapters.asset_files import FileAssetStore
from tests.support.command_line import CommandLine
from tests.support.standing_clock import StandingClock

if TYPE_CHECKING:
    from iotconfig.adapters.oidc.provider import OidcIdentityProvider
    from tests.support.identity_provider import Provider


@pytest.fixture
def command(database_url: str) -> CommandLine:
    """The command line on each kind of database."""
    return CommandLine({"DATABASE_URL": database_url})


@pytest.fixture
def quick(sqlite_url: str) -> CommandLine:
    """The command line on SQLite, for what has nothing to do with the database."""
    return CommandLine({"DATABASE_URL": sqlite_url})


@pytest.fixture
def clock() -> StandingClock:
    """The time at which the test began, which only the test moves."""
    return StandingClock()


@pytest.fixture(scope="session")
def _provider() -> Iterator[Provider]:
    # It imports a web framework, which few tests need.
    from tests.support.identity_provider import Provider

    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(_provider: Provider) -> Iterator[Provider]:
    """An identity provider, which a test may rotate, stop, and let talk nonsense: it is reset afterwards."""
    from tests.support.identities import wait_for_fetches

    yield _provider
    _provider.reset()
    wait_for_fetches()


@pytest.fixture
def identity(provider: Provider, clock: StandingClock) -> OidcIdentityProvider:
    """What asks the test's provider; it knows nothing yet."""
    from tests.support.identities import registered

    return registered(provider, clock)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where assets are to be kept; it is not there yet."""
    return tmp_path / "deep" / "assets"


@pytest.fixture
def assets(directory: Path) -> FileAssetStore:
    """Assets in that directory."""
    return FileAssetStore(directory)
