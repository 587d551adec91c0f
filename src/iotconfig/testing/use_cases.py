"""The use cases over the store of a test: the suites check a store through them."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.history import HistoryService
from iotconfig.domain.configs.service import ConfigService
from iotconfig.domain.configs.store import Store

from .clocks import SteppingClock


class UseCases:
    """Fixtures of the suites that check a store through the use cases."""

    @pytest.fixture
    def clock(self) -> SteppingClock:
        """A clock that advances by a microsecond at each reading."""
        return SteppingClock()

    @pytest.fixture
    def service(self, store: Store, clock: SteppingClock) -> ConfigService:
        """The use cases over the store."""
        return ConfigService(store, clock)

    @pytest.fixture
    def history(self, store: Store, clock: SteppingClock) -> HistoryService:
        """The use cases of history, over the same store as the service."""
        return HistoryService(store, clock)
