"""Selections: what they refuse, and the configs that they take."""

from __future__ import annotations

from typing import Any

import pytest

from iotconfig.domain.configs.config import Config
from iotconfig.domain.configs.selection import Selection
from iotconfig.domain.documents.content import ConfigContent
from iotconfig.domain.documents.member_value import MemberValue
from iotconfig.domain.errors import InvalidMacAddress, NothingSelected, UnexpectedCount, ValidationFailed
from iotconfig.testing.builders import mac
from iotconfig.testing.clocks import START

GAIN = MemberValue("/gain", "2")
CONFIG = Config(
    id=1,
    mac_address=mac(1),
    content=ConfigContent.parse('{"deviceName": "Porch", "enableOTA": true, "gain": 2.0}'),
    revision=1,
    created_at=START,
    updated_at=START,
)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, ValidationFailed),
        ({"expect": 1, "allow_empty": True}, ValidationFailed),
        ({"text": ""}, ValidationFailed),
        ({"text": "a\0"}, ValidationFailed),
        ({"text": "x" * 256}, ValidationFailed),
        ({"everything": True, "text": "a"}, ValidationFailed),
        ({"everything": True, "enable_ota": False}, ValidationFailed),
        ({"everything": True, "where": [GAIN]}, ValidationFailed),
        ({"everything": True, "mac_addresses": []}, ValidationFailed),
        ({"everything": True, "device_names": ["a"]}, ValidationFailed),
        ({"everything": True, "expect": -1}, ValidationFailed),
        ({"mac_addresses": ["0x"]}, InvalidMacAddress),
        ({"device_names": ["\ud800"]}, ValidationFailed),
        ({"mac_addresses": "02:00:00:00:00:01"}, TypeError),
        ({"device_names": "Porch"}, TypeError),
        ({"device_names": [1]}, TypeError),
        ({"where": GAIN}, TypeError),
        ({"where": ["/gain=2"]}, TypeError),
        ({"everything": 1}, TypeError),
        ({"everything": True, "expect": True}, TypeError),
        ({"everything": True, "allow_empty": None}, TypeError),
    ],
)
def test_an_invalid_selection_is_refused(members: dict[str, Any], error: type[Exception]) -> None:
    """A selection without names and conditions has to say that it selects all configs."""
    with pytest.raises(error):
        Selection(**members)


@pytest.mark.parametrize(
    ("selection", "is_taken"),
    [
        (Selection(everything=True), True),
        (Selection(mac_addresses=[mac(1)]), True),
        (Selection(mac_addresses=[mac(2)]), False),
        (Selection(mac_addresses=[mac(2)], device_names=["Porch"]), True),
        (Selection(device_names=["porch"]), False),
        (Selection(text="PORCH"), True),
        (Selection(text="Hall"), False),
        (Selection(enable_ota=False), False),
        (Selection(where=[GAIN]), True),
        (Selection(where=[GAIN, MemberValue("/gain", "3")]), False),
        (Selection(mac_addresses=[mac(1)], text="Hall"), False),
        (Selection(mac_addresses=[mac(1)], where=[MemberValue("/gain", "3")]), False),
        (Selection(mac_addresses=[]), False),
    ],
)
def test_configs_that_are_taken(selection: Selection, is_taken: bool) -> None:
    """One of the names, and all of the conditions."""
    assert is_taken is selection.takes(CONFIG)


def test_spellings_are_one_selection() -> None:
    """MAC addresses are sorted, and neither they nor names are repeated."""
    one = Selection(mac_addresses=["02-00-00-00-00-02", mac(1), mac(2)], device_names=["b", "a", "b"])
    assert Selection(mac_addresses=[mac(1), mac(2)], device_names=["b", "a"]) == one


def test_counts() -> None:
    """Zero is refused unless that is allowed or expected; another number than the expected one always."""
    Selection(everything=True).check_count(5)
    Selection(everything=True, allow_empty=True).check_count(0)
    Selection(everything=True, expect=0).check_count(0)
    Selection(everything=True, expect=5).check_count(5)
    with pytest.raises(NothingSelected):
        Selection(everything=True).check_count(0)
    for expect, count in ((5, 4), (0, 1), (5, 0)):
        with pytest.raises(UnexpectedCount) as caught:
            Selection(everything=True, expect=expect, allow_empty=True).check_count(count)
        assert {"selected": count, "expected": expect} == caught.value.details
