"""A second implementation of the port of the commands: use cases that answer from JSON, as a client of a service would.

Nothing of it is a database's: no store, no key or digest of a token, no schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from attrs import Factory, define, evolve, frozen

from iotconfig.adapters.cli.runtime import Backups, Identity, Runtime, Schema, Services, SignIn
from iotconfig.adapters.codec import RawJson
from iotconfig.adapters.codec.document_answers import (
    DeviceDocument,
    DocumentLayer,
    ExplainedMember,
    ShadowedValue,
)
from iotconfig.adapters.codec.health_answers import Healthy, Unhealthy
from iotconfig.domain.access.principal import Role
from iotconfig.domain.announcing.announcement import AnnouncedDocument, Announcement, Kind, Subject
from iotconfig.domain.announcing.notifications import Notification
from iotconfig.domain.announcing.service import DeliveryHealth, DeliveryState
from iotconfig.domain.configs.announcements import Reannounced
from iotconfig.domain.configs.bulk import (
    BulkEntry,
    BulkRefusal,
    BulkResult,
    ExportedConfig,
    Outcome,
    PatchOutcome,
    Tally,
)
from iotconfig.domain.configs.change_log import LoggedChange
from iotconfig.domain.configs.change_query import ChangePage, ChangeQuery, LogBounds
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.edits import Edit, Replace
from iotconfig.domain.configs.label_entries import LabelEntry, LabelledDevice
from iotconfig.domain.configs.label_ports import TagCount
from iotconfig.domain.configs.labels import ANY_TAGS, NO_LABELS, Labels, TagFilter
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery
from iotconfig.domain.configs.revisions import (
    UNSIGNED,
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
)
from iotconfig.domain.devices.evidence import Evidence
from iotconfig.domain.devices.evidence import Kind as EvidenceKind
from iotconfig.domain.devices.new_boards import NewBoard
from iotconfig.domain.devices.past import PastPage, PastQuery, StateChange
from iotconfig.domain.devices.state import State
from iotconfig.domain.devices.status import DevicePage, DeviceQuery, DeviceStatus, FormerDevice, FormerPage
from iotconfig.domain.devices.subscriber_reports import SubscriberHealth, SubscriberState
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import IotConfigError, RecordNotFound
from iotconfig.domain.layering.edits import LayersEdit
from iotconfig.domain.layering.model_checks import FailingDevice
from iotconfig.domain.layering.model_service import (
    MAX_FAILING,
    ListedModel,
    ModelSummary,
    ModelWritten,
    Validation,
)
from iotconfig.domain.layering.previews import LayersPreview
from iotconfig.domain.layering.service import LayersWritten
from iotconfig.domain.layers.layer import Layer, LayerSummary
from iotconfig.domain.layers.recompositions import Recomposition
from iotconfig.domain.layers.revisions import LayerHistoryPage, LayerHistoryQuery, LayerRevision
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.failure import Failure
from iotconfig.domain.models.model import DeviceModel, Mode, ModelRules
from iotconfig.domain.secrets.use_cases import ListedSecret, SecretUse, SecretWritten
from iotconfig.testing.clocks import START
from iotconfig.testing.layer_builders import creation, layer

URL: Final = "https://iot.example"
MAC: Final = "02:00:00:00:00:07"

_CONFIG: Final = json.dumps(
    {
        "id": 7,
        "mac_address": MAC,
        "revision": 2,
        "content": {"deviceName": "Porch"},
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": "2026-01-02T00:00:00+00:00",
    }
)
_TOKEN: Final = json.dumps({"name": "ci", "role": "viewer", "created_at": "2026-01-01T00:00:00+00:00"})


def _config() -> Config:
    """The config that the service has."""
    given: dict[str, Any] = json.loads(_CONFIG)
    return Config(
        id=given["id"],
        mac_address=MacAddress.parse(given["mac_address"]),
        content=ConfigContent.parse(json.dumps(given["content"])),
        revision=given["revision"],
        created_at=datetime.fromisoformat(given["created_at"]),
        updated_at=datetime.fromisoformat(given["updated_at"]),
        change="00112233445566aa",
    )


def _revision(number: int) -> Revision:
    config = _config()
    content = ConfigContent.parse(json.dumps({"deviceName": f"Porch {number}"}))
    return Revision(
        config.id,
        config.mac_address,
        number,
        Operation.UPDATE,
        content,
        ChangeNote("ci", None),
        config.updated_at,
    )


def _device() -> DeviceStatus:
    """The device, as the service lists it."""
    config = _config()
    seen = config.updated_at
    return DeviceStatus(
        config.mac_address, "Porch", State.IN_SYNC, False, "Runs 2.", 2, 2, seen, "1.4", ("hall",), None
    )


@frozen
class RemoteToken:
    """A token as a service describes it. Its key and digest stay there."""

    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> str:
        return "active" if self.created_at <= now else "unknown"


def _token() -> RemoteToken:
    given = json.loads(_TOKEN)
    return RemoteToken(given["name"], Role(given["role"]), datetime.fromisoformat(given["created_at"]))


@frozen
class RemoteDeviceToken:
    """A device token as a service describes it."""

    mac_address: MacAddress
    created_at: datetime


@define
class _Called:
    """Use cases that note which of them was called."""

    calls: list[str]


@define
class RemoteConfigs(_Called):
    """`ConfigUseCases`."""

    def create(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = UNSIGNED) -> Config:
        self.calls.append("create")
        return _config()

    def get(self, config_id: int) -> Config:
        if config_id != _config().id:
            raise RecordNotFound(config_id)
        return _config()

    def get_by_mac(self, mac_address: MacAddress) -> Config:
        if mac_address != _config().mac_address:
            raise RecordNotFound(mac_address)
        return _config()

    def id_of(self, mac_address: MacAddress) -> int:
        return self.get_by_mac(mac_address).id

    def find(self, query: ConfigQuery) -> ConfigPage:
        if query.with_content is False:
            return ConfigPage((), 0 if query.count else None, None)
        return ConfigPage((_config().summary(),), 1 if query.count else None, None)

    def edit(
        self,
        config_id: int,
        edit: Edit,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        self.calls.append(f"edit {type(edit).__name__}")
        return self.get(config_id)

    def preview(
        self, config_id: int, edit: Edit, precondition: Precondition = UNCONDITIONAL
    ) -> tuple[Config, ConfigContent]:
        self.calls.append("preview")
        content = edit.content if isinstance(edit, Replace) else _revision(1).content
        assert content is not None
        return self.get(config_id), content

    def put(
        self,
        mac_address: MacAddress,
        content: ConfigContent,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> tuple[Config, bool]:
        self.calls.append("put")
        return _config(), True

    def preview_put(
        self, mac_address: MacAddress, content: ConfigContent, precondition: Precondition = UNCONDITIONAL
    ) -> Config | None:
        self.calls.append("preview_put")
        return None

    def replace_device(
        self,
        config_id: int,
        mac_address: MacAddress,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        self.calls.append("replace_device")
        return self.get(config_id)

    def delete(
        self, config_id: int, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        self.calls.append("delete")
        return _config().change

    def restore(self, config_id: int, note: ChangeNote = UNSIGNED) -> Config:
        self.calls.append("restore")
        return self.get(config_id)

    def delete_device(
        self,
        mac_address: MacAddress,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> str:
        self.calls.append("delete_device")
        return _config().change

    def announce(self, config_id: int) -> Config:
        self.calls.append("announce")
        return self.get(config_id)

    def announce_all(self, *, hints_per_second: float | None = None) -> int:
        self.calls.append("announce_all")
        return 1

    def announce_many(
        self, mac_addresses: Iterable[MacAddress | str], *, hints_per_second: float | None = None
    ) -> Reannounced:
        self.calls.append("announce_many")
        return Reannounced(1)


@define
class RemoteHistory(_Called):
    """`HistoryUseCases`."""

    def config_of(self, mac_address: MacAddress) -> int:
        return _config().id

    def revisions(self, query: HistoryQuery) -> HistoryPage:
        return HistoryPage((_revision(2).summary(), _revision(1).summary()), None)

    def revision(self, config_id: int, number: int) -> Revision:
        return _revision(number)

    def compare(
        self, config_id: int, earlier: int | None = None, later: int | None = None
    ) -> tuple[Revision | None, Revision]:
        return _revision(earlier or 1), _revision(later or 2)

    def deleted(self, query: DeletedQuery) -> DeletedPage:
        gone = _config()
        return DeletedPage(
            (DeletedConfig(8, gone.mac_address, "Shed", 3, "ci", None, gone.updated_at),), None
        )

    def prune(self, retention: Retention, *, dry_run: bool = False) -> Iterator[Pruned]:
        self.calls.append("prune")
        yield Pruned(revisions=4, changes=5, states=6)


@define
class RemoteChanges(_Called):
    """`ChangeUseCases`."""

    def find(self, query: ChangeQuery) -> ChangePage:
        config = _config()
        change = LoggedChange(
            7, config.change, Subject(Kind.CONFIG, MAC), Operation.UPDATE, 2, "ci", None, config.updated_at
        )
        return ChangePage((change,), None, LogBounds(7, 1))


@define
class RemoteBulk(_Called):
    """`BulkUseCases`."""

    def load(self, *arguments: Any, **_options: Any) -> Tally:
        source: Iterable[BulkEntry | BulkRefusal] = arguments[0]
        self.calls.append("load")
        return Tally(new=len(list(source)), stored=True)

    def patch(self, *arguments: Any, **_options: Any) -> PatchOutcome:
        on_result: Callable[[BulkResult], None] = arguments[5]
        self.calls.append("patch")
        on_result(BulkResult(MAC, MacAddress.parse(MAC), Outcome.CHANGED, 7, 3))
        return PatchOutcome(Tally(changed=1, stored=True))

    def undo(self, *_arguments: Any, **_options: Any) -> Tally:
        self.calls.append("undo")
        return Tally(changed=1, stored=True, change="00112233445566bb")

    @contextmanager
    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[Iterator[ExportedConfig]]:
        config = _config()
        yield iter([ExportedConfig(config.mac_address, config.content.text)])


@define
class RemoteTags(_Called):
    """`TagUseCases`."""

    def counts(self) -> Sequence[TagCount]:
        return [TagCount("kitchen", 2)]

    def edit(self, *_arguments: Any, **_options: Any) -> str | None:
        raise AssertionError("commands change selections")

    def preview(self, *_arguments: Any, **_options: Any) -> BulkResult:
        raise AssertionError("commands change selections")

    def tag(self, *arguments: Any, **_options: Any) -> Tally:
        on_result: Callable[[BulkResult], None] = arguments[5]
        self.calls.append("tag")
        on_result(BulkResult(MAC, MacAddress.parse(MAC), Outcome.CHANGED, 7, 3))
        return Tally(changed=1, stored=True)

    def export(self, tags: TagFilter = ANY_TAGS) -> Iterator[LabelledDevice]:
        yield LabelledDevice(MacAddress.parse(MAC), Labels(["kitchen"]))

    def load(self, *arguments: Any, **_options: Any) -> Tally:
        source: Iterable[LabelEntry | BulkRefusal] = arguments[0]
        self.calls.append("load tags")
        return Tally(changed=len(list(source)), stored=True)


@define
class RemoteLayers(_Called):
    """`LayerUseCases`."""

    def all(self) -> Sequence[Layer]:
        return [layer("base", text='{"a": 2}', revision=2)]

    def list(self) -> Sequence[LayerSummary]:
        return [each.summary() for each in self.all()]

    def get(self, name: str) -> Layer:
        if name != "base":
            raise RecordNotFound(name, what="Layer")
        return self.all()[0]

    def write(self, edit: LayersEdit, note: ChangeNote = UNSIGNED) -> LayersWritten:
        self.calls.append(type(edit).__name__)
        return LayersWritten("0011223344556677", ())

    def preview(self, edit: LayersEdit) -> LayersPreview:
        return LayersPreview(deleted=("base",), devices=3, changed=2)

    def recompositions(self, limit: int = 20) -> Sequence[Recomposition]:
        return [self.recomposition("0011223344556677")]

    def recomposition(self, change: str) -> Recomposition:
        return Recomposition(
            change=change, note=UNSIGNED, reaches=(), total=600, done=250, changed=200, started_at=START
        )

    def revisions(self, query: LayerHistoryQuery) -> LayerHistoryPage:
        found = (self.revision(query.name, number).summary() for number in (2, 1))
        return LayerHistoryPage(tuple(each for each in found if each.revision < (query.before or 9)), None)

    def revision(self, name: str, number: int) -> LayerRevision:
        made = creation(layer(name, text=f'{{"a": {number}}}', revision=number))
        return made.revision(UNSIGNED, "0011223344556677")

    def compare(
        self, name: str, earlier: int | None = None, later: int | None = None
    ) -> tuple[LayerRevision | None, LayerRevision]:
        return self.revision(name, 1), self.revision(name, 2)


@define
class RemoteSecrets(_Called):
    """`SecretUseCases`."""

    def all(self) -> Sequence[ListedSecret]:
        return [ListedSecret("wifi-psk", 2, START, START, SecretUse(1, [MacAddress.parse(MAC)], ["base"]))]

    def set(self, name: str, value: str, note: ChangeNote = UNSIGNED) -> SecretWritten:
        self.calls.append(f"set secret {name}")
        return SecretWritten(name, 1, "0011223344556677")

    def remove(self, name: str, note: ChangeNote = UNSIGNED) -> str:
        self.calls.append(f"remove secret {name}")
        return "0011223344556677"


@define
class RemoteModels(_Called):
    """`ModelUseCases`."""

    def all(self) -> Sequence[ModelSummary]:
        return [ModelSummary("lamp", Mode.ENFORCE, Budget(bytes=3999), 2, 7, START, START)]

    def get(self, name: str) -> ListedModel:
        return ListedModel(_model(name), 7)

    def put(
        self,
        name: str,
        rules: ModelRules,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> ModelWritten:
        self.calls.append(f"put model {name}")
        return ModelWritten(_model(name), "0011223344556677", is_new=False)

    def delete(
        self, name: str, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        self.calls.append(f"delete model {name}")
        return "0011223344556677"

    def validate(
        self, model: str | None = None, rules: ModelRules | None = None, limit: int = MAX_FAILING
    ) -> Validation:
        failure = Failure("/brightness", "an integer of at most 100", "140", "base")
        device = FailingDevice(MacAddress.parse(MAC), "Kitchen", "lamp", [failure], is_complete=True)
        return Validation(8, [device], more=False)


def _model(name: str) -> DeviceModel:
    return DeviceModel(
        name, ModelRules('{"type": "object"}', Budget(bytes=3999), Mode.ENFORCE), 2, START, START
    )


@define
class RemoteAdoption(_Called):
    """`AdoptionUseCases`."""

    def add(
        self,
        mac_address: MacAddress,
        labels: Labels = NO_LABELS,
        content: ConfigContent | None = None,
        note: ChangeNote = UNSIGNED,
    ) -> ConfigSummary:
        self.calls.append("add")
        return _config().summary()

    def adopt(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = UNSIGNED) -> Config:
        self.calls.append("adopt")
        return _config()

    def adopt_like(self, mac_address: MacAddress, like: MacAddress, note: ChangeNote = UNSIGNED) -> Config:
        self.calls.append("adopt_like")
        return _config()


@define
class RemoteNewBoards:
    """`NewBoardReader`."""

    def all(self) -> Sequence[NewBoard]:
        seen = _config().created_at
        return [NewBoard(MacAddress.parse("02:00:00:00:00:08"), "192.0.2.7", "192.0.2.7", seen, seen)]


@define
class RemoteDevices(_Called):
    """`DeviceReadings`."""

    def get(self, mac_address: MacAddress) -> DeviceStatus | None:
        evidence = Evidence(mac_address, EvidenceKind.HOLDS, _config().content.etag, 2, _config().updated_at)
        return evolve(_device(), evidence=(evidence,))

    def find(self, query: DeviceQuery) -> DevicePage:
        return DevicePage((_device(),), None, None, _config().updated_at)

    def former(self, after: MacAddress | None = None, limit: int = 1) -> FormerPage:
        return FormerPage((FormerDevice(MacAddress.parse(MAC), None, None, None),), None)

    def past(self, query: PastQuery) -> PastPage:
        return PastPage((StateChange(1, _config().updated_at, State.IN_SYNC, 2),), None)


@define
class RemoteNotifications(_Called):
    """`NotificationUseCases`."""

    def health(self) -> DeliveryHealth:
        return DeliveryHealth(DeliveryState.OK, pending=1, oldest_seconds=0.0, parked=0)

    def find(self, limit: int) -> Sequence[Notification]:
        config = _config()
        state = AnnouncedDocument(config.revision, config.content.etag, config.updated_at)
        announcement = Announcement(Subject(Kind.CONFIG, MAC), restart_hint=True, state=state)
        return [Notification(announcement, 1, config.updated_at, config.updated_at)]

    def retry_parked(self) -> int:
        self.calls.append("retry_parked")
        return 0


@define
class RemoteApiTokens(_Called):
    """`ApiTokenUseCases`."""

    def create(self, name: str, role: Role, expires_at: datetime | None = None) -> tuple[RemoteToken, str]:
        self.calls.append("create token")
        return _token(), "iotc_secret"

    def all(self) -> Sequence[RemoteToken]:
        return [_token()]

    def revoke(self, name: str) -> None:
        self.calls.append("revoke token")


@define
class RemoteDeviceTokens(_Called):
    """`DeviceTokenUseCases`."""

    def create(self, mac_address: MacAddress, *, replace: bool = False) -> str | None:
        self.calls.append("create device token")
        return "iotd_secret"

    def page(self, after: MacAddress | None, limit: int) -> Sequence[RemoteDeviceToken]:
        raise AssertionError("commands read all of them")

    def all(self) -> Iterator[RemoteDeviceToken]:
        yield RemoteDeviceToken(MacAddress.parse(MAC), _config().created_at)

    def revoke(self, mac_address: MacAddress) -> None:
        self.calls.append("revoke device token")


@define
class RemoteServices:
    """`Services` of a service."""

    calls: list[str]
    max_content_bytes: int = 64

    @property
    def configs(self) -> RemoteConfigs:
        return RemoteConfigs(self.calls)

    @property
    def history(self) -> RemoteHistory:
        return RemoteHistory(self.calls)

    @property
    def changes(self) -> RemoteChanges:
        return RemoteChanges(self.calls)

    @property
    def bulk(self) -> RemoteBulk:
        return RemoteBulk(self.calls)

    @property
    def tags(self) -> RemoteTags:
        return RemoteTags(self.calls)

    @property
    def models(self) -> RemoteModels:
        return RemoteModels(self.calls)

    @property
    def secrets(self) -> RemoteSecrets:
        return RemoteSecrets(self.calls)

    @property
    def layers(self) -> RemoteLayers:
        return RemoteLayers(self.calls)

    @property
    def devices(self) -> RemoteDevices:
        return RemoteDevices(self.calls)

    @property
    def device_events(self) -> None:
        return None

    @property
    def adoption(self) -> RemoteAdoption:
        return RemoteAdoption(self.calls)

    @property
    def new_boards(self) -> RemoteNewBoards:
        return RemoteNewBoards()

    @property
    def notifications(self) -> RemoteNotifications:
        return RemoteNotifications(self.calls)

    def explained(self, mac_address: MacAddress, at: datetime | None = None) -> DeviceDocument:
        content, layers = _config().content, [DocumentLayer("base", 2)]
        hidden = ShadowedValue("/deviceName", RawJson('"Lamp"'), "base", 2)
        name = ExplainedMember("/deviceName", RawJson('"Porch"'), None, 2, [hidden])
        return DeviceDocument(mac_address, 2, content.etag, True, 2, layers, content, [name], [])

    def health(self) -> Healthy | Unhealthy:
        subscriber = SubscriberHealth(SubscriberState.CONNECTED, _config().created_at, None, None)
        return Healthy("healthy", "connected", "1.2", RemoteNotifications(self.calls).health(), subscriber)

    @property
    def api_tokens(self) -> RemoteApiTokens:
        return RemoteApiTokens(self.calls)

    @property
    def device_tokens(self) -> RemoteDeviceTokens:
        return RemoteDeviceTokens(self.calls)


@frozen
class RemoteIdentity:
    """The caller, as a service describes it."""

    subject: str
    roles: Sequence[str]


@frozen
class RemoteSignIn:
    """A sign-in at a terminal."""

    user_code: str = "CODE-1"
    verification_uri: str = f"{URL}/device"
    verification_uri_complete: str | None = None
    expires_in: int = 600


@frozen
class RemoteLogin:
    """A login that was kept."""

    installation: str
    caller: Identity
    expires_in: int | None


@frozen
class RemoteLogout:
    """A login that was forgotten."""

    installation: str
    sign_out_url: str | None = f"{URL}/out"


class _NeedsDatabase(IotConfigError):
    """A command that maintains a database, where there is only a service."""


@define
class RemoteRuntime:
    """`Runtime` of a service. It has no database to maintain, and starts no process."""

    calls: list[str] = Factory(list)
    """The use cases that changed something, or were asked what a change would do, in order."""
    installation: str = URL

    def schema(self) -> Schema:
        raise _NeedsDatabase("This command needs the database itself.")

    def backups(self) -> Backups:
        raise _NeedsDatabase("This command needs the database itself.")

    @contextmanager
    def services(self, *, prepares: bool = False) -> Iterator[Services]:
        yield RemoteServices(self.calls)

    def new_secrets_key(self) -> str:
        return "a key"

    def reencrypt_secrets(self) -> int:
        raise _NeedsDatabase("This command needs the database itself.")

    def sign(self, author: str) -> None:
        self.calls.append(f"sign {author}")

    def note(self, message: str | None) -> ChangeNote:
        return ChangeNote(message=message)

    def login(
        self,
        url: str | None,
        ask_token: Callable[[str, str], str],
        show_sign_in: Callable[[SignIn], None] | None,
    ) -> RemoteLogin:
        self.calls.append("login")
        if show_sign_in is None:
            return RemoteLogin(url or URL, RemoteIdentity(ask_token(URL, ""), ["admin"]), None)
        show_sign_in(RemoteSignIn())
        return RemoteLogin(url or URL, RemoteIdentity("ada", ["admin"]), 7200)

    def logout(self, url: str | None) -> RemoteLogout | None:
        self.calls.append("logout")
        return RemoteLogout(url or URL)

    def relay(self, on_start: Callable[[str], None]) -> None:
        raise _NeedsDatabase("This command needs the database itself.")

    def serve(self, host: str, port: int, workers: int, *, relays: bool) -> int:
        raise _NeedsDatabase("This command needs the database itself.")


def remote_runtime() -> tuple[Runtime, list[str]]:
    """A runtime for commands, and the list that its calls go to."""
    runtime = RemoteRuntime()
    return runtime, runtime.calls
