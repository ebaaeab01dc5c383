"""Small numbers are hidden, and cannot be worked out from what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.lib.small_cells import HIDDEN, without_small_cells
from clinic.lib.table import Column, Row, Table

COLUMNS = (
    Column("of", "Of"),
    Column("done", "Done", "number"),
    Column("missed", "Missed", "number"),
    Column("rate", "Rate", "number", "%"),
)


def a_table(*counts: tuple[int, int]) -> Table:
    rows = [Row((f"row {place}", done, missed, done)) for place, (done, missed) in enumerate(counts)]
    sums = [sum(pair[side] for pair in counts) for side in (0, 1)]
    return Table("t", "T", COLUMNS, rows, totals=Row(("All", *sums, 0)))


def hidden(table: Table) -> list[int]:
    return [place for place, row in enumerate(table.rows) if row.values[1:] == (HIDDEN,) * 3]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([(5, 5), (6, 7)], []),
        ([(5, 0), (0, 0)], []),
        ([(4, 9), (8, 8), (50, 50)], [0, 1]),
        ([(9, 1), (3, 9), (50, 50)], [0, 1]),
        ([(0, 0), (4, 4), (50, 50)], [1, 2]),
        ([(4, 4)], [0]),
        ([(1, 0), (1, 0), (5, 0), (50, 0)], [0, 1, 2]),
        ([(2, 30), (2, 30), (0, 20), (7, 30), (50, 30)], [0, 1, 3]),
    ],
)
def test_rows_with_a_small_number_are_hidden_and_never_one_alone(counts, expected):
    assert hidden(without_small_cells(a_table(*counts), 5)) == expected


def test_total_of_a_single_hidden_row_is_hidden_with_it():
    assert without_small_cells(a_table((4, 40)), 5).totals.values == ("All", HIDDEN, HIDDEN, HIDDEN)


def one_column(*counts: int) -> Table:
    return Table("t", "T", COLUMNS[:2], [Row((str(n), n)) for n in counts], totals=Row(("All", sum(counts))))


@pytest.mark.parametrize(
    ("counts", "rows", "total"),
    [
        ((1, 1, 1, 1, 1, 20), (HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN), 25),
        ((1, 1, 1, 1, 1), (HIDDEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN), HIDDEN),
        ((1, 1, 6, 20), (HIDDEN, HIDDEN, HIDDEN, 20), 28),
    ],
)
def test_sum_of_the_hidden_rows_does_not_tell_that_each_is_one(counts, rows, total):
    table = without_small_cells(one_column(*counts), 5)
    assert (tuple(row.values[1] for row in table.rows), table.totals.values[1]) == (rows, total)


def test_table_without_small_numbers_stays_as_it_is():
    table = a_table((5, 5), (9, 9))
    assert without_small_cells(table, 5) is table


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8), st.integers(2, 10))
def test_no_small_number_can_be_worked_out(counts, least):
    table = a_table(*counts)
    shown = without_small_cells(table, least)
    for column in (1, 2):
        values = [row.values[column] for row in shown.rows]
        assert [value for value in values if value != HIDDEN and 0 < value < least] == []
        total = shown.totals.values[column]
        if HIDDEN in values and total != HIDDEN:
            left = total - sum(value for value in values if value != HIDDEN)
            assert not 0 < left < least
            assert left == 0 or values.count(HIDDEN) > 1
