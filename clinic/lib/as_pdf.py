"""Documents as PDF for the archive (PDF/A-2a) that a screen reader can read (PDF/UA-1), set by typst.

`table_pdf` sets any report. `chart_block` and `picture_block` make a picture of a document that has blocks. `document` sets any other document: a letter, a session's record. Its template is a file
of typst that stands beside its owner (`sessions/typst/letter.typ`). In front of it stands `clinic/typst/frame.typ`:
page, foot, title, and the words `facts`, `listing`, `callout`, `blocks`, `lines`, `quiet` and `strong-text`.

A template holds no words for readers and sees nothing but one JSON text, `data`:

| key | what |
|---|---|
| `title`, `language` | heading and name of the document; "fr" or "en" |
| `under_title` | lines under the heading, such as the limits of a report |
| `head` | what every page says at its top; may be empty |
| `stamp` | what stands across every page in pale letters, such as "DRAFT"; may be empty |
| `foot`, `printed`, `page` | foot of every page: head of the chain; who printed it and when; "Page {page} of {pages}" |
| `unshown` | said at the end where a sign was replaced by its number |
| `wide` | whether the page lies on its side |
| `body` | the template's own data, also as `body` alone: plain dictionaries, lists, texts, numbers |

Data are never part of the source: what a person typed is printed as it stands, whatever it looks like.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clinic.lib.as_svg import drawing_of
from clinic.lib.chart import Chart
from clinic.lib.columns import breakable, layout
from clinic.lib.drawing import Drawing
from clinic.lib.figures import figure_text, places_text
from clinic.lib.glyphs import drawable, plainest
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Column, Row, Table
from clinic.lib.typesetting import NotSet, set_apart, set_here

TEMPLATES = Path(__file__).resolve().parent.parent / "typst"
# Setting a table takes about a hundred megabytes for each thousand rows.
LARGEST_TABLE_ROWS = 5_000
ROWS_OF_A_LARGE_TABLE = 500
MOST_COLUMNS_UPRIGHT = 6
# Longer than any digest; what is longer still may break anywhere, or it would run off the page.
LONGEST_WORD_OF_A_LINE = 72
# What a picture may take of a page, in millimetres: it stands on one page, whatever its shape.
# Of a sheet on end, so much that what a letter says below its picture, and who signs it, stand on the same sheet.
PICTURE_WIDTH, PICTURE_HEIGHT, PICTURE_HEIGHT_WIDE = 178.0, 170.0, 130.0
_one_large_table = Lock()


@dataclass(frozen=True)
class Frame:
    """What stands around the contents: title, language, who prints when, and the foot with the head of the chain."""

    title: str
    language: str
    at: datetime
    printed_by: str
    foot: str = ""
    under_title: tuple[str, ...] = ()
    head: str = ""
    stamp: str = ""
    wide: bool = False


def document(template: Path, body: dict[str, Any], frame: Frame, *, large: bool = False) -> bytes:
    """The document that `template` makes of `body`; the same data and moment give the same bytes.

    `large`: it may have more than some twenty pages.
    """
    with translation.override(frame.language):
        data = _framed(body, frame)
    typeset = set_apart if large else set_here
    moment = int(frame.at.timestamp())
    try:
        return typeset(_source(template), _drawn(data, drawable, frame.language), moment)
    except NotSet:
        # A sign that no font draws beside its neighbour: the page is set all the same, with more numbers in it.
        return typeset(_source(template), _drawn(data, plainest, frame.language), moment)


def table_pdf(table: Table, frame: Frame) -> bytes:
    """A report's table. Raises `Refused` where it has more rows than a PDF can carry."""
    refuse_too_long(len(table.rows))
    wide = frame.wide or len(table.columns) > MOST_COLUMNS_UPRIGHT
    with translation.override(frame.language):
        body = {"table": table_block(table, wide=wide), "note": str(table.note)}
    laid = replace(frame, wide=wide)
    if len(table.rows) < ROWS_OF_A_LARGE_TABLE:
        return document(TEMPLATES / "table.typ", body, laid)
    with _one_large_table:
        return document(TEMPLATES / "table.typ", body, laid, large=True)


def refuse_too_long(rows: int) -> None:
    """Raise `Refused` where a table of so many rows is too long for a PDF."""
    if rows > LARGEST_TABLE_ROWS:
        raise Refused(
            [
                Problem(
                    "",
                    _(
                        "These are too many rows for a PDF (%(rows)s; at most %(most)s). "
                        "Take the spreadsheet or the CSV file, or narrow the limits."
                    )
                    % {"rows": rows, "most": LARGEST_TABLE_ROWS},
                    code="too-long",
                )
            ]
        )


def table_block(table: Table, *, wide: bool = False) -> dict[str, Any]:
    """A table as the block of kind "table" that `frame.typ` sets, its values as texts in the active language.

    `wide`: the page lies on its side.
    """

    def texts(row: Row) -> list[str]:
        return [shown(value, column.kind) for column, value in zip(table.columns, row.values, strict=True)]

    headings = [column.printed for column in table.columns]
    lines = [texts(row) for row in table.rows]
    totals = texts(table.totals) if table.totals and table.rows else None
    numbers = [column.is_number for column in table.columns]
    laid = layout([headings, *lines, *([totals] if totals else [])], whole=numbers, wide=wide)
    return {
        "kind": "table",
        "columns": [
            {
                "title": breakable(heading, laid.longest_word),
                "right": number,
                "width": laid.widths[place] if laid.widths else None,
            }
            for place, (heading, number) in enumerate(zip(headings, numbers, strict=True))
        ],
        "rows": [
            {"cells": [breakable(text, laid.longest_word) for text in line], "struck": row.struck}
            for line, row in zip(lines, table.rows, strict=True)
        ],
        "totals": totals,
        "empty": str(table.empty or _("Nothing was counted within these limits.")),
        "size": laid.size,
        "breakable": laid.rows_may_break,
    }


def rows_block(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table within a document, from columns and plain rows."""
    return table_block(Table("", "", tuple(columns), [Row(tuple(row)) for row in rows]))


def chart_block(chart: Chart, *, wide: bool = False) -> dict[str, Any]:
    """A chart as the block of kind "picture", in the active language; its table stands beside it or nowhere.

    `wide`: the page lies on its side.
    """
    return picture_block(drawing_of(chart), wide=wide, note=str(chart.note))


def picture_block(drawing: Drawing, *, wide: bool = False, note: str = "") -> dict[str, Any]:
    """Any drawing as the block of kind "picture": its title above, its description for those who do not see it."""
    height = PICTURE_HEIGHT_WIDE if wide else PICTURE_HEIGHT
    return {
        "kind": "picture",
        "title": str(drawing.title),
        "svg": str(drawing.svg()),
        "alt": f"{drawing.title}. {drawing.description}",
        "width": round(min(PICTURE_WIDTH, height * drawing.width / drawing.height), 2),
        "note": note,
    }


def shown(value: Any, kind: str = "text") -> str:
    """One value as a page writes it, in the active language; a figure in a column of figures with all its places."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return places_text(value) if kind == "number" else figure_text(value)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "F Y" if kind == "month" else "SHORT_DATE_FORMAT")
    if isinstance(value, time):
        return time_format(value, "TIME_FORMAT")
    return str(value)


def _framed(body: dict[str, Any], frame: Frame) -> dict[str, Any]:
    moment = timezone.localtime(frame.at)
    printed = _("Printed by %(name)s on %(moment)s (%(zone)s)") % {
        "name": frame.printed_by,
        "moment": date_format(moment, "DATETIME_FORMAT"),
        "zone": timezone.get_current_timezone_name(),
    }
    return {
        "title": frame.title,
        "language": frame.language[:2],
        "under_title": [line for line in frame.under_title if line],
        "head": frame.head,
        "stamp": frame.stamp,
        "foot": frame.foot,
        "printed": printed,
        "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "wide": frame.wide,
        "body": body,
    }


def _drawn(data: dict[str, Any], draw: Callable[[str], str], language: str) -> str:
    """`data` as JSON with every text made drawable; says at the end how a sign stands that could not be drawn."""
    replaced = False

    def walk(value: Any) -> Any:
        nonlocal replaced
        if isinstance(value, str | Promise):
            text = str(value).replace("\r\n", "\n").replace("\r", "\n")
            drawn = draw(text)
            replaced = replaced or drawn.count("[U+") > text.count("[U+")
            return breakable(drawn, LONGEST_WORD_OF_A_LINE)
        if isinstance(value, dict):
            return {key: draw(item) if key == "svg" else walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [walk(item) for item in value]
        return value

    with translation.override(language):
        note = _("Signs that the fonts of this document do not have stand by their number in Unicode, as in [U+1FA79].")
    return json.dumps(walk(data) | {"unshown": note if replaced else ""}, ensure_ascii=False, allow_nan=False)


@cache
def _source(template: Path) -> str:
    return (TEMPLATES / "frame.typ").read_text("utf-8") + template.read_text("utf-8")
