"""All that is asked of a `Store`, in one class."""

from __future__ import annotations

from .closing import ClosingContract
from .concurrency import ConcurrencyContract
from .configs import ConfigsContract
from .history import HistoryContract
from .lists import ListsContract
from .once import OnceOnlyContract
from .outbox import OutboxContract
from .pruning import PruningContract
from .restoring import RestoringContract
from .stages import StageContract
from .swaps import SwapsContract


class StoreContract(
    ConfigsContract,
    ListsContract,
    ConcurrencyContract,
    HistoryContract,
    PruningContract,
    RestoringContract,
    SwapsContract,
    StageContract,
    OutboxContract,
    OnceOnlyContract,
    ClosingContract,
):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""
