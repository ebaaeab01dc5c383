"""Columns of a printed table: room for every word, and nothing runs off the page."""

import pytest

from clinic.lib.columns import GAP_MM, LARGEST, LONGEST_WORD, UPRIGHT_MM, WIDE_MM, breakable, layout

PROSE = "a sentence of some words " * 20


def laid(*lines, wide=False, whole=None):
    return layout(lines, whole=whole or [False] * len(lines[0]), wide=wide)


def test_small_table_takes_the_room_that_it_wants():
    found = laid(["Day", "Text"], ["2026-03-12", "intact"])
    assert (found.size, found.widths, found.longest_word, found.rows_may_break) == (LARGEST, None, LONGEST_WORD, False)


def test_table_without_rows_or_columns_has_a_layout():
    assert laid(["Day", "Text"]).widths is None
    assert laid([]).widths is None


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("columns", [2, 6, 10, 15, 30])
@pytest.mark.parametrize("text", [PROSE, "x" * 150, "2026-01-02T08:05:00Z", "Lefèvre-Dubois Marie-Antoinette"])
def test_columns_never_leave_the_page(wide, columns, text):
    found = laid(["Title"] * columns, [text] * columns, wide=wide)
    page = WIDE_MM if wide else UPRIGHT_MM
    assert found.widths is None or sum(found.widths) <= page + 0.5
    assert found.widths is None or min(found.widths) > GAP_MM


def test_figures_are_never_broken_and_keep_their_room():
    whole = [True, *[False] * 9]
    found = laid(["Entry", *["Words"] * 9], ["1234567890123", *[PROSE] * 9], whole=whole)
    assert found.widths[0] == pytest.approx(13 * found.size * 0.3528 * 0.58 + GAP_MM, abs=0.02)


def test_prose_gets_more_room_than_short_words():
    short = ["2026-03-12, 14:05", "Lou Leroy", "Session 12", "hyperhidrosis", "palm (hand), both sides"]
    found = laid(["Day", "Who", "What", "Why", "Where", "Note"], [*short, PROSE])
    assert found.widths[5] > 2 * found.widths[1]


def test_tall_rows_may_go_on_over_the_page():
    assert laid(["Why"], [PROSE]).rows_may_break is False
    assert laid(["Why"], [PROSE * 10]).rows_may_break is True
    assert laid(["Why"], ["line\n" * 30]).rows_may_break is True


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("short", "short"),
        ("five signs", "five signs"),
        ("abcdefghijkl", "abcde|fghij|kl"),
        ("ab abcdefg", "ab abcde|fg"),
        ("Anne-Marie", "Anne-Marie"),
        ("2026-01-02", "2026-|01-02"),
        ("a\nabcdef", "a\nabcde|f"),
    ],
)
def test_long_words_get_places_to_break(text, broken):
    assert breakable(text, 5).replace("\u200b", "|") == broken
    assert breakable(text, 5).replace("\u200b", "") == text
