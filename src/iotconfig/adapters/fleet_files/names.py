"""The names of the files of configs: `<mac>.json`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress

DOCUMENT_SUFFIX: Final = ".json"
_BEGINS_LIKE_A_MAC_ADDRESS: Final = re.compile(r"[0-9A-Fa-f]{2}(?:[:.-]?[0-9A-Fa-f]{2}){5}")


class FileNames(StrEnum):
    """The spelling of MAC addresses in the names of files that an export writes."""

    PLAIN = "plain"
    """`aabbccddeeff.json`"""
    DASHES = "dashes"
    """`aa-bb-cc-dd-ee-ff.json`"""
    COLONS = "colons"
    """`aa:bb:cc:dd:ee:ff.json`, which Windows and FAT do not allow."""

    def name_of(self, mac_address: MacAddress) -> str:
        """Return the name of the file of a device."""
        return f"{mac_address.canonical.replace(':', _SEPARATORS[self])}{DOCUMENT_SUFFIX}"


_SEPARATORS: Final = {FileNames.PLAIN: "", FileNames.DASHES: "-", FileNames.COLONS: ":"}


def mac_address_of(name: str) -> MacAddress:
    """Return the MAC address of a file name, in any spelling.

    Raises `ValidationFailed` if the name does not end in `.json`, and `InvalidMacAddress`.
    """
    if not name.endswith(DOCUMENT_SUFFIX):
        raise ValidationFailed("The name is not <mac>.json.")
    return MacAddress.parse(name.removesuffix(DOCUMENT_SUFFIX))


def may_be_config(name: str) -> bool:
    """Whether a file with this name may be meant as a config, also with a mistake in the name.

    Hidden files are not, nor are names such as `README.md`: they neither end in `.json` nor begin with a MAC address.
    """
    if name.startswith("."):
        return False
    return name.lower().endswith(DOCUMENT_SUFFIX) or _BEGINS_LIKE_A_MAC_ADDRESS.match(name) is not None
