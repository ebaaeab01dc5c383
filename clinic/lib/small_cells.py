"""Small numbers hidden from tables that are handed on, so that nobody is recognised in them.

A row with a number from one to under the least one is hidden whole: shares and sums in it would give the number away.
Where that leaves a single hidden row, the row with the next smallest numbers is hidden too, or the last line less the
rows that are shown would be the hidden one.
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
    small = {place for place, row in enumerate(table.rows) if _is_small(row, counts, least)}
    if len(small) == 1 and len(table.rows) > 1:
        small.add(
            min((p for p in range(len(table.rows)) if p not in small), key=lambda p: _size(table.rows[p], counts))
        )
    totals = table.totals
    if totals and (_is_small(totals, counts, least) or (small and len(table.rows) == 1)):
        totals = _hidden(table, totals)
    if not small and totals is table.totals:
        return table
    rows = [_hidden(table, row) if place in small else row for place, row in enumerate(table.rows)]
    said = _(
        "Rows with a number under %(least)s are hidden (%(sign)s), and one more where a single one could be worked out."
    )
    note = said % {"least": least, "sign": HIDDEN}
    return replace(table, rows=rows, totals=totals, note=f"{table.note} {note}".strip())


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
