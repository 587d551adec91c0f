"""Entities, read from the answers of a service. Members that a newer service adds are ignored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from attrs import fields, has
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from iotconfig.domain.announcing.announcement import Kind
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.config import Config, ServedFields
from iotconfig.domain.configs.labels import Labels
from iotconfig.domain.configs.query import ConfigPage
from iotconfig.domain.configs.revisions import ChangeNote, DeletedPosition, HistoryPage, Revision
from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.documents.content import NO_CONTENT, ConfigContent
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.layers.layer import Layer
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.layers.revisions import LayerRevision
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.names import name_of

from .answers import ConfigAnswer, RevisionAnswer, SchemaText, written_name
from .cursors import deleted_position_at, mac_address_at
from .layer_answers import LayerAnswer, LayerRevisionAnswer
from .members import BODY_DEPTH
from .reaches import reach_in

T = TypeVar("T")


class MalformedAnswer(ValueError):
    """A text is not the JSON of an entity."""


def entity_of(text: bytes, cls: type[T]) -> T:
    """The instance of `cls` that the JSON object `text` describes, as `to_json` writes it.

    Content is verbatim, and its size is not limited: the service has checked it.

    Raises `MalformedAnswer` for anything else.
    """
    try:
        if cls in _WITH_CONTENT:
            found: T = _WITH_CONTENT[cls](_members_with_content(strict_json.decode_utf8(text)))
            return found
        return _entities.structure(json.loads(text), cls)
    except (IotConfigError, BaseValidationError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedAnswer(f"{cls.__name__}: {error!r}") from None


def _members_with_content(text: str) -> Mapping[str, Any]:
    """The members of an answer; `content` is a `ConfigContent`, or None."""
    found: dict[str, Any] = {}
    for member in json_members.members(text, BODY_DEPTH):
        if member.name == "content" and member.value is not None:
            found[member.name] = _content_at(text, member)
        else:
            # The value of the member itself may have lost digits of a number.
            found[member.name] = json.loads(member.text)
    return found


def _content_at(text: str, member: json_members.Member) -> ConfigContent:
    """The content that a member holds, with the space around it, which `to_json` writes as it stands."""
    after_colon = text.index(":", member.begin + len('"content"')) + 1
    content = text[after_colon : member.mark].removeprefix(" ")
    return ConfigContent.of_decoded(content, member.value, len(content.encode()))


def _check_etag(content: ConfigContent | None, etag: str | None) -> None:
    if content is not None and content.etag != etag:
        raise ValueError("the content is not the one that its ETag names")


def _config_of(members: Mapping[str, Any]) -> Config:
    # An older service has no tags. Without content, layers alone serve the device.
    absent: dict[str, object] = {"tags": [], "note": None, "model": None, "content": NO_CONTENT}
    found = _entities.structure({**absent, **members}, ConfigAnswer)
    is_composed = found.content.etag != found.etag
    return Config(
        id=found.id,
        mac_address=found.mac_address,
        content=found.content,
        revision=found.revision,
        created_at=found.created_at,
        updated_at=found.updated_at,
        change=found.change,
        labels=Labels(found.tags, found.note, found.model),
        served=ServedFields(found.etag, found.device_name, found.device_entity_id, found.enable_ota)
        if is_composed
        else None,
    )


def _revision_of(members: Mapping[str, Any]) -> Revision:
    found = _entities.structure(members, RevisionAnswer)
    _check_etag(found.content, found.etag)
    return Revision(
        config_id=found.config_id,
        mac_address=found.mac_address,
        revision=found.revision,
        operation=found.operation,
        content=found.content,
        note=ChangeNote(found.author, found.message),
        created_at=found.created_at,
        change=found.change,
    )


def _plain(value: Any, kind: type) -> Any:
    if issubclass(kind, StrEnum):
        # cattrs takes the hook of str for it.
        return kind(value)
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


def _moment(text: Any, _: object) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return moment


def _content(value: Any, _: object) -> ConfigContent:
    if not isinstance(value, ConfigContent):
        raise TypeError("content outside of its config or revision")
    return value


def _has_written_names(cls: Any) -> bool:
    return has(cls) and any(written_name(attribute) != attribute.name for attribute in fields(cls))


def _reader_of_written_names(cls: Any) -> Callable[[Any, Any], Any]:
    renamed = {attribute.name: override(rename=written_name(attribute)) for attribute in fields(cls)}
    return make_dict_structure_fn(cls, _entities, **renamed)  # type: ignore[arg-type]  # mypy takes them for its options.


def _layer_of(members: Mapping[str, Any]) -> Layer:
    found = _entities.structure(members, LayerAnswer)
    _check_etag(found.content, found.etag)
    return found.layer()


def _layer_revision_of(members: Mapping[str, Any]) -> LayerRevision:
    found = _entities.structure(members, LayerRevisionAnswer)
    _check_etag(found.content, found.etag)
    return found.layer_revision()


_WITH_CONTENT: Final[Mapping[type, Callable[[Mapping[str, Any]], Any]]] = {
    Layer: _layer_of,
    LayerRevision: _layer_revision_of,
    Config: _config_of,
    Revision: _revision_of,
}
_entities: Final = Converter()
_entities.register_structure_hook_factory(_has_written_names, _reader_of_written_names)
for _kind in (str, int, bool):
    _entities.register_structure_hook(_kind, _plain)
_entities.register_structure_hook(MacAddress, lambda text, _: MacAddress.parse(text))
_entities.register_structure_hook(datetime, _moment)
_entities.register_structure_hook(ConfigContent, _content)
_entities.register_structure_hook(Reach, lambda members, _: reach_in(members))
_entities.register_structure_hook(SchemaText, lambda schema, _: SchemaText(json.dumps(schema)))
_entities.register_structure_hook(DeletedPosition, lambda cursor, _: deleted_position_at(cursor))
_whole_change: Final = _entities.get_structure_hook(LoggedChange)
_page_of_configs: Final = _entities.get_structure_hook(ConfigPage)
_page_of_history: Final = _entities.get_structure_hook(HistoryPage)


def _config_page(members: Any, cls: Any) -> ConfigPage:
    cursor = members["next"]
    after = None if cursor is None else str(mac_address_at(cursor))
    page: ConfigPage = _page_of_configs({"count": None, **members, "next": after}, cls)
    return page


def _history_page(members: Any, cls: Any) -> HistoryPage:
    cursor = members["next"]
    page: HistoryPage = _page_of_history({**members, "next": None if cursor is None else int(cursor)}, cls)
    return page


def _logged_change(members: Any, cls: Any) -> LoggedChange:
    """A change, whose subject is given by its key alone."""
    kind, key = ChangeKind(members["kind"]).subject_kind, members["subject"]
    key = MacAddress.parse(key).canonical if kind is Kind.CONFIG else name_of(key, kind.value)
    change: LoggedChange = _whole_change({**members, "subject": {"kind": kind.value, "key": key}}, cls)
    return change


_entities.register_structure_hook(LoggedChange, _logged_change)
_entities.register_structure_hook(ConfigPage, _config_page)
_entities.register_structure_hook(HistoryPage, _history_page)
