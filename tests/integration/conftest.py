"""The command line on each kind of database, a directory of assets, and an identity provider."""

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
    """The command line on SQLite, for behaviour that does not depend on the database."""
    return CommandLine({"DATABASE_URL": sqlite_url})


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
