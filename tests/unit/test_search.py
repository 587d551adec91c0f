"""Queries of lists, and case folding of searched text."""

from __future__ import annotations

import pytest

from iotconfig.domain.configs.query import ConfigQuery, fold, mac_fragments, search_text
from iotconfig.domain.errors import ValidationFailed
from iotconfig.domain.mac import MacAddress

MAC = MacAddress.parse("02:AB:00:00:00:01")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("KITCHEN", "kitchen", id="ascii"),
        pytest.param("KÜCHE", "küche", id="latin"),
        pytest.param("ΛΆΜΠΑ", "λάμπα", id="greek"),
        pytest.param("ΟΔΟΣ", "οδος", id="greek-final-sigma"),
        pytest.param("ЛАМПА", "лампа", id="cyrillic"),
        pytest.param("STRASSE", "straße", id="sharp-s"),
        pytest.param("e\u0301tage", "étage", id="composed-and-decomposed"),
        pytest.param("E\u0301TAGE", "étage", id="decomposed-upper"),
    ],
)
def test_fold_ignores_case_and_composition(one: str, other: str) -> None:
    """This holds in every script."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "a%b_c\\d", "["])
def test_fold_keeps_special_characters(text: str) -> None:
    """Wildcards and quotes of databases are unchanged."""
    assert text == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("02:ab", True, id="mac-address"),
        pytest.param("02:AB", True, id="mac-address-upper"),
        pytest.param("kitchen l", True, id="name"),
        pytest.param("LIGHT.K", True, id="entity-id"),
        pytest.param("lamplight", False, id="across-two-fields"),
        pytest.param("01kitchen", False, id="across-mac-address-and-name"),
        pytest.param("lamp\x1flight", False, id="across-two-fields-by-their-separator"),
        pytest.param("bath", False, id="elsewhere"),
    ],
)
def test_search_text_separates_fields(text: str, expected: bool) -> None:
    """A match lies within one field."""
    assert expected is (fold(text) in search_text(MAC, "Kitchen Lamp", "light.kitchen"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", {"a"}),
        ("0A", {"0a", "0:a"}),
        ("bcc", {"bc:c", "b:cc"}),
        ("AABB.CC", {"aa:bb:cc"}),
        ("bbcc.dd", {"bb:cc:dd"}),
        ("b-cc-d", {"b:cc:d"}),
        ("-04", {":04"}),
        ("04.", {"04:"}),
        (" AA-BB ", {"aa:bb"}),
        ("", set()),
        ("-", set()),
        ("a--b", set()),
        ("aa:bb-cc", set()),
        ("aa-b-cc", set()),
        ("10.0.0.1", set()),
        ("aabbccddeeff0", set()),
        ("\uff10\uff12", set()),
        ("kitchen", set()),
    ],
)
def test_parts_of_mac_addresses(text: str, expected: set[str]) -> None:
    """A part of a MAC address in any spelling gives the matching parts of the canonical spelling."""
    assert expected == set(mac_fragments(text))


@pytest.mark.parametrize("limit", [1, 1000])
def test_limits_that_are_accepted(limit: int) -> None:
    """The bounds are inclusive."""
    assert limit == ConfigQuery(limit=limit).limit


@pytest.mark.parametrize("limit", [0, -1, 1001, 2**63])
def test_limits_that_are_refused(limit: int) -> None:
    """A limit outside 1…1000 is refused with the name of the parameter."""
    with pytest.raises(ValidationFailed, match="1 to 1000") as refusal:
        ConfigQuery(limit=limit)

    assert {"parameter": "limit"} == refusal.value.details


@pytest.mark.parametrize("text", ["", "x" * 255, "😀" * 255], ids=["empty", "255", "255-beyond-the-bmp"])
def test_search_texts_that_are_accepted(text: str) -> None:
    """A search may be as long as the longest searched field."""
    assert text == ConfigQuery(text=text).text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("\0", "NUL", id="nul"),
        pytest.param("lamp\0", "NUL", id="nul-at-the-end"),
        pytest.param("x" * 256, "255", id="256-characters"),
        pytest.param("lamp\ud800", "search text", id="lone-surrogate"),
        pytest.param("\udcff", "search text", id="undecodable-argument-of-a-shell"),
    ],
)
def test_search_texts_that_are_refused(text: str, rule: str) -> None:
    """A search that no stored text can match, or that a database cannot process, is refused."""
    with pytest.raises(ValidationFailed, match=rule) as refusal:
        ConfigQuery(text=text)

    assert {"parameter": "q"} == refusal.value.details
    str(refusal.value).encode()
