"""Fixtures of tests in which people sign in, for every directory of tests: a provider and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .browser import Browser
from .signing_in import ORIGIN, with_people

if TYPE_CHECKING:
    from .identity_provider import Provider
    from .in_process import Service
    from .serving import Serve


@pytest.fixture(scope="session")
def _provider() -> Iterator[Provider]:
    # It imports a web framework, which few tests need.
    from .identity_provider import Provider

    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(_provider: Provider) -> Provider:
    """A provider in its initial state, with an administrator, a viewer, and a user without a role."""
    return with_people(_provider)


@pytest.fixture
def browser(service: Service | Serve, provider: Provider) -> Browser:
    """A browser without cookies, at the `service` of the test's module, whose provider is in its initial state."""
    return Browser(service.client, origin=ORIGIN)
