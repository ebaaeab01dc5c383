"""Small numbers hidden from tables that are handed on, so that nobody is recognised in them.

A row with a number from one to under the least one is hidden whole: shares and sums in it would give the number away.
The last line less the rows that are shown is what the hidden rows have together. So where that would be a single row, or
a number under the least one again, or as many as there are hidden rows, the row with the next smallest numbers is hidden
too; and the last line, where no row is left to hide.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from clinic.lib.table import Row, Table

HIDDEN = "·"


def without_small_cells(table: Table, least: int) -> Table:
    """`table` with every row hidden that has a number of persons or things from one to under `least`."""
    counts = [
        place for place, column in enumerate(table.columns) if column.is_number and column.counts and not column.unit
    ]
    small = _to_hide(table.rows, counts, least)
    totals = table.totals
    if totals and (_is_small(totals, counts, least) or _worked_out(table.rows, small, counts, least) is not None):
        totals = _hidden(table, totals)
    if not small and totals is table.totals:
        return table
    rows = [_hidden(table, row) if place in small else row for place, row in enumerate(table.rows)]
    said = _(
        "Rows with a number under %(least)s are hidden (%(sign)s), and further ones where such a number could be worked out."
    )
    note = said % {"least": least, "sign": HIDDEN}
    return replace(table, rows=rows, totals=totals, note=f"{table.note} {note}".strip())


def _to_hide(rows: Sequence[Row], counts: Sequence[int], least: int) -> set[int]:
    """The places of the rows with a small number, and of as many others as keep it from being worked out."""
    hidden = {place for place, row in enumerate(rows) if _is_small(row, counts, least)}
    while (column := _worked_out(rows, hidden, counts, least)) is not None:
        others = [place for place in range(len(rows)) if place not in hidden]
        helpful = [place for place in others if _number(rows[place], column)] or others
        if not helpful:
            break
        hidden.add(min(helpful, key=lambda place: _size(rows[place], counts)))
    return hidden


def _worked_out(rows: Sequence[Row], hidden: set[int], counts: Sequence[int], least: int) -> int | None:
    """The column in which the sum of the hidden rows tells a small number of theirs; None where none does.

    Where the sum of all rows is small itself, the last line is hidden and nothing is known of the sum.
    """
    for column in counts:
        numbers = [number for place in hidden if (number := _number(rows[place], column))]
        together, everything = sum(numbers), sum(_number(row, column) for row in rows)
        if not numbers or everything < least:
            continue
        all_of_one = len(counts) == 1 and together == len(numbers)
        if len(hidden) == 1 or together < least or all_of_one:
            return column
    return None


def _number(row: Row, column: int) -> int:
    value = row.values[column]
    return value if _is_count(value) else 0


def _is_small(row: Row, counts: Sequence[int], least: int) -> bool:
    return any(0 < row.values[place] < least for place in counts if _is_count(row.values[place]))


def _size(row: Row, counts: Sequence[int]) -> tuple[Any, ...]:
    """Rows of nothing but zeros come last: hiding one would hide nothing."""
    numbers = [row.values[place] for place in counts if _is_count(row.values[place])]
    return (not any(numbers), sum(numbers))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _hidden(table: Table, row: Row) -> Row:
    numbers = [column.is_number for column in table.columns]
    return replace(
        row, values=tuple(HIDDEN if number else value for number, value in zip(numbers, row.values, strict=True))
    )
