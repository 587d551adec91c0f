"""The core's use cases over the store of a test: what a port is good for, and how the suites look at it."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store

from .clocks import SteppingClock


class UseCases:
    """Fixtures of the suites that look at a store through the core."""

    @pytest.fixture
    def clock(self) -> SteppingClock:
        """A clock that moves by a microsecond whenever it is asked."""
        return SteppingClock()

    @pytest.fixture
    def service(self, store: Store, clock: SteppingClock) -> ConfigService:
        """The use cases over the store."""
        return ConfigService(store, clock)

    @pytest.fixture
    def history(self, store: Store) -> HistoryService:
        """The use cases of history, over the same store as the service."""
        return HistoryService(store)
