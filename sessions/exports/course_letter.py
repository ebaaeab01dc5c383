"""The letter about a course as PDF, with the picture of its response board."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from clinic.audit.anchors import footer
from clinic.lib.as_pdf import Frame, document, table_block
from clinic.lib.table import Table
from sessions.reports.course_letter import CourseLetter

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "letter.typ"
# More lines than this make a long document, which is set in a process of its own.
LARGE = 300


def course_letter_pdf(letter: CourseLetter, *, picture: dict[str, Any] | None, at: datetime) -> bytes:
    """The letter with the head of the chain at its foot; `picture` is the block of its response board."""
    tables = (letter.scores, letter.settings, letter.events)
    with translation.override(letter.language):
        parts: list[dict[str, Any]] = [{"kind": "facts", "facts": [list(pair) for pair in letter.facts], "columns": 3}]
        for table in tables:
            parts += _table(table)
        # After the tables: it fills most of a sheet, and above them it would leave half a sheet empty.
        parts += [picture] if picture else []
        parts += _plan(letter)
        frame = Frame(
            title=letter.title,
            language=letter.language,
            at=at,
            printed_by=letter.signer,
            foot=footer(),
            under_title=letter.under_title,
            head=" · ".join(words for _label, words in letter.facts[:3]),
        )
    return document(TEMPLATE, {"blocks": parts}, frame, large=sum(len(table.rows) for table in tables) > LARGE)


def _table(table: Table) -> list[dict[str, Any]]:
    heading = {"kind": "heading", "text": str(table.title)}
    if not table.rows:
        return [heading, {"kind": "quiet", "text": str(table.empty)}]
    return [heading, table_block(table), *([{"kind": "quiet", "text": str(table.note)}] if table.note else [])]


def _plan(letter: CourseLetter) -> list[dict[str, Any]]:
    parts = []
    if letter.plan:
        parts += [{"kind": "heading", "text": _("Plan")}, {"kind": "text", "text": letter.plan}]
    return [
        *parts,
        {"kind": "quiet", "text": letter.said},
        {"kind": "heading", "text": _("Signature")},
        {"kind": "text", "text": f"\n\n{'_' * 40}\n{letter.signer}"},
    ]
