"""A table as CSV that a spreadsheet opens right: separators, dates and decimals of the language, no formula in a cell."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from types import NoneType
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.lib.fetched import Batch, Fetched, Piece, as_moment, batches_of
from clinic.lib.table import Column, Table

BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is run as a formula by some spreadsheet (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ROWS_AT_ONCE = 200


def guarded(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def may_be_formulas(values: Iterable[str]) -> bool:
    """Whether one of these texts may have to be guarded, by how they begin. Most columns need it for none."""
    return any(start.isspace() or start in FORMULA_STARTS for start in {text[:1] for text in set(values)})


def cell(value: Any, kind: str, language: str) -> str:
    """One value as text. Numbers stay numbers, also below zero; every other text is guarded."""
    french = language.startswith("fr")
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | Decimal):
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        return text.replace(".", ",") if french else text
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%d/%m/%Y %H:%M" if french else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        if kind == "month":
            return f"{value:%m/%Y}" if french else f"{value:%Y-%m}"
        return f"{value:%d/%m/%Y}" if french else f"{value:%Y-%m-%d}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return guarded(str(value))


def stream(table: Table, language: str, foot: str = "") -> Iterator[bytes]:
    """The file piece by piece: UTF-8 with a byte order mark, CRLF, `;` in French and `,` in English.

    `foot` is the last line, after an empty one. Rows that are fetched in batches (`clinic.lib.fetched`) are written in
    them, in a memory that does not grow.
    """
    lines = Lines(table.columns, language)
    yield BYTE_ORDER_MARK.encode("utf-8")
    yield lines.titles()
    for piece in pieces(table, lines):
        yield piece.text
    if foot:
        yield lines.foot(foot)


def pieces(table: Table, lines: "Lines") -> Iterator[Piece]:
    """The rows of the file: written by who fetches them, where he can, else batch by batch."""
    rows = table.rows
    if isinstance(rows, Fetched) and rows.written:
        yield from rows.written(lines.language)
        return
    for batch in batches_of(rows, ROWS_AT_ONCE):
        yield lines.piece(batch)


def digest_of(table: Table, language: str) -> str:
    """SHA-256 of what the file of this table holds above its foot."""
    digest = sha256()
    for piece in stream(table, language):
        digest.update(piece)
    return digest.hexdigest()


class Lines:
    """Batches as lines of text. Whole columns at once: asking each cell for its kind took most of the time."""

    def __init__(self, columns: tuple[Column, ...], language: str) -> None:
        self.columns, self.language = columns, language
        self.delimiter = ";" if language.startswith("fr") else ","
        self.hours = _Hours(language)
        self.days: dict[tuple[str, Any], str] = {}

    def titles(self) -> bytes:
        """The line of the headings."""
        with translation.override(self.language):
            return self._joined([[guarded(column.heading)] for column in self.columns])

    def written(self, batch: Batch) -> bytes:
        """The rows of a batch."""
        # The file leaves after the view has ended: its language is the one asked for, not the one of the moment.
        with translation.override(self.language):
            return self._joined(
                [self._texts(values, column.kind) for values, column in zip(batch.columns, self.columns, strict=True)]
            )

    def piece(self, batch: Batch) -> Piece:
        """The same, and what is known of them."""
        return Piece(self.written(batch), len(batch), frozenset(batch.people))

    def part(self, values: Sequence[Any], columns: Sequence[Column]) -> str:
        """Some cells of one row, two or more, that stand beside each other; in the language of the moment."""
        cells = zip(values, columns, strict=True)
        return self._joined([self._texts([value], column.kind) for value, column in cells]).decode()[:-2]

    def foot(self, text: str) -> bytes:
        """An empty line, and the last one."""
        return b"\r\n" + self._joined([[guarded(text)]])

    def _joined(self, columns: Sequence[Sequence[Any]]) -> bytes:
        """The columns as lines. Where no text needs quotes, which can be counted, the library's writer is not asked."""
        try:
            text = "\r\n".join(map(self.delimiter.join, zip(*columns, strict=True)))
        except TypeError:
            return self._quoted(columns)
        rows, ends = len(columns[0]), text.count("\n")
        plain = len(columns) > 1 and '"' not in text and ends == text.count("\r") == rows - 1
        if not plain or text.count(self.delimiter) != rows * (len(columns) - 1):
            return self._quoted(columns)
        return f"{text}\r\n".encode()

    def _quoted(self, columns: Sequence[Sequence[Any]]) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.delimiter, lineterminator="\r\n").writerows(zip(*columns, strict=True))
        return buffer.getvalue().encode("utf-8")

    def _texts(self, values: Sequence[Any], kind: str) -> Sequence[Any]:
        """A column as text. What it holds as a rule is written at once; else each of its cells by itself."""
        if kind not in {"number", "moment"}:
            try:
                return list(map(guarded, values)) if may_be_formulas(values) else values
            except TypeError:  # not texts alone
                pass
        kinds = set(map(type, values))
        if kinds == {int}:
            return list(map(str, values))
        if kinds <= {str, NoneType} and kind == "moment":
            return self.moments(values)
        if kinds <= {date, NoneType}:
            return [self._day(value, kind) if value else "" for value in values]
        return [cell(value, kind, self.language) for value in values]

    def moments(self, values: Sequence[str | None]) -> list[str]:
        """Moments as texts in UTC: the hour is looked up, the minutes are the same everywhere in it."""
        hours, language = self.hours, self.language
        return [
            ""
            if value is None
            else hour + value[13:16]
            if (hour := hours[value[:13]])
            else cell(as_moment(value), "moment", language)
            for value in values
        ]

    def _day(self, value: date, kind: str) -> str:
        if (kind, value) not in self.days:
            self.days[kind, value] = cell(value, kind, self.language)
        return self.days[kind, value]


class _Hours(dict[str, str]):
    """By an hour in UTC ("2026-03-12 13") the day and hour here, as the language writes them; empty where the minutes differ."""

    def __init__(self, language: str) -> None:
        self.french, self.zone = language.startswith("fr"), timezone.get_current_timezone()

    def __missing__(self, text: str) -> str:
        self[text] = ""
        try:
            begins = datetime.fromisoformat(f"{text}:00:00+00:00")
        except ValueError:
            return ""
        here, ends = begins.astimezone(self.zone), (begins + timedelta(minutes=59)).astimezone(self.zone)
        if here.minute == here.second == 0 and here.utcoffset() == ends.utcoffset():
            day, month = f"{here.day:02}", f"{here.month:02}"
            date_here = f"{day}/{month}/{here.year:04}" if self.french else f"{here.year:04}-{month}-{day}"
            self[text] = f"{date_here} {here.hour:02}"
        return self[text]
