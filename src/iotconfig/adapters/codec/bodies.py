"""Bodies of requests, read into the classes that describe them.

Content is verbatim, so bodies are structured from `Member`s, which carry each value's exact text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from attrs import AttrsInstance, field, fields, frozen
from cattrs import BaseValidationError, Converter

from iotconfig.domain.access.principal import Role
from iotconfig.domain.devices.reports import Outcome
from iotconfig.domain.documents import json_members, strict_json
from iotconfig.domain.documents.content import DEFAULT_MAX_BYTES, ConfigContent
from iotconfig.domain.documents.json_members import Member
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.documents.merge_patch import MergePatch
from iotconfig.domain.errors import IotConfigError
from iotconfig.domain.layers.reach import Reach
from iotconfig.domain.mac import MacAddress
from iotconfig.domain.models.budget import Budget
from iotconfig.domain.models.model import Mode
from iotconfig.domain.offload import Offload, run_inline

from .answers import SchemaText
from .members import (
    BODY_DEPTH,
    content_of,
    mac_address_of,
    mac_addresses_of,
    member_values_of,
    merge_patch_of,
    missing,
    moment_of,
    plain_value,
    strings_of,
    word_of,
)
from .model_parts import budget_of, schema_of
from .reaches import reach_of

T = TypeVar("T")
C = TypeVar("C", bound=AttrsInstance)


@frozen
class BodyReader:
    """Reads request bodies into the classes that describe them.

    Strict: members that the class does not have are refused.
    """

    max_content_bytes: int = DEFAULT_MAX_BYTES
    """Maximum UTF-8 bytes of a body's `content`."""
    offload: Offload = field(default=run_inline, eq=False, repr=False)
    """Runs the reading of large bodies."""
    _converter: Converter = field(init=False, repr=False)

    @_converter.default
    def _make_converter(self) -> Converter:
        converter = Converter()
        converter.register_structure_hook(MacAddress, lambda member, _: mac_address_of(member))
        converter.register_structure_hook(Reach, lambda member, _: reach_of(member))
        converter.register_structure_hook_func(
            lambda kind: kind == Sequence[str], lambda member, _: strings_of(member)
        )
        converter.register_structure_hook(
            MergePatch, lambda member, _: merge_patch_of(member, self.max_content_bytes)
        )
        for plain, expected in (
            (str, "a string"),
            (int, "a whole number"),
            (float, "a number"),
            (bool, "a boolean"),
        ):
            hook = partial(plain_value, plain, expected)
            converter.register_structure_hook(plain, lambda member, _, hook=hook: hook(member))
            converter.register_structure_hook(
                plain | None,
                lambda member, _, hook=hook: None if member.value is None else hook(member),
            )
        for words in (Role, Outcome):
            converter.register_structure_hook(words, word_of)
        converter.register_structure_hook(datetime | None, lambda member, _: moment_of(member))
        converter.register_structure_hook(
            Sequence[MacAddress] | None, lambda member, _: _unless_null(mac_addresses_of, member)
        )
        converter.register_structure_hook(
            Sequence[str] | None, lambda member, _: _unless_null(strings_of, member)
        )
        converter.register_structure_hook_func(
            lambda kind: kind == Sequence[MemberValue], lambda member, _: member_values_of(member)
        )
        converter.register_structure_hook(
            ConfigContent, lambda member, _: content_of(member, self.max_content_bytes)
        )
        for optional, read in (
            (MacAddress | None, mac_address_of),
            (ConfigContent | None, partial(content_of, max_bytes=self.max_content_bytes)),
        ):
            converter.register_structure_hook(
                optional, lambda member, _, read=read: _unless_null(read, member)
            )
        for optional_part, read_part in (
            (SchemaText | None, schema_of),
            (Budget | None, budget_of),
            (Mode | None, partial(word_of, words=Mode)),
        ):
            converter.register_structure_hook(
                optional_part, lambda member, _, read=read_part: _unless_null(read, member)
            )
        return converter

    @property
    def max_body_bytes(self) -> int:
        """Maximum bytes of a body: an escape needs six bytes for one byte of content."""
        return 6 * self.max_content_bytes + 4096

    def read(self, body: bytes, cls: type[C]) -> C:
        """The instance of `cls` that the JSON object in `body` describes.

        Raises `ContentTooLarge`, `InvalidMacAddress` or `InvalidDocument`, whose
        pointer starts at the body's top.
        """
        return self.offload(lambda: self._read(body, cls), len(body))

    def read_patch(self, body: bytes) -> MergePatch:
        """Read a body that is a merge patch. Raises `InvalidDocument`."""
        return self.offload(lambda: MergePatch.parse(strict_json.decode_utf8(body)), len(body))

    def _read(self, body: bytes, cls: type[C]) -> C:
        names = [attribute.name for attribute in fields(cls)]
        members = json_members.members(strict_json.decode_utf8(body), BODY_DEPTH, names)
        try:
            return self._converter.structure({member.name: member for member in members}, cls)
        except BaseValidationError as error:
            raise _refusal(error) from None


def _unless_null(read: Callable[[Member], T], member: Member) -> T | None:
    return None if member.value is None else read(member)


def _refusal(error: BaseValidationError) -> IotConfigError:
    """The first error of a body, for the caller."""
    for cause in error.exceptions:
        if isinstance(cause, IotConfigError):
            return cause
        if isinstance(cause, KeyError):
            return missing(cause.args[0])
    raise error
