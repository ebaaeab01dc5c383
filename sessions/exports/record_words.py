"""What a record's document is made of: figures as they were typed, names of fields, facts and tables as blocks."""

from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime

from clinic.lib.as_pdf import rows_block
from clinic.lib.figures import figure_text, typed_text
from clinic.lib.table import Column
from sessions.measures.quantities import QUANTITIES

Block = dict[str, Any]
NOTHING = "—"


def joined(*parts: Any) -> str:
    """The parts that are there, with a point between; a dash where none is."""
    return " · ".join(str(part) for part in parts if part not in (None, "")) or NOTHING


def label(model: type[models.Model], name: str) -> str:
    """What a field is called, as the beginning of a line."""
    return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))


def figure(row: Any, name: str) -> str:
    """A figure with the digits that were typed and its unit; nothing where none was written."""
    value = getattr(row, name)
    if value is None:
        return ""
    unit = str(QUANTITIES[name].shown)
    return f"{plain_figure(row, name)}\u00a0{unit}".strip()


def plain_figure(row: Any, name: str) -> str:
    """A figure with the digits that were typed, without its unit."""
    value = getattr(row, name)
    return typed_text(row.as_typed.get(name, ""), value) or figure_text(value)


def moment(value: Any) -> str:
    return date_format(localtime(value), "DATETIME_FORMAT") if value else ""


def day(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if value else ""


def heading(text: str, level: int = 2) -> Block:
    return {"kind": "heading", "text": text, "level": level}


def facts_block(*pairs: tuple[str, str] | None, columns: int = 3) -> Block:
    return {"kind": "facts", "facts": [list(pair) for pair in pairs if pair], "columns": columns}


def fact_if(label: str, *parts: Any) -> tuple[str, str] | None:
    """A fact that stands only where something was written."""
    text = joined(*parts)
    return None if text == NOTHING else (label, text)


def without_empty_columns(columns: list[Column], rows: list[tuple[Any, ...]]) -> Block:
    """The table without the columns in which no row says anything."""
    kept = [place for place in range(len(columns)) if any(row[place] not in (None, "") for row in rows)]
    return rows_block([columns[place] for place in kept], [[row[place] for place in kept] for row in rows])
