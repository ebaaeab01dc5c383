"""The letter for the patient as PDF."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import translation

from clinic.audit.anchors import footer
from clinic.lib.as_pdf import Frame, document, table_block
from sessions.reports.letter import Letter

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "letter.typ"
# More lines than this make a long document, which is set in a process of its own.
LARGE = 300


def letter_pdf(letter: Letter, *, printed_by: str, at: datetime) -> bytes:
    """The letter with the head of the chain at its foot."""
    with translation.override(letter.language):
        parts: list[dict[str, Any]] = [{"kind": "text", "text": text} for text in letter.paragraphs]
        for table in letter.tables:
            parts.append({"kind": "heading", "text": str(table.title)})
            parts.append(table_block(table) if table.rows else {"kind": "quiet", "text": str(table.empty)})
        parts.append({"kind": "text", "text": letter.closing})
        frame = Frame(
            title=letter.title,
            language=letter.language,
            at=at,
            printed_by=printed_by,
            foot=footer(),
            under_title=letter.under_title,
        )
    return document(TEMPLATE, {"blocks": parts}, frame, large=sum(len(table.rows) for table in letter.tables) > LARGE)
