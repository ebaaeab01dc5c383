"""A whole report as PDF: headline, charts, tables, and what is counted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from clinic.lib.as_pdf import MOST_COLUMNS_UPRIGHT, Frame, chart_block, document, refuse_too_long, table_block
from clinic.lib.table import Table
from sessions.reports.report import Built, Report

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "report.typ"
ROWS_OF_A_LARGE_REPORT = 500


def report_pdf(report: Report, built: Built, frame: Frame) -> bytes:
    """The document. Raises `Refused` where its tables have more rows than a PDF can carry."""
    rows = sum(len(table.rows) for table in built.tables)
    refuse_too_long(rows)
    wide = any(len(table.columns) > MOST_COLUMNS_UPRIGHT for table in built.tables)
    with translation.override(frame.language):
        blocks = _headline(built)
        blocks += [chart_block(chart, wide=wide) for chart in built.charts if chart.figures]
        for table in built.tables:
            blocks += _table(table, wide=wide)
        blocks += _definition(report, built)
    return document(TEMPLATE, {"blocks": blocks}, replace(frame, wide=wide), large=rows >= ROWS_OF_A_LARGE_REPORT)


def _headline(built: Built) -> list[dict[str, Any]]:
    facts = [[str(headline.words), headline.written] for headline in built.headline]
    return [{"kind": "facts", "facts": facts, "columns": min(len(facts), 3)}] if facts else []


def _table(table: Table, *, wide: bool) -> list[dict[str, Any]]:
    note = [{"kind": "quiet", "text": str(table.note)}] if table.note else []
    return [{"kind": "heading", "text": str(table.title)}, table_block(table, wide=wide), *note]


def _definition(report: Report, built: Built) -> list[dict[str, Any]]:
    version = f"{_('Definition')}{_(':')} {report.version_in_words(built.used)}"
    lines = [*built.notes, *report.definition, version]
    return [
        {"kind": "heading", "text": _("What is counted")},
        *({"kind": "text", "text": str(line)} for line in lines),
    ]
