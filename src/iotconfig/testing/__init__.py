"""The contract suites of the ports, for any adapter: `pip install 'iotconfig[testing]'`.

Each suite is a class of tests. Subclass it where pytest finds it, and give it the
fixtures that its docstring names; `StoreContract` needs `store` and `queue`:

    from iotconfig.testing import NotificationQueueContract, StoreContract

    class TestStore(StoreContract):
        pass

    class TestNotificationQueue(NotificationQueueContract):
        pass

Fixtures may stand in the class, in its module or in a `conftest.py`. Each test
gets an empty store; ids begin at 1.
"""

from __future__ import annotations

from pkgutil import iter_modules

try:
    import pytest
except ImportError:
    raise ImportError("iotconfig.testing needs pytest: pip install 'iotconfig[testing]'") from None

# Before the suites are imported: their assertions say what differed.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

from .contracts.adoption import AdoptionContract
from .contracts.api_tokens import ApiTokenStoreContract
from .contracts.board_swaps import BoardSwapsContract
from .contracts.bulk_pruning import BulkPruningContract
from .contracts.bulk_removals import BulkRemovalsContract
from .contracts.bulk_replaced_boards import BulkReplacedBoardsContract
from .contracts.bulk_write import BulkWriteContract
from .contracts.change_log import ChangeLogContract
from .contracts.change_search import ChangeSearchContract
from .contracts.closing import ClosingContract
from .contracts.concurrency import ConcurrencyContract
from .contracts.config_queries import ConfigQueriesContract
from .contracts.configs import ConfigsContract
from .contracts.delays import DelayReaderContract
from .contracts.device_models import DeviceModelsContract
from .contracts.device_tokens import DeviceTokenStoreContract
from .contracts.devices_of_layers import DevicesOfLayersContract
from .contracts.document_rules import DocumentRulesContract
from .contracts.documents import DocumentsContract
from .contracts.evidence import EvidenceStoreContract
from .contracts.history import HistoryContract
from .contracts.last_messages import LastMessageStoreContract
from .contracts.layered_documents import LayeredDocumentsContract
from .contracts.layering import LayeringContract
from .contracts.layers import LayersContract
from .contracts.lease import LeaseContract
from .contracts.model_use_cases import ModelUseCasesContract
from .contracts.models import ModelsContract
from .contracts.new_boards import NewBoardStoreContract
from .contracts.notification_outbox import NotificationOutboxContract
from .contracts.notification_queue import NotificationQueueContract
from .contracts.pruning import PruningContract
from .contracts.recomposition_steps import RecompositionStepsContract
from .contracts.relay_reports import RelayReportsContract
from .contracts.replay_guard import ReplayGuardContract
from .contracts.restoring import RestoringContract
from .contracts.sealed_documents import SealedDocumentsContract
from .contracts.secrets import SecretsContract
from .contracts.serving import ServingContract
from .contracts.store import StoreContract
from .contracts.subscriber_reports import SubscriberReportsContract
from .contracts.subscription import SubscriptionContract
from .contracts.tags import TagsContract
from .contracts.undo import UndoContract
from .contracts.undo_of_boards import UndoOfBoardsContract
from .contracts.wakeup import WakeupContract

__all__ = [
    "AdoptionContract",
    "ApiTokenStoreContract",
    "BoardSwapsContract",
    "BulkPruningContract",
    "BulkRemovalsContract",
    "BulkReplacedBoardsContract",
    "BulkWriteContract",
    "ChangeLogContract",
    "ChangeSearchContract",
    "ClosingContract",
    "ConcurrencyContract",
    "ConfigQueriesContract",
    "ConfigsContract",
    "DelayReaderContract",
    "DeviceModelsContract",
    "DeviceTokenStoreContract",
    "DevicesOfLayersContract",
    "DocumentRulesContract",
    "DocumentsContract",
    "EvidenceStoreContract",
    "HistoryContract",
    "LastMessageStoreContract",
    "LayeredDocumentsContract",
    "LayeringContract",
    "LayersContract",
    "LeaseContract",
    "ModelUseCasesContract",
    "ModelsContract",
    "NewBoardStoreContract",
    "NotificationOutboxContract",
    "NotificationQueueContract",
    "PruningContract",
    "RecompositionStepsContract",
    "RelayReportsContract",
    "ReplayGuardContract",
    "RestoringContract",
    "SealedDocumentsContract",
    "SecretsContract",
    "ServingContract",
    "StoreContract",
    "SubscriberReportsContract",
    "SubscriptionContract",
    "TagsContract",
    "UndoContract",
    "UndoOfBoardsContract",
    "WakeupContract",
]
