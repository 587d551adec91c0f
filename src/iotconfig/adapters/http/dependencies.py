"""The collaborators of the resources."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import falcon
from attrs import field, frozen

from iotconfig.adapters.codec import BodyReader
from iotconfig.adapters.networks import Network
from iotconfig.adapters.telemetry import LogUse
from iotconfig.domain.access.use_cases import ApiTokenUseCases
from iotconfig.domain.announcing.use_cases import NotificationUseCases
from iotconfig.domain.assets.service import AssetService
from iotconfig.domain.configs.adoption_use_cases import AdoptionUseCases
from iotconfig.domain.configs.bulk_use_cases import BulkUseCases
from iotconfig.domain.configs.change_use_cases import ChangeUseCases
from iotconfig.domain.configs.config_use_cases import ConfigUseCases, DocumentUseCases
from iotconfig.domain.configs.history_use_cases import HistoryUseCases
from iotconfig.domain.configs.tag_use_cases import TagUseCases
from iotconfig.domain.devices.asking_boards import AskingBoards
from iotconfig.domain.devices.new_boards import NewBoardReader
from iotconfig.domain.devices.sightings import Sightings
from iotconfig.domain.devices.subscriber_reports import SubscriberService
from iotconfig.domain.devices.use_cases import DeviceTokenUseCases, DeviceUseCases
from iotconfig.domain.layering.explaining import ExplanationUseCases
from iotconfig.domain.layering.model_use_cases import ModelUseCases
from iotconfig.domain.layering.use_cases import LayerUseCases
from iotconfig.domain.offload import Offload
from iotconfig.domain.pictures import PictureUseCases
from iotconfig.domain.secrets.use_cases import SecretUseCases

from .access.authentication import Authentication
from .access.sign_ins import SignIns
from .access.terminals import Terminals
from .api.metrics import Render
from .events.streams import EventStreams
from .transfers import TransferSlots
from .web.files import WebFiles


@frozen
class UseCases:
    """The use cases that the API exposes."""

    configs: ConfigUseCases
    documents: DocumentUseCases
    history: HistoryUseCases
    changes: ChangeUseCases
    bulk: BulkUseCases
    tags: TagUseCases
    models: ModelUseCases
    layers: LayerUseCases
    explanations: ExplanationUseCases
    secrets: SecretUseCases
    adoption: AdoptionUseCases
    notifications: NotificationUseCases
    subscriber: SubscriberService
    api_tokens: ApiTokenUseCases
    device_tokens: DeviceTokenUseCases
    assets: AssetService
    check_store: Callable[[], None]
    """Raises `StoreUnavailable` where the database is away or takes no writes, as `Store.check` does."""
    pictures: PictureUseCases
    devices: DeviceUseCases | None = None
    """None: no evidence about devices is kept."""
    sightings: Sightings | None = None
    """None: fetches are not recorded."""
    new_boards: NewBoardReader | None = None
    """None: new boards are not kept."""
    asking_boards: AskingBoards | None = None
    """None: boards without a document are not recorded."""


@frozen
class Dependencies:
    """The collaborators that a row of the route table makes its resource of."""

    use_cases: UseCases
    authentication: Authentication | None
    """None: authentication is off."""
    sign_ins: SignIns
    terminals: Terminals
    bodies: BodyReader
    max_import_bytes: int
    require_if_match: bool
    proxies: Sequence[Network]
    """Networks of trusted proxies: their `X-Forwarded-For` is evaluated."""
    comparing: Offload
    """Runs large comparisons beside the serving thread."""
    slots: TransferSlots
    event_streams: EventStreams | None
    """None: there are no events."""
    confirm: Callable[[falcon.Request], object]
    """Authenticates the caller of a long answer again. Raises where it has lost its rights."""
    yield_turn: Callable[[], None]
    """Yields to other requests in the same thread."""
    is_ready: Callable[[], None]
    database_log: Callable[[], LogUse | None]
    render_metrics: Render | None
    """None: there is no `/metrics`."""
    metrics_token: str = field(repr=False)
    description: Callable[[], str]
    """The OpenAPI description as JSON."""
    page: Callable[[], str]
    """The same as HTML."""
    web_files: WebFiles
    """The built files of the web app."""
