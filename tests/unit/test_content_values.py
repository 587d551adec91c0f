"""The values of content: read only, beside the text that is kept."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal

import pytest

from iotconfig.domain.documents.accepted import content_of
from iotconfig.domain.documents.content import ConfigContent

TEXT = '{"wifi": {"ssid": "home"}, "volume": 1.10, "big": 9007199254740993, "curve": [1, {"y": 1E2}], "off": null}'
CONTENT = ConfigContent.parse(TEXT)


def test_values_are_read_by_name() -> None:
    """Objects, arrays and scalars, at any depth."""
    assert "home" == CONTENT["wifi"]["ssid"]
    assert 100.0 == CONTENT["curve"][1]["y"]
    assert CONTENT["off"] is None
    assert {"ssid": "home"} == CONTENT["wifi"]
    assert (1, {"y": 100.0}) == CONTENT["curve"]


def test_whole_numbers_are_exact() -> None:
    """An integer beyond the precision of a double keeps its digits; other digits are in the text."""
    assert 9007199254740993 == CONTENT["big"]
    assert isinstance(CONTENT["volume"], float)
    assert Decimal("1.10") == json.loads(str(CONTENT), parse_float=Decimal)["volume"]


def test_members_are_listed_in_their_order() -> None:
    """Membership and iteration are those of an object; content without members is true all the same."""
    assert ["wifi", "volume", "big", "curve", "off"] == list(CONTENT)
    assert "wifi" in CONTENT
    assert "ssid" not in CONTENT
    assert bool(ConfigContent.parse("{}")) is True
    assert [] == list(ConfigContent.parse("{}"))


def test_members_are_those_of_a_dict() -> None:
    """What programs do with a dict: a copy, a copy with another member, a loop over names and values."""
    assert json.loads(TEXT) == json.loads(str(content_of(dict(CONTENT))))
    assert "home" == {**CONTENT, "volume": 3}["wifi"]["ssid"]
    assert {"volume": 3} == {name: value for name, value in {**CONTENT, "volume": 3}.items() if value == 3}
    assert list(CONTENT) == list(CONTENT.keys()) == [name for name, _ in CONTENT.items()]
    assert [CONTENT[name] for name in CONTENT] == list(CONTENT.values())


def test_a_member_that_is_absent_is_no_null() -> None:
    """`get` has a default for an absent member only."""
    assert 5 == CONTENT.get("brightness", 5)
    assert CONTENT.get("brightness") is None
    assert CONTENT.get("off", 5) is None
    with pytest.raises(KeyError, match="brightness"):
        CONTENT["brightness"]


def test_values_cannot_be_changed() -> None:
    """Neither members nor items, at any depth."""
    with pytest.raises(TypeError):
        CONTENT["wifi"] = {}  # type: ignore[index] # what is refused
    with pytest.raises(TypeError):
        CONTENT["wifi"]["ssid"] = "other"
    with pytest.raises(TypeError):
        CONTENT["curve"][0] = 2
    with pytest.raises(TypeError):
        CONTENT["curve"][1]["y"] = 2


def test_a_copy_can_be_changed_and_stored() -> None:
    """Changing it changes no content that was read."""
    changed = CONTENT.to_dict()
    changed["wifi"]["ssid"] = "other"
    changed["curve"].append(3)

    assert "other" == content_of(changed)["wifi"]["ssid"]
    assert "home" == CONTENT["wifi"]["ssid"]
    assert CONTENT.to_dict() == json.loads(TEXT)


def test_values_that_were_read_are_accepted_as_content() -> None:
    """Read-only parts can be put into other content."""
    assert '{"wifi": {"ssid": "home"}, "curve": [1, {"y": 100.0}]}' == str(
        content_of({"wifi": CONTENT["wifi"], "curve": CONTENT["curve"]})
    )


def test_the_text_is_kept() -> None:
    """`str` and `bytes` give it, before and after values were read."""
    assert TEXT == str(CONTENT) == f"{CONTENT}"
    assert TEXT.encode() == bytes(CONTENT)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda c: pickle.loads(pickle.dumps(c))])  # noqa: S301 - our own bytes
def test_copies_are_equal_and_can_be_read(copied: object) -> None:
    """Values that were read are no part of the content."""
    assert "home" == CONTENT["wifi"]["ssid"]
    assert callable(copied)
    again = copied(CONTENT)

    assert CONTENT == again
    assert hash(CONTENT) == hash(again)
    assert "home" == again["wifi"]["ssid"]
