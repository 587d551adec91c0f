"""The members of a body that select configs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from attrs import frozen

from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.mac import MacAddress


@frozen(kw_only=True)
class Selecting:
    """The configs that a bulk write changes."""

    mac_addresses: Annotated[
        Sequence[MacAddress] | None, "The configs of these devices; each that does not exist is refused"
    ] = None
    device_names: Annotated[
        Sequence[str] | None,
        "The configs with exactly one of these `deviceName`s, beside those of `mac_addresses`; each name without a "
        "config is refused",
    ] = None
    match: Annotated[
        str | None,
        "Only configs with this text in MAC address, device name or entity id, as `q` of the list; not empty",
    ] = None
    enable_ota: Annotated[bool | None, "Only configs with this `enableOTA`"] = None
    tags: Annotated[
        Sequence[str] | None, "Only configs with all of these tags; `!x`: only those without the tag `x`"
    ] = None
    where: Annotated[Sequence[MemberValue], "Only configs whose content has all of these values"] = ()
    all: Annotated[bool, "All configs"] = False
    expect: Annotated[int | None, "Refuse the change unless exactly this number of configs is selected"] = (
        None
    )
    allow_empty: Annotated[bool, "Accept that nothing is selected"] = False
    message: str | None = None

    def selection(self) -> Selection:
        """The selected configs. Raises `ValidationFailed` if the body does not say which."""
        return Selection(
            mac_addresses=self.mac_addresses,
            device_names=self.device_names,
            text=self.match,
            enable_ota=self.enable_ota,
            tags=self.tags or (),
            where=self.where,
            everything=self.all,
            expect=self.expect,
            allow_empty=self.allow_empty,
        )
