"""MAC addresses: accepted spellings, and similar ones that are refused."""

from __future__ import annotations

import pytest

from iotconfig.domain.errors import InvalidMacAddress
from iotconfig.domain.mac import MacAddress

CANONICAL = "aa:bb:cc:0d:ee:ff"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("aa:bb:cc:0d:ee:ff", id="colons"),
        pytest.param("AA:BB:CC:0D:EE:FF", id="colons-upper"),
        pytest.param("aA:Bb:cC:0D:eE:fF", id="colons-mixed-case"),
        pytest.param("aa-bb-cc-0d-ee-ff", id="dashes"),
        pytest.param("AA-BB-CC-0D-EE-FF", id="dashes-upper"),
        pytest.param("aabbcc0deeff", id="bare"),
        pytest.param("AABBCC0DEEFF", id="bare-upper"),
        pytest.param("aabb.cc0d.eeff", id="dots"),
        pytest.param("AABB.CC0D.EEFF", id="dots-upper"),
    ],
)
def test_accepted_spellings(text: str) -> None:
    """Every accepted spelling gives the one canonical spelling."""
    parsed = MacAddress.parse(text)

    assert CANONICAL == str(parsed)
    assert MacAddress.parse(CANONICAL) == parsed
    assert hash(MacAddress.parse(CANONICAL)) == hash(parsed)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("aa:bb-cc:0d:ee:ff", id="mixed-colon-dash"),
        pytest.param("aa-bb-cc-0d-ee:ff", id="mixed-dash-colon"),
        pytest.param("aabb.cc0d:eeff", id="mixed-dot-colon"),
        pytest.param("aa.bb.cc.0d.ee.ff", id="dots-between-octets"),
        pytest.param("aabb:cc0d:eeff", id="colons-between-words"),
        pytest.param("aabbcc-0deeff", id="halves"),
        pytest.param("aabbcc0deef", id="11-digits"),
        pytest.param("aabbcc0deefff", id="13-digits"),
        pytest.param("aa:bb:cc:0d:ee:f", id="11-digits-colons"),
        pytest.param("aa:bb:cc:0d:ee:fff", id="13-digits-colons"),
        pytest.param("a:bb:cc:0d:ee:ff", id="short-octet"),
        pytest.param("aa:bb:cc:0d:ee", id="five-octets"),
        pytest.param("aa:bb:cc:0d:ee:ff:00", id="seven-octets"),
        pytest.param("aa:bb:cc:0d:ee:ff:00:11", id="eui-64"),
        pytest.param("aa::bb:cc:0d:ee:ff", id="doubled-separator"),
        pytest.param(":aa:bb:cc:0d:ee:ff", id="leading-separator"),
        pytest.param("aa:bb:cc:0d:ee:ff:", id="trailing-separator"),
        pytest.param("aa:bb:cc:0d:ee:ff\n", id="trailing-newline"),
        pytest.param("\naa:bb:cc:0d:ee:ff", id="leading-newline"),
        pytest.param("aabbcc0deeff\n", id="bare-trailing-newline"),
        pytest.param(" aa:bb:cc:0d:ee:ff", id="leading-space"),
        pytest.param("aa:bb:cc:0d:ee:ff ", id="trailing-space"),
        pytest.param("aa bb cc 0d ee ff", id="spaces"),
        pytest.param("aa:bb:cc:0d:ee:fg", id="no-hex-digit"),
        pytest.param("0xaabbcc0deeff", id="hex-prefix"),
        pytest.param("aa:bb:cc:0d:ee:f\0", id="nul"),
        pytest.param("\uff11\uff12:bb:cc:0d:ee:ff", id="full-width-digits"),
        pytest.param("\u0661\u0662:bb:cc:0d:ee:ff", id="arabic-digits"),
        pytest.param("\uff41\uff42:bb:cc:0d:ee:ff", id="full-width-letters"),
        pytest.param("aa\uff1abb:cc:0d:ee:ff", id="full-width-colon"),
        pytest.param("aa\u2010bb\u2010cc\u20100d\u2010ee\u2010ff", id="unicode-hyphens"),
        pytest.param("a" * 100_000, id="very-long"),
    ],
)
def test_refused_spellings(text: str) -> None:
    """A similar but invalid spelling is refused with one short, printable sentence."""
    with pytest.raises(InvalidMacAddress, match="invalid format") as refusal:
        MacAddress.parse(text)

    assert "INVALID_OPERATION" == refusal.value.code
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 500


def test_order_is_that_of_the_octets() -> None:
    """MAC addresses are sorted by their octets, whatever their spelling was."""
    spellings = ["ff:00:00:00:00:00", "0A-00-00-00-00-00", "000000000001", "0a00.0000.0001"]

    assert [
        "00:00:00:00:00:01",
        "0a:00:00:00:00:00",
        "0a:00:00:00:00:01",
        "ff:00:00:00:00:00",
    ] == [str(mac) for mac in sorted(map(MacAddress.parse, spellings))]


@pytest.mark.parametrize("text", ["ZZ", "AA:BB:CC:DD:EE:FF", "aabbccddeeff", "aa:bb:cc:dd:ee:ff\n", ""])
def test_the_constructor_requires_the_canonical_spelling(text: str) -> None:
    """Other spellings are accepted by `parse` only."""
    with pytest.raises(InvalidMacAddress):
        MacAddress(text)
