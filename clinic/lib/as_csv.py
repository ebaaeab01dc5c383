"""A table as CSV that a spreadsheet opens right: separators, dates and decimals of the language, no formula in a cell."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.lib.table import Column, Table

BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is run as a formula by some spreadsheet (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ROWS_AT_ONCE = 200


def guarded(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


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
    return guarded(str(value))


def stream(table: Table, language: str, foot: str = "") -> Iterator[bytes]:
    """The file piece by piece: UTF-8 with a byte order mark, CRLF, `;` in French and `,` in English.

    `foot` is the last line, after an empty one.
    """
    yield BYTE_ORDER_MARK.encode("utf-8")
    titles = tuple(Column(column.name, column.heading) for column in table.columns)
    yield _written([tuple(column.title for column in titles)], titles, language)
    for start in range(0, len(table.rows), ROWS_AT_ONCE):
        rows = table.rows[start : start + ROWS_AT_ONCE]
        yield _written((row.values for row in rows), table.columns, language)
    if foot:
        yield b"\r\n" + _written([(foot,)], (Column("foot", ""),), language)


def _written(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...], language: str) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if language.startswith("fr") else ",", lineterminator="\r\n")
    # The file leaves after the view has ended: its language is the one asked for, not the one of the moment.
    with translation.override(language):
        for values in rows:
            writer.writerow([cell(value, column.kind, language) for value, column in zip(values, columns, strict=True)])
    return buffer.getvalue().encode("utf-8")
