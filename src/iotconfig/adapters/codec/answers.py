"""Answers, written as JSON from the classes that describe them. Content is verbatim: its stored text is spliced in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self, TypeVar, cast, is_typeddict

from attrs import Attribute, AttrsInstance, fields, frozen
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from iotconfig.domain.announcing.service import DeliveryHealth
from iotconfig.domain.assets.asset import AssetName
from iotconfig.domain.configs.change_log import ChangeKind, LoggedChange
from iotconfig.domain.configs.config import Config, ConfigSummary
from iotconfig.domain.configs.label_differences import ModelDifference, NoteDifference, TagDifference
from iotconfig.domain.configs.revisions import Operation, Revision
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.mac import MacAddress

from .reaches import reach_members

C = TypeVar("C", bound=type)

_decorated: Final[set[type]] = set()


@frozen
class RawJson:
    """JSON text that is written unchanged."""

    text: str


@frozen
class SchemaText:
    """The text of a JSON Schema, which is written unchanged."""

    text: str


def rfc3339(moment: datetime) -> str:
    """An aware time as RFC 3339 in UTC, to the microsecond, with `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json(value: object) -> str:
    """The JSON text of an entity, of an answer, or of a dictionary of entities, lists and plain values."""
    return _dumps(_answers.unstructure(value))


def to_json_members(value: AttrsInstance) -> Mapping[str, str]:
    """The JSON texts of the members of an answer, by name."""
    return {name: _dumps(member) for name, member in _answers.unstructure(value).items()}


def answer(cls: C) -> C:
    """Decorate an attrs class that `to_json` writes. `written_name` has the names of its members.

    A member whose default is None is left out while it is None.
    """
    _decorated.add(cls)
    return cls


def written_name(attribute: Attribute[Any]) -> str:
    """The name of a member in JSON: the attribute's alias, without the underscore at the end of `from_`."""
    return (attribute.alias or attribute.name).removesuffix("_")


def leaves_out_none(cls: type) -> bool:
    """Whether members of `cls` whose default is None are left out while they are None: of answers, not of entities."""
    return cls in _decorated


def answer_class(cls: type) -> type:
    """The class that describes what `to_json` writes for `cls`: itself, or the one that stands for an entity."""
    stand_in, _ = _STAND_INS.get(cls, (cls, None))
    return stand_in


@answer
@frozen
class ConfigAnswer:
    """A config with its content. It is written wherever an answer has a `Config`."""

    id: int
    mac_address: MacAddress
    device_name: str | None
    device_entity_id: str | None
    enable_ota: bool | None
    revision: int
    etag: str
    content: ConfigContent
    created_at: datetime
    updated_at: datetime
    change: str
    tags: Sequence[str]
    note: str | None
    model: Annotated[str | None, "The name of the device's model"]

    @classmethod
    def of(cls, config: Config) -> Self:
        """The answer about this config."""
        return cls(
            id=config.id,
            mac_address=config.mac_address,
            device_name=config.device_name,
            device_entity_id=config.device_entity_id,
            enable_ota=config.enable_ota,
            revision=config.revision,
            etag=config.document_etag,
            content=config.content,
            created_at=config.created_at,
            updated_at=config.updated_at,
            change=config.change,
            tags=config.labels.tags,
            note=config.labels.note,
            model=config.labels.model,
        )


@answer
@frozen
class RevisionAnswer:
    """A revision with the content after the change. It is written wherever an answer has a `Revision`."""

    config_id: int
    mac_address: MacAddress
    revision: int
    operation: Operation
    etag: str | None
    author: str
    message: str | None
    created_at: datetime
    change: str
    content: ConfigContent | None

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """The answer about this revision."""
        content, note = revision.content, revision.note
        return cls(
            config_id=revision.config_id,
            mac_address=revision.mac_address,
            revision=revision.revision,
            operation=revision.operation,
            etag=content.etag if content else None,
            author=note.author,
            message=note.message,
            created_at=revision.created_at,
            change=revision.change,
            content=content,
        )


@answer
@frozen
class LoggedChangeAnswer:
    """A change in the change log. It is written wherever an answer has a `LoggedChange`."""

    position: Annotated[int, "The position in the log: higher for each later commit"]
    change: Annotated[str, "The id of the write; changes that were stored together share it"]
    kind: Annotated[ChangeKind, "Whether a config changed, its tags and note, a layer, a model, or a secret"]
    operation: Operation
    subject: Annotated[
        str,
        "The MAC address of the device whose config changed, or the name of the layer, the model or the secret",
    ]
    revision: Annotated[
        int,
        "The revision of the config, the layer, the model or the secret after the change; a change of tags leaves it as it was",
    ]
    author: str
    message: str | None
    created_at: datetime
    tags: Annotated[TagDifference | None, "What changed of the tags; left out where they stayed"] = None
    note: Annotated[NoteDifference | None, "What changed of the note; left out where it stayed"] = None
    model: Annotated[
        ModelDifference | None, "What changed of the device's model; left out where it stayed"
    ] = None

    @classmethod
    def of(cls, logged: LoggedChange) -> Self:
        """The answer about this change."""
        return cls(
            position=logged.position,
            change=logged.change,
            kind=logged.kind,
            operation=logged.operation,
            subject=logged.subject.key,
            revision=logged.revision,
            author=logged.author,
            message=logged.message,
            created_at=logged.created_at,
            tags=logged.tags,
            note=logged.note,
            model=logged.model,
        )


def _answer_writer(cls: type[AttrsInstance]) -> Callable[[Any], dict[str, object]]:
    renamed = {attribute.name: override(rename=written_name(attribute)) for attribute in fields(cls)}
    write = make_dict_unstructure_fn(cls, _answers, **renamed)  # type: ignore[arg-type]  # mypy takes them for its options.
    optional = [written_name(attribute) for attribute in fields(cls) if attribute.default is None]
    if not optional:
        return write

    def write_without_none(content: Any) -> dict[str, object]:
        # The option omit_if_default of cattrs would write optional members after all others.
        found = write(content)
        for name in optional:
            if found[name] is None:
                del found[name]
        return found

    return write_without_none


def _stand_in_writer(cls: type) -> Callable[[Any], object]:
    stand_in, of = _STAND_INS[cls]
    write = _answers.get_unstructure_hook(stand_in)
    return lambda entity: write(of(entity))


def _config_writer(_cls: type) -> Callable[[Config], object]:
    """Writes a config; of a device that layers alone serve, it has no member `content`."""
    write, write_summary = _stand_in_writer(Config), _answers.get_unstructure_hook(ConfigSummary)
    return lambda config: write(config) if config.has_content else write_summary(config.summary())


def _dumps(value: object) -> str:
    if isinstance(value, RawJson):
        return value.text
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(name)}: {_dumps(member)}" for name, member in value.items()) + "}"
        )
    try:
        # Most lists hold no content: the C encoder writes them whole.
        return json.dumps(value, ensure_ascii=False, default=_refuse_raw)
    except _RawInList:
        return f"[{', '.join(map(_dumps, cast('Iterable[object]', value)))}]"


class _RawInList(Exception):
    """A list holds JSON text that is written unchanged."""


def _refuse_raw(value: object) -> object:
    if isinstance(value, RawJson):
        raise _RawInList
    raise TypeError(f"{type(value).__name__} has no JSON")


_STAND_INS: Final[Mapping[type, tuple[type, Callable[[Any], object]]]] = {
    Config: (ConfigAnswer, ConfigAnswer.of),
    LoggedChange: (LoggedChangeAnswer, LoggedChangeAnswer.of),
    Revision: (RevisionAnswer, RevisionAnswer.of),
}
_answers: Final = Converter()
_answers.register_unstructure_hook_factory(
    lambda cls: isinstance(cls, type) and cls in _decorated, _answer_writer
)
_answers.register_unstructure_hook_factory(
    lambda cls: isinstance(cls, type) and cls in _STAND_INS, _stand_in_writer
)
_answers.register_unstructure_hook_factory(lambda cls: cls is Config, _config_writer)
# A typed dictionary is JSON already.
_answers.register_unstructure_hook_func(is_typeddict, lambda value: value)
_answers.register_unstructure_hook(MacAddress, str)
_answers.register_unstructure_hook(AssetName, str)
_answers.register_unstructure_hook(Reach, reach_members)
_answers.register_unstructure_hook(datetime, rfc3339)
_answers.register_unstructure_hook(RawJson, lambda text: text)
_answers.register_unstructure_hook(SchemaText, lambda schema: RawJson(schema.text))
_answers.register_unstructure_hook(ConfigContent, lambda content: RawJson(content.text))
_answers.register_unstructure_hook(
    DeliveryHealth,
    make_dict_unstructure_fn(
        DeliveryHealth,
        _answers,
        more=override(omit_if_default=True),
        problems=override(omit_if_default=True),
    ),
)
