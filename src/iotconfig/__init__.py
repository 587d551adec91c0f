"""The system of record for the configuration of ESP32-class devices.

    import iotconfig

    with iotconfig.open_service("sqlite:///devices.db", upgrade=True) as service:
        config, created = service.configs.put("aa:bb:cc:dd:ee:ff", {"mqtt": {"port": 1883}})
        print(config.content["mqtt"]["port"], config.revision)
        for config in service.configs.all():
            print(config.mac_address, config.content)

`open_service` opens a `Service`, whose members are the use cases:

    service.configs        ConfigService        one config at a time
    service.history        HistoryService       revisions, deleted configs, pruning
    service.changes        ChangeLogService     the change log: all changes in one order
    service.bulk           BulkService          import, patch and export of many configs
    service.tags           TagService           tags and notes of devices
    service.layers         LayerService         documents that reach many devices
    service.models         ModelService         schemas and budgets of kinds of devices
    service.adoption       AdoptionService      first configs of new boards
    service.devices        DeviceService        what devices run, and their reports
    service.notifications  NotificationService  pending notifications
    service.api_tokens     ApiTokenService      tokens of programs
    service.device_tokens  DeviceTokenService   tokens of devices

They take and return:

    configs        Config, ConfigContent, Document, MacAddress, RevisionCounter
    lists          ConfigQuery, ConfigPage, ConfigSummary; HistoryQuery, HistoryPage, Revision,
                   RevisionSummary, Operation; DeletedQuery, DeletedPage, DeletedConfig
    changes        Replace, Merge with a MergePatch, Rollback; ChangeNote (author and message);
                   Precondition, UNCONDITIONAL; Retention, Pruned
    change log     ChangeQuery, ChangePage, LoggedChange, ChangeKind, TagDifference, NoteDifference
    bulk           BulkEntry, ImportOptions, OnConflict; Selection, MemberValue, BulkOptions; Tally,
                   BulkRefusal, BulkResult, Outcome, PatchOutcome, PatchSample, ExportedConfig
    tags           Labels, LabelEdit, LabelEntry, LabelledDevice, TagFilter, TagCount
    layers         Layer, LayerSummary, LayerDefinition, Reach;
                   CreateLayer, PutLayer, RollBackLayer, DeleteLayer,
                   OrderLayers (a LayersEdit); LayersWritten, LayerChange; Recomposition;
                   LayersPreview, DocumentSample, RefusedDevice;
                   LayerHistoryQuery, LayerHistoryPage, LayerRevision, LayerRevisionSummary
    models         ModelRules (a schema, a Budget, a ModelMode), DeviceModel, ModelSummary,
                   ListedModel, ModelWritten; Validation, FailingDevice, Failure
    devices        DeviceQuery, DevicePage, DeviceCounts, DeviceStatus, DeviceState;
                   Evidence, EvidenceKind, Proof; Report, ReportOutcome
    notifications  Notification, DeliveryHealth, DeliveryState; Reannounced
    tokens         ApiToken, DeviceToken, Principal, Role

Errors derive from IotConfigError, and have `code` and `details`:

    of an input    ValidationFailed, Unprocessable, InvalidDocument, InvalidMacAddress, ContentTooLarge
    of a model     DocumentRefused, ModelRefused
    of a record    RecordNotFound, RecordExists, RecordGone, ChangedSince, NameTaken, PlaceTaken,
                   PreconditionFailed
    of a selection NothingSelected, UnexpectedCount
    of a token     AuthenticationRequired
    of the store   StoreUnavailable, SecretsLocked, StoreFull, ServiceClosed

Importing this package loads next to nothing: the parts of its core are loaded
when their names are first used, and the adapters by `open_service`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ._version import __version__

if TYPE_CHECKING:
    from .domain.access.api_tokens import ApiToken, ApiTokenService
    from .domain.access.principal import Principal, Role
    from .domain.announcing.notifications import Notification
    from .domain.announcing.service import DeliveryHealth, DeliveryState, NotificationService
    from .domain.configs.adopting import AdoptionService
    from .domain.configs.announcements import Reannounced
    from .domain.configs.bulk import (
        BulkEntry,
        BulkRefusal,
        BulkResult,
        ExportedConfig,
        OnConflict,
        Outcome,
        PatchOutcome,
        PatchSample,
        Tally,
    )
    from .domain.configs.bulk_options import BulkOptions, ImportOptions
    from .domain.configs.bulk_service import BulkService
    from .domain.configs.change_log import ChangeKind, LoggedChange
    from .domain.configs.change_log_service import ChangeLogService
    from .domain.configs.change_query import ChangePage, ChangeQuery
    from .domain.configs.config import Config, ConfigSummary
    from .domain.configs.counter import RevisionCounter
    from .domain.configs.edits import Merge, Replace, Rollback
    from .domain.configs.history import HistoryService
    from .domain.configs.label_differences import NoteDifference, TagDifference
    from .domain.configs.label_entries import LabelEntry, LabelledDevice
    from .domain.configs.label_ports import TagCount
    from .domain.configs.labels import LabelEdit, Labels, TagFilter
    from .domain.configs.precondition import UNCONDITIONAL, Precondition
    from .domain.configs.query import ConfigPage, ConfigQuery
    from .domain.configs.revisions import (
        ChangeNote,
        DeletedConfig,
        DeletedPage,
        DeletedQuery,
        HistoryPage,
        HistoryQuery,
        Operation,
        Pruned,
        Retention,
        Revision,
        RevisionSummary,
    )
    from .domain.configs.selection import Selection
    from .domain.configs.service import ConfigService
    from .domain.configs.tagging import TagService
    from .domain.devices.evidence import Evidence, Proof
    from .domain.devices.evidence import Kind as EvidenceKind
    from .domain.devices.reports import Outcome as ReportOutcome
    from .domain.devices.reports import Report
    from .domain.devices.service import DeviceService
    from .domain.devices.state import State as DeviceState
    from .domain.devices.status import DeviceCounts, DevicePage, DeviceQuery, DeviceStatus
    from .domain.devices.tokens import DeviceToken, DeviceTokenService
    from .domain.documents.content import ConfigContent
    from .domain.documents.document import Document
    from .domain.documents.member_value import MemberValue
    from .domain.documents.merge_patch import MergePatch
    from .domain.errors import (
        AuthenticationRequired,
        ChangedSince,
        ContentTooLarge,
        DocumentRefused,
        InvalidDocument,
        InvalidMacAddress,
        IotConfigError,
        ModelRefused,
        NameTaken,
        NothingSelected,
        PlaceTaken,
        PreconditionFailed,
        RecordExists,
        RecordGone,
        RecordNotFound,
        SecretsLocked,
        ServiceClosed,
        StoreFull,
        StoreUnavailable,
        UnexpectedCount,
        Unprocessable,
        ValidationFailed,
    )
    from .domain.facade import Service
    from .domain.layering.edits import (
        CreateLayer,
        DeleteLayer,
        LayersEdit,
        OrderLayers,
        PutLayer,
        RollBackLayer,
    )
    from .domain.layering.model_checks import FailingDevice
    from .domain.layering.model_service import (
        ListedModel,
        ModelService,
        ModelSummary,
        ModelWritten,
        Validation,
    )
    from .domain.layering.previews import DocumentSample, LayersPreview, RefusedDevice
    from .domain.layering.service import LayerService, LayersWritten
    from .domain.layers.layer import Layer, LayerDefinition, LayerSummary
    from .domain.layers.reach import Reach
    from .domain.layers.recompositions import Recomposition
    from .domain.layers.revisions import (
        LayerChange,
        LayerHistoryPage,
        LayerHistoryQuery,
        LayerRevision,
        LayerRevisionSummary,
    )
    from .domain.mac import MacAddress
    from .domain.models.budget import Budget
    from .domain.models.failure import Failure
    from .domain.models.model import DeviceModel, ModelRules
    from .domain.models.model import Mode as ModelMode

__all__ = [
    "UNCONDITIONAL",
    "AdoptionService",
    "ApiToken",
    "ApiTokenService",
    "AuthenticationRequired",
    "Budget",
    "BulkEntry",
    "BulkOptions",
    "BulkRefusal",
    "BulkResult",
    "BulkService",
    "ChangeKind",
    "ChangeLogService",
    "ChangeNote",
    "ChangePage",
    "ChangeQuery",
    "ChangedSince",
    "Config",
    "ConfigContent",
    "ConfigPage",
    "ConfigQuery",
    "ConfigService",
    "ConfigSummary",
    "ContentTooLarge",
    "CreateLayer",
    "DeleteLayer",
    "DeletedConfig",
    "DeletedPage",
    "DeletedQuery",
    "DeliveryHealth",
    "DeliveryState",
    "DeviceCounts",
    "DeviceModel",
    "DevicePage",
    "DeviceQuery",
    "DeviceService",
    "DeviceState",
    "DeviceStatus",
    "DeviceToken",
    "DeviceTokenService",
    "Document",
    "DocumentRefused",
    "DocumentSample",
    "Evidence",
    "EvidenceKind",
    "ExportedConfig",
    "FailingDevice",
    "Failure",
    "HistoryPage",
    "HistoryQuery",
    "HistoryService",
    "ImportOptions",
    "InvalidDocument",
    "InvalidMacAddress",
    "IotConfigError",
    "LabelEdit",
    "LabelEntry",
    "LabelledDevice",
    "Labels",
    "Layer",
    "LayerChange",
    "LayerDefinition",
    "LayerHistoryPage",
    "LayerHistoryQuery",
    "LayerRevision",
    "LayerRevisionSummary",
    "LayerService",
    "LayerSummary",
    "LayersEdit",
    "LayersPreview",
    "LayersWritten",
    "ListedModel",
    "LoggedChange",
    "MacAddress",
    "MemberValue",
    "Merge",
    "MergePatch",
    "ModelMode",
    "ModelRefused",
    "ModelRules",
    "ModelService",
    "ModelSummary",
    "ModelWritten",
    "NameTaken",
    "NoteDifference",
    "NothingSelected",
    "Notification",
    "NotificationService",
    "OnConflict",
    "Operation",
    "OrderLayers",
    "Outcome",
    "PatchOutcome",
    "PatchSample",
    "PlaceTaken",
    "Precondition",
    "PreconditionFailed",
    "Principal",
    "Proof",
    "Pruned",
    "PutLayer",
    "Reach",
    "Reannounced",
    "Recomposition",
    "RecordExists",
    "RecordGone",
    "RecordNotFound",
    "RefusedDevice",
    "Replace",
    "Report",
    "ReportOutcome",
    "Retention",
    "Revision",
    "RevisionCounter",
    "RevisionSummary",
    "Role",
    "RollBackLayer",
    "Rollback",
    "SecretsLocked",
    "Selection",
    "Service",
    "ServiceClosed",
    "StoreFull",
    "StoreUnavailable",
    "TagCount",
    "TagDifference",
    "TagFilter",
    "TagService",
    "Tally",
    "UnexpectedCount",
    "Unprocessable",
    "Validation",
    "ValidationFailed",
    "__version__",
    "open_service",
]

_HOMES: Final = {
    "domain.access.api_tokens": (
        "ApiToken",
        "ApiTokenService",
    ),
    "domain.access.principal": (
        "Principal",
        "Role",
    ),
    "domain.announcing.notifications": ("Notification",),
    "domain.announcing.service": (
        "DeliveryHealth",
        "DeliveryState",
        "NotificationService",
    ),
    "domain.configs.announcements": ("Reannounced",),
    "domain.configs.bulk": (
        "BulkEntry",
        "BulkRefusal",
        "BulkResult",
        "ExportedConfig",
        "OnConflict",
        "Outcome",
        "PatchOutcome",
        "PatchSample",
        "Tally",
    ),
    "domain.configs.bulk_options": (
        "BulkOptions",
        "ImportOptions",
    ),
    "domain.configs.bulk_service": ("BulkService",),
    "domain.configs.change_log": (
        "ChangeKind",
        "LoggedChange",
    ),
    "domain.configs.change_log_service": ("ChangeLogService",),
    "domain.configs.change_query": (
        "ChangePage",
        "ChangeQuery",
    ),
    "domain.configs.config": (
        "Config",
        "ConfigSummary",
    ),
    "domain.configs.counter": ("RevisionCounter",),
    "domain.configs.edits": (
        "Merge",
        "Replace",
        "Rollback",
    ),
    "domain.configs.history": ("HistoryService",),
    "domain.configs.precondition": (
        "UNCONDITIONAL",
        "Precondition",
    ),
    "domain.configs.query": (
        "ConfigPage",
        "ConfigQuery",
    ),
    "domain.configs.revisions": (
        "ChangeNote",
        "DeletedConfig",
        "DeletedPage",
        "DeletedQuery",
        "HistoryPage",
        "HistoryQuery",
        "Operation",
        "Pruned",
        "Retention",
        "Revision",
        "RevisionSummary",
    ),
    "domain.configs.adopting": ("AdoptionService",),
    "domain.configs.label_differences": ("NoteDifference", "TagDifference"),
    "domain.configs.label_entries": ("LabelEntry", "LabelledDevice"),
    "domain.configs.label_ports": ("TagCount",),
    "domain.configs.labels": ("LabelEdit", "Labels", "TagFilter"),
    "domain.configs.selection": ("Selection",),
    "domain.configs.tagging": ("TagService",),
    "domain.configs.service": ("ConfigService",),
    "domain.devices.evidence": ("Evidence", "EvidenceKind", "Proof"),
    "domain.devices.reports": ("Report", "ReportOutcome"),
    "domain.devices.service": ("DeviceService",),
    "domain.devices.state": ("DeviceState",),
    "domain.devices.status": ("DeviceCounts", "DevicePage", "DeviceQuery", "DeviceStatus"),
    "domain.devices.tokens": (
        "DeviceToken",
        "DeviceTokenService",
    ),
    "domain.documents.content": ("ConfigContent",),
    "domain.documents.document": ("Document",),
    "domain.documents.member_value": ("MemberValue",),
    "domain.documents.merge_patch": ("MergePatch",),
    "domain.errors": (
        "AuthenticationRequired",
        "ChangedSince",
        "ContentTooLarge",
        "DocumentRefused",
        "InvalidDocument",
        "InvalidMacAddress",
        "IotConfigError",
        "ModelRefused",
        "NameTaken",
        "NothingSelected",
        "PlaceTaken",
        "PreconditionFailed",
        "RecordExists",
        "RecordGone",
        "RecordNotFound",
        "SecretsLocked",
        "ServiceClosed",
        "StoreFull",
        "StoreUnavailable",
        "UnexpectedCount",
        "Unprocessable",
        "ValidationFailed",
    ),
    "domain.facade": ("Service",),
    "domain.layering.edits": (
        "CreateLayer",
        "DeleteLayer",
        "LayersEdit",
        "OrderLayers",
        "PutLayer",
        "RollBackLayer",
    ),
    "domain.layering.model_checks": ("FailingDevice",),
    "domain.layering.model_service": (
        "ListedModel",
        "ModelService",
        "ModelSummary",
        "ModelWritten",
        "Validation",
    ),
    "domain.layering.previews": ("DocumentSample", "LayersPreview", "RefusedDevice"),
    "domain.layering.service": (
        "LayerService",
        "LayerSummary",
        "LayersPreview",
        "LayersWritten",
    ),
    "domain.layers.layer": (
        "Layer",
        "LayerDefinition",
    ),
    "domain.layers.reach": ("Reach",),
    "domain.layers.recompositions": ("Recomposition",),
    "domain.layers.revisions": (
        "LayerChange",
        "LayerHistoryPage",
        "LayerHistoryQuery",
        "LayerRevision",
        "LayerRevisionSummary",
    ),
    "domain.mac": ("MacAddress",),
    "domain.models.budget": ("Budget",),
    "domain.models.failure": ("Failure",),
    "domain.models.model": ("DeviceModel", "ModelMode", "ModelRules"),
}

_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}
_NAME_AT_HOME: Final = {
    "DeviceState": "State",
    "EvidenceKind": "Kind",
    "ModelMode": "Mode",
    "ReportOutcome": "Outcome",
}
"""Names that say too little outside of their module."""


if not TYPE_CHECKING:  # A type checker that sees it accepts any name.

    def __getattr__(name: str) -> object:
        """Load the module that a name comes from, when it is first asked for."""
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(f".{_HOME_OF[name]}", __name__)
        found: object = getattr(home, _NAME_AT_HOME.get(name, name))
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return __all__


def open_service(database_url: str, *, upgrade: bool = False) -> Service:
    """Open all use cases on a database. Close the service with `close()`, or use it in a `with` block.

    database_url: `postgresql://user:password@host/name`, `sqlite:///file.db` (relative; four slashes
        for an absolute path), `memory://` for a store that is gone once the service is closed, or the URL
        of a store of another installed package.
    upgrade: apply pending migrations first; a SQLite file that does not exist is created. Without it,
        a schema that is not current is refused.

    Raises `ValidationFailed` for a URL of another kind, `StoreUnavailable` where
    the database does not answer or its schema is not current.
    """
    from .entrypoints.library import open_service

    return open_service(database_url, upgrade=upgrade)
