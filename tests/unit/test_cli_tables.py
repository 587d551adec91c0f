"""Tables on terminals of any width: columns are left out before rows break."""

from __future__ import annotations

import unicodedata

import pytest

from iotconfig.adapters.cli.tables import Column, table

COLUMNS = (
    Column("ID"),
    Column("NAME", text=10),
    Column("NOTE", rank=3, text=10),
    Column("TIME", rank=2),
    Column("OTA", rank=1),
)
ROW = (1, "porch", "by the door", "2026-01-02", True)


def headers(text: str) -> list[str]:
    return text.split("\n", 1)[0].split()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (None, "ID NAME NOTE TIME OTA"),
        (39, "ID NAME NOTE TIME OTA"),
        (38, "ID NAME NOTE TIME OTA"),
        (37, "ID NAME TIME OTA"),
        (26, "ID NAME TIME OTA"),
        (25, "ID NAME OTA"),
        (14, "ID NAME OTA"),
        (13, "ID NAME"),
        (1, "ID NAME"),
    ],
)
def test_the_column_with_the_highest_rank_is_left_out_first(width: int | None, shown: str) -> None:
    """As few columns as fit the width, and those of rank 0 always."""
    assert shown.split() == headers(table(COLUMNS, [ROW], width))


def test_columns_that_are_left_out_are_named() -> None:
    """The last line names them, in their order; without a width there is no such line."""
    assert table(COLUMNS, [ROW], 14).endswith("\n\nNo room for NOTE, TIME: --json prints everything.")
    assert "No room" not in table(COLUMNS, [ROW])


BELOW = (Column("ID"), Column("NAME", text=10), Column("TAGS", is_below=True))


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (None, ["ID  NAME   TAGS", "--  -----  -------", "1   porch  +a -bcd", "2   hall   -"]),
        (18, ["ID  NAME   TAGS", "--  -----  -------", "1   porch  +a -bcd", "2   hall   -"]),
        (17, ["ID  NAME", "--  -----", "1   porch", "    +a -bcd", "2   hall"]),
        (9, ["ID  NAME", "--  -----", "1   porch", "    +a -…", "2   hall"]),
    ],
)
def test_cells_move_below_their_rows(width: int | None, shown: list[str]) -> None:
    """Where the columns do not fit; in one line, which is cut."""
    rows = [(1, "porch", "+a -bcd"), (2, "hall", None)]
    assert [line.rstrip() for line in shown] == table(BELOW, rows, width).split("\n")


def test_a_column_that_would_be_left_out_can_move_below() -> None:
    """With its header, because the rows of a wider terminal do not have it there. Others are left out."""
    columns = (Column("ID"), Column("KEY", rank=2, is_below=True), Column("NAME", rank=1))
    wide = ["ID  KEY   NAME", "--  ----  -----", "1   00ff  porch", "2   -     hall"]
    assert wide == table(columns, [(1, "00ff", "porch"), (2, None, "hall")], 15).split("\n")
    narrow = ["ID  NAME", "--  -----", "1   porch", "    key 00ff", "2   hall"]
    assert narrow == table(columns, [(1, "00ff", "porch"), (2, None, "hall")], 14).split("\n")


def test_a_column_without_a_cell_is_not_shown_to_a_person() -> None:
    """Of those whose cells can stand below; a program finds it at its place."""
    assert "TAGS" not in table(BELOW, [(1, "porch", None)], 80)
    assert "TAGS" in table(BELOW, [(1, "porch", None)])


def test_free_text_is_cut_where_no_column_can_be_left_out() -> None:
    """The cut is visible, and the line is as long as the terminal is wide."""
    text = table((Column("ID"), Column("NAME", text=10)), [(1, "n" * 100)], 30)

    assert f"1   {'n' * 25}…" == text.split("\n")[-1]
    assert 30 == max(map(len, text.split("\n")))


def test_short_text_leaves_its_room_to_long_text() -> None:
    """Two columns of text do not share the width in halves where one of them needs less."""
    text = table((Column("A", text=10), Column("B", text=10)), [("abc", "b" * 100)], 30)

    assert f"abc  {'b' * 24}…" == text.split("\n")[-1]


def test_columns_are_aligned_in_every_script() -> None:
    """Wide characters take two character cells, combining characters none."""
    rows = [("居間", True), ("🏠", True), ("Cafe\u0301", False), ("Porch", None)]
    lines = ["NAME   OTA", "-----  ---", "居間   yes", "🏠     yes", "Cafe\u0301   no", "Porch  -"]

    assert "\n".join(lines) == table((Column("NAME"), Column("OTA")), rows)


@pytest.mark.parametrize("width", range(12, 40))
def test_no_row_breaks(width: int) -> None:
    """Not with wide characters, either, as long as the columns of rank 0 have their least width."""
    rows = [ROW, (22, "居間の表示器居間の表示器", "🏠" * 20, "2026-01-02", None)]
    lines = table(COLUMNS, rows, width).split("\n\n")[0].split("\n")

    for line in lines:
        assert len(line) + sum(unicodedata.east_asian_width(c) in "WF" for c in line) <= width
