"""One config at a time, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from attrs import frozen

from iotconfig.adapters.codec.cursors import cursor_of
from iotconfig.domain.configs.announcements import Reannounced
from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.existing import SERVED_BY_LAYERS
from iotconfig.domain.configs.precondition import UNCONDITIONAL, Precondition
from iotconfig.domain.configs.query import ConfigPage, ConfigQuery
from iotconfig.domain.configs.revisions import UNSIGNED, ChangeNote, HistoryPage, Revision
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.errors import PreconditionFailed, RecordNotFound, ValidationFailed
from iotconfig.domain.mac import MacAddress, mac_address_of

from .answers import RemoteUseCases
from .bodies import body_of, conditions, signed
from .connection import Request

if TYPE_CHECKING:
    from iotconfig.domain.configs.edits import Edit

_CONFIGS: Final = "/api/configs"


@frozen
class _Preview:
    """What a dry run says of the config that would be changed."""

    id: int | None
    revision: int | None


@frozen
class RemoteConfigs(RemoteUseCases):
    """`ConfigUseCases` of a service. The author of a change is whom the service takes the token for."""

    def create(self, mac_address: MacAddress, content: ConfigContent, note: ChangeNote = UNSIGNED) -> Config:
        body = body_of(note, mac_address=mac_address, content=content)
        return self.entity(Request("POST", _CONFIGS, headers=signed(note), body=body), Config)

    def get(self, config_id: int) -> Config:
        return self.entity(Request("GET", f"{_CONFIGS}/{config_id}"), Config)

    def get_by_mac(self, mac_address: MacAddress) -> Config:
        return self.entity(Request("GET", f"{_CONFIGS}/{mac_address}"), Config)

    def id_of(self, mac_address: MacAddress) -> int:
        # The config itself is not found where layers alone serve the device; its history is.
        request = Request("GET", f"{_CONFIGS}/{mac_address}/revisions", {"limit": 1})
        return self.entity(request, HistoryPage).revisions[0].config_id

    def find(self, query: ConfigQuery) -> ConfigPage:
        parameters = {
            "limit": query.limit,
            "cursor": cursor_of(query.after),
            "q": query.text,
            "enable_ota": query.enable_ota,
            "count": query.count,
            "tag": query.tags.words() or None,
            "model": query.model,
            "content": False if query.with_content is False else None,
        }
        return self.entity(Request("GET", _CONFIGS, parameters), ConfigPage)

    def edit(
        self,
        config_id: int,
        edit: Edit,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        from .edits import edit_request

        return self.entity(edit_request(config_id, edit, precondition, note), Config)

    def preview(
        self, config_id: int, edit: Edit, precondition: Precondition = UNCONDITIONAL
    ) -> tuple[Config, ConfigContent]:
        from iotconfig.domain.configs.edits import Rollback

        from .edits import edit_request

        tried = self.entity(edit_request(config_id, edit, precondition, UNSIGNED, dry_run=True), _Preview)
        config = self.get(config_id)
        if config.revision != tried.revision:
            raise PreconditionFailed(
                f"Config {config_id} was changed meanwhile: try again.", revision=config.revision
            )
        if not isinstance(edit, Rollback):
            return config, edit.apply(config.content)
        revision = Request("GET", f"{_CONFIGS}/{config_id}/revisions/{edit.revision}")
        content = self.entity(revision, Revision).content
        if content is None:
            raise ValidationFailed(f"Revision {edit.revision} of config {config_id} has no content.")
        return config, content

    def put(
        self,
        mac_address: MacAddress,
        content: ConfigContent,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> tuple[Config, bool]:
        body = body_of(note, content=content)
        headers = conditions(precondition) | signed(note)
        request = Request("PUT", _by_mac(mac_address), headers=headers, body=body)
        answer = self.service.ask(request)
        with self.reading(request):
            return self.read(answer.body, Config), answer.status == HTTPStatus.CREATED

    def preview_put(
        self, mac_address: MacAddress, content: ConfigContent, precondition: Precondition = UNCONDITIONAL
    ) -> Config | None:
        headers, body = conditions(precondition), body_of(content=content)
        tried = self.entity(Request("PUT", _by_mac(mac_address), {"dry_run": True}, headers, body), _Preview)
        return None if tried.id is None else self.get(tried.id)

    def replace_device(
        self,
        config_id: int,
        mac_address: MacAddress,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> Config:
        body = body_of(note, mac_address=mac_address)
        path = f"{_CONFIGS}/{config_id}/replace-device"
        return self.entity(
            Request("POST", path, headers=conditions(precondition) | signed(note), body=body), Config
        )

    def delete(
        self, config_id: int, precondition: Precondition = UNCONDITIONAL, note: ChangeNote = UNSIGNED
    ) -> str:
        path, headers = f"{_CONFIGS}/{config_id}", conditions(precondition) | signed(note)
        request = Request("DELETE", path, {"message": note.message}, headers)
        answer = self.service.ask(request)
        with self.reading(request):
            return self.checked_change(answer.header("iotconfig-change"))

    def delete_device(
        self,
        mac_address: MacAddress,
        precondition: Precondition = UNCONDITIONAL,
        note: ChangeNote = UNSIGNED,
    ) -> str:
        path, headers = f"/api/devices/{mac_address}", conditions(precondition) | signed(note)
        request = Request("DELETE", path, {"message": note.message}, headers)
        answer = self.service.ask(request)
        with self.reading(request):
            return self.checked_change(answer.header("iotconfig-change"))

    def restore(self, config_id: int, note: ChangeNote = UNSIGNED) -> Config:
        path = f"/api/deleted-configs/{config_id}/restore"
        return self.entity(Request("POST", path, headers=signed(note), body=body_of(note)), Config)

    def announce(self, config_id: int) -> Config:
        request = Request("POST", f"{_CONFIGS}/{config_id}/announce")
        answer = self.service.ask(request)
        try:
            return self.get(config_id)
        except RecordNotFound as error:
            if SERVED_BY_LAYERS not in error.details:
                raise
        with self.reading(request):
            return self.read(answer.body, Config)

    def announce_all(self, *, hints_per_second: float | None = None) -> int:
        body = body_of(hints_per_second=hints_per_second)
        request = Request("POST", f"{_CONFIGS}/announce", body=body, seconds=600)
        return self.entity(request, Reannounced).configs

    def announce_many(
        self, mac_addresses: Iterable[MacAddress | str], *, hints_per_second: float | None = None
    ) -> Reannounced:
        body = body_of(
            mac_addresses=[str(mac_address_of(each)) for each in mac_addresses],
            hints_per_second=hints_per_second,
        )
        return self.entity(Request("POST", f"{_CONFIGS}/announce", body=body, seconds=600), Reannounced)


def _by_mac(mac_address: MacAddress) -> str:
    return f"{_CONFIGS}/by-mac/{mac_address}"
