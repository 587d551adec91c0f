"""All contracts of `Store`, in one class."""

from __future__ import annotations

from .adoption import AdoptionContract
from .board_swaps import BoardSwapsContract
from .bulk_pruning import BulkPruningContract
from .bulk_removals import BulkRemovalsContract
from .bulk_replaced_boards import BulkReplacedBoardsContract
from .bulk_write import BulkWriteContract
from .change_log import ChangeLogContract
from .change_search import ChangeSearchContract
from .closing import ClosingContract
from .concurrency import ConcurrencyContract
from .config_queries import ConfigQueriesContract
from .configs import ConfigsContract
from .device_models import DeviceModelsContract
from .devices_of_layers import DevicesOfLayersContract
from .documents import DocumentsContract
from .history import HistoryContract
from .layered_documents import LayeredDocumentsContract
from .layering import LayeringContract
from .layers import LayersContract
from .model_use_cases import ModelUseCasesContract
from .models import ModelsContract
from .notification_outbox import NotificationOutboxContract
from .pruning import PruningContract
from .recomposition_steps import RecompositionStepsContract
from .replay_guard import ReplayGuardContract
from .restoring import RestoringContract
from .sealed_documents import SealedDocumentsContract
from .secrets import SecretsContract
from .selections import SelectionsContract
from .serving import ServingContract
from .tags import TagsContract
from .undo import UndoContract
from .undo_of_boards import UndoOfBoardsContract


class StoreContract(
    ConfigsContract,
    ConfigQueriesContract,
    DocumentsContract,
    ServingContract,
    ConcurrencyContract,
    HistoryContract,
    PruningContract,
    RestoringContract,
    BoardSwapsContract,
    BulkWriteContract,
    BulkRemovalsContract,
    BulkReplacedBoardsContract,
    BulkPruningContract,
    UndoContract,
    UndoOfBoardsContract,
    TagsContract,
    AdoptionContract,
    LayersContract,
    LayeringContract,
    LayeredDocumentsContract,
    DevicesOfLayersContract,
    RecompositionStepsContract,
    ModelsContract,
    DeviceModelsContract,
    ModelUseCasesContract,
    SelectionsContract,
    SecretsContract,
    SealedDocumentsContract,
    ChangeLogContract,
    ChangeSearchContract,
    NotificationOutboxContract,
    ReplayGuardContract,
    ClosingContract,
):
    """Needs the fixtures `store`, an empty store, and `queue`, its notifications."""
