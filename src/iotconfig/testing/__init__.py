"""The contract suites of the ports, for any adapter: `pip install 'iotconfig[testing]'`.

Each suite is a class of tests. Subclass it where pytest finds it, and give it the
fixtures that its docstring names; `StoreContract` needs `store` and `queue`:

    from iotconfig.testing import NotificationQueueContract, StoreContract

    class TestStore(StoreContract):
        pass

    class TestNotificationQueue(NotificationQueueContract):
        pass

Fixtures may stand in the class, in its module or in a `conftest.py`. Each test
gets a store that is empty, whose ids begin at 1.
"""

from __future__ import annotations

from pkgutil import iter_modules

try:
    import pytest
except ImportError:
    raise ImportError("iotconfig.testing needs pytest: pip install 'iotconfig[testing]'") from None

# Before the suites are imported: their assertions say what differed.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from .api_tokens import ApiTokenStoreContract
from .closing import ClosingContract
from .concurrency import ConcurrencyContract
from .configs import ConfigsContract
from .device_tokens import DeviceTokenStoreContract
from .history import HistoryContract
from .leases import LeaseContract
from .lists import ListsContract
from .once import OnceOnlyContract
from .outbox import OutboxContract
from .pruning import PruningContract
from .queues import NotificationQueueContract
from .relay_reports import RelayReportsContract
from .restoring import RestoringContract
from .stages import StageContract
from .store import StoreContract
from .swaps import SwapsContract

__all__ = [
    "ApiTokenStoreContract",
    "ClosingContract",
    "ConcurrencyContract",
    "ConfigsContract",
    "DeviceTokenStoreContract",
    "HistoryContract",
    "LeaseContract",
    "ListsContract",
    "NotificationQueueContract",
    "OnceOnlyContract",
    "OutboxContract",
    "PruningContract",
    "RelayReportsContract",
    "RestoringContract",
    "StageContract",
    "StoreContract",
    "SwapsContract",
]
