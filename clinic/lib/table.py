"""What every report hands over: named columns, rows of plain values. Pages and files are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """One column; `kind` says how its values are written: text, number, date, moment or month; `unit` of its figures.

    `of_record`: what a record says in words of its own, which is for those who may read records. `inside`: what stays in
    the clinic when the table is handed on. `counts`: its numbers are of persons or things, so that a small one may tell
    who it is.
    """

    name: str
    title: Text
    kind: str = "text"
    unit: Text = ""
    of_record: bool = False
    inside: bool = False
    counts: bool = True

    @property
    def heading(self) -> str:
        """The title with unit or time zone, as a file of figures needs it: its cells hold neither."""
        return f"{self.title} ({timezone.get_current_timezone_name()})" if self.kind == "moment" else self.printed

    @property
    def printed(self) -> str:
        """The title with the unit, as a document needs it, which names its time zone at the foot."""
        return f"{self.title} ({self.unit})" if self.unit else str(self.title)

    @property
    def is_number(self) -> bool:
        return self.kind == "number"


@dataclass(frozen=True)
class Row:
    """The values of one line, in the order of the columns.

    `key` names the record behind it; `person` is the key of who is shown in it, so that the look can be recorded.
    """

    values: tuple[Any, ...]
    key: Any = None
    struck: bool = False
    person: int | None = None


@dataclass(frozen=True)
class Table:
    """A title, columns, rows, and a last line of totals where there is one.

    `names_people`: its rows name persons, so not everybody may see them. `route` leads from the key of a row to its
    record. `length`: how many rows there are, where a page was given the first of them alone.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    totals: Row | None = None
    note: Text = ""
    empty: Text = field(default="")
    names_people: bool = False
    route: str = ""
    length: int | None = None

    def without(self, hidden: Callable[[Column], bool]) -> Table:
        """The same table without the columns that are `hidden`."""
        kept = [place for place, column in enumerate(self.columns) if not hidden(column)]
        if len(kept) == len(self.columns):
            return self

        def cut(row: Row) -> Row:
            return replace(row, values=tuple(row.values[place] for place in kept))

        columns = tuple(self.columns[place] for place in kept)
        totals = cut(self.totals) if self.totals else None
        return replace(self, columns=columns, rows=[cut(row) for row in self.rows], totals=totals)

    @property
    def people(self) -> tuple[int, ...]:
        """Who is shown in these rows, each once."""
        return tuple(dict.fromkeys(row.person for row in self.rows if row.person is not None))

    @property
    def shape(self) -> str:
        """`counts` where every column but the first is a number, else `list`."""
        return "counts" if all(column.is_number for column in self.columns[1:]) else "list"

    def lines(self) -> Iterator[tuple[Row, list[tuple[Column, Any]]]]:
        """Each row with its values beside their columns, for a template."""
        for row in self.rows:
            yield row, list(zip(self.columns, row.values, strict=True))

    def total_cells(self) -> list[tuple[Column, Any]]:
        """The totals beside their columns; empty where there are none."""
        return list(zip(self.columns, self.totals.values, strict=True)) if self.totals else []
