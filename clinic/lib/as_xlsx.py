"""A table as a spreadsheet: figures, dates and moments are what they are, and no text is ever run."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from clinic.lib.as_csv import FORMULA_STARTS
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Column, Row, Table

# Above this the file is written row by row in constant memory, which one spreadsheet program cannot read.
ROWS_IN_MEMORY = 20_000
# What the format itself can hold.
LARGEST_SHEET_ROWS = 1_048_000
LONGEST_CELL = 32_767
LONGEST_FOOTER = 240
DIGITS_OF_A_FLOAT = 15
FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets count a day that never was
FIRST_MOMENT = datetime(1900, 3, 2, tzinfo=UTC)  # that day has begun everywhere
WIDEST, NARROWEST = 60, 8
SAMPLED_ROWS = 300
MOMENTS = {"fr": "dd/mm/yyyy hh:mm", "en": "yyyy-mm-dd hh:mm"}
DAYS = {"fr": "dd/mm/yyyy", "en": "yyyy-mm-dd"}
MONTHS = {"fr": "mm/yyyy", "en": "yyyy-mm"}


def workbook(table: Table, language: str, *, at: datetime, foot: str = "") -> bytes:
    """The file: one sheet with the table, its totals, and `foot` as the last line and on every printed page."""
    buffer = io.BytesIO()
    write_workbook(buffer, table, language, at=at, foot=foot)
    return buffer.getvalue()


def write_workbook(
    file: BinaryIO, table: Table, language: str, *, at: datetime, foot: str = "", folder: Path | None = None
) -> None:
    """Write it into `file`. Of a large table a row is held at a time, the rest in files in `folder`, which must be
    closed to others; they go as soon as the workbook is written. Raises `Refused` where there are too many rows.
    """
    refuse_too_long(len(table.rows))
    options = {
        "constant_memory": len(table.rows) > ROWS_IN_MEMORY,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(folder) if folder else None,
    }
    with translation.override(language):
        book = xlsxwriter.Workbook(file, options)
        book.set_properties({"title": str(table.title), "created": at.replace(tzinfo=None)})
        sheet = book.add_worksheet(_sheet_name(str(table.title)))
        try:
            _Sheet(sheet, _Looks(book, language[:2])).fill(table, foot)
        except BaseException:
            _broken_off(sheet)
            raise
        book.close()


def refuse_too_long(rows: int) -> None:
    """Raise `Refused` where so many rows are too many for a spreadsheet."""
    if rows > LARGEST_SHEET_ROWS:
        raise Refused([Problem("", _("These are too many rows for a spreadsheet. Take the CSV file."), "too-long")])


def _broken_off(sheet: Worksheet) -> None:
    """A book that is not finished is not put together; its file of rows goes."""
    if rows := getattr(sheet, "row_data_fh", None):
        rows.close()
        Path(sheet.row_data_filename).unlink(missing_ok=True)


@dataclass
class _Looks:
    """The formats of a book, each made once."""

    book: xlsxwriter.Workbook
    language: str

    def __post_init__(self) -> None:
        self.made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.zone = timezone.get_current_timezone()
        # What most cells of a long table look like, at hand without asking for it by its properties.
        self.text = self.look(text_wrap=True)
        self.whole_number = self.look(num_format="0", align="right")
        self.moment = self.look(num_format=MOMENTS[self.language], align="left")

    def look(self, **properties: Any) -> Format:
        key = tuple(properties.items())
        if key not in self.made:
            self.made[key] = self.book.add_format({"valign": "top", **properties})
        return self.made[key]


@dataclass
class _Sheet:
    sheet: Worksheet
    looks: _Looks

    def fill(self, table: Table, foot: str) -> None:
        """Headings, rows, totals, foot; from top to bottom, as constant memory asks."""
        headings = [column.heading for column in table.columns]
        rows = iter(table.rows)  # once: they may be fetched as they come
        first = list(islice(rows, SAMPLED_ROWS))
        self._lay_out(table, headings, foot, first)
        for place, heading in enumerate(headings):
            right = table.columns[place].is_number
            look = self.looks.look(bold=True, bottom=1, text_wrap=True, align="right" if right else "left")
            self.sheet.write_string(0, place, heading, look)
        line = 0
        for line, row in enumerate(chain(first, rows), start=1):
            if line > LARGEST_SHEET_ROWS:
                raise Refused(
                    [Problem("", _("These are too many rows for a spreadsheet. Take the CSV file."), "too-long")]
                )
            self._row(line, row, table.columns, {"font_strikeout": True} if row.struck else {})
        if table.columns:
            self.sheet.autofilter(0, 0, line, len(table.columns) - 1)
        if table.totals and line:
            line += 1
            self._row(line, table.totals, table.columns, {"bold": True, "top": 1})
        for text in (str(table.note), foot):
            if text:
                line += 2
                self.sheet.write_string(line, 0, text, self.looks.look(italic=True, quote_prefix=True))

    def _lay_out(self, table: Table, headings: list[str], foot: str, first: list[Row]) -> None:
        for place, width in enumerate(_widths(headings, first)):
            self.sheet.set_column(place, place, width)
        self.sheet.freeze_panes(1, 0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(0)
        self.sheet.set_header(f"&L{_printable(str(table.title))}")
        self.sheet.set_footer(f"&L{_printable(foot)}&R&P / &N")

    def _row(self, line: int, row: Row, columns: tuple[Column, ...], look: dict[str, Any]) -> None:
        sheet, looks, plain = self.sheet, self.looks, not look
        for place, value in enumerate(row.values):
            kind = type(value) if plain else None
            # Most cells hold a short text that begins with a letter; to ask no more of them saves a third of the time.
            if kind is str and value[:1].isalnum() and len(value) <= LONGEST_CELL:
                sheet.write_string(line, place, value, looks.text)
            elif kind is int and _fits_a_float(value):
                sheet.write_number(line, place, value, looks.whole_number)
            elif kind is datetime and value >= FIRST_MOMENT:
                sheet.write_datetime(line, place, value.astimezone(looks.zone).replace(tzinfo=None), looks.moment)
            else:
                self._cell(line, place, value, columns[place].kind, look)

    def _cell(self, line: int, place: int, value: Any, kind: str, look: dict[str, Any]) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            self._text(line, place, value, look)
            return
        if isinstance(value, bool):
            value = _("yes") if value else _("no")
        if isinstance(value, int | Decimal) and _fits_a_float(value):
            number = self.looks.look(num_format=_number_format(value), align="right", **look)
            self.sheet.write_number(line, place, value, number)
        elif isinstance(value, datetime) and value.date() >= FIRST_DAY:
            moment = self.looks.look(num_format=MOMENTS[self.looks.language], align="left", **look)
            self.sheet.write_datetime(line, place, value.astimezone(self.looks.zone).replace(tzinfo=None), moment)
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_DAY:
            days = MONTHS if kind == "month" else DAYS
            day = self.looks.look(num_format=days[self.looks.language], align="left", **look)
            self.sheet.write_datetime(line, place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
        else:
            self._text(line, place, f"{value:%H:%M}" if isinstance(value, time) else str(value), look)

    def _text(self, line: int, place: int, text: str, look: dict[str, Any]) -> None:
        # A text that begins like a formula stays one even when somebody edits its cell.
        guarded = {"quote_prefix": True} if text.lstrip().startswith(FORMULA_STARTS) else {}
        self.sheet.write_string(line, place, _whole(text), self.looks.look(text_wrap=True, **guarded, **look))


def _widths(headings: list[str], first: list[Row]) -> Iterator[int]:
    """The width of each column by its heading and its first rows."""
    longest = [max(map(len, heading.split("\n")), default=0) for heading in headings]
    for row in first:
        for place, value in enumerate(row.values):
            length = 16 if isinstance(value, datetime) else 10 if isinstance(value, date) else len(str(value or ""))
            longest[place] = max(longest[place], length)
    return (min(max(length + 2, NARROWEST), WIDEST) for length in longest)


def _fits_a_float(value: int | Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of this figure."""
    if isinstance(value, int):
        return abs(value) < 10**DIGITS_OF_A_FLOAT
    return Decimal(value).is_finite() and len(Decimal(value).as_tuple().digits) <= DIGITS_OF_A_FLOAT


def _number_format(value: int | Decimal) -> str:
    if isinstance(value, int):
        return "0"
    places = -int(Decimal(value).as_tuple().exponent)
    return f"0.{'0' * places}" if places > 0 else "0"


def _whole(text: str) -> str:
    """A text that a cell can hold; one that is too long says so at its end and is never dropped."""
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 40]} […{len(text)}]"


def _printable(text: str) -> str:
    return text.replace("\n", " ").replace("&", "&&")[:LONGEST_FOOTER]


def _sheet_name(title: str) -> str:
    """A name that every spreadsheet allows: at most 31 signs, none of those that formulas use."""
    return re.sub(r"[\[\]:*?/\\'\s]+", " ", title).strip()[:31].strip(" ,;") or "1"
