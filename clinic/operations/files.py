"""A table as a file that leaves the logbook: CSV, spreadsheet or PDF."""

import hashlib
from collections.abc import Sequence

from django.http import HttpResponse
from django.utils import timezone, translation

from clinic.lib.as_csv import stream
from clinic.lib.as_pdf import Frame, table_pdf
from clinic.lib.as_xlsx import workbook
from clinic.lib.table import Table

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


class FileAnswer(HttpResponse):
    """A file as an answer; `receipt` says which one it is, for the act that records that it left."""

    def __init__(self, content: bytes, form: str, name: str) -> None:
        super().__init__(content, content_type=TYPES[form])
        self["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.{form}"'
        self["Cache-Control"] = "no-store, private"
        self.receipt = f"{form}, {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def answer(
    table: Table,
    form: str,
    *,
    foot: str,
    language: str,
    printed_by: str,
    name: str,
    title: str = "",
    under_title: Sequence[str] = (),
) -> FileAnswer:
    """`table` as a file in the format `form`: csv, xlsx or pdf. `name` is that of the file: plain letters, nobody's name.

    `under_title` are the limits of the report in words. Raises `Refused` where there are more rows than the format can
    carry. The look and the act of the export are the caller's, before the answer leaves.
    """
    now = timezone.now()
    with translation.override(language):
        if form == "pdf":
            frame = Frame(title or str(table.title), language, now, printed_by, foot, tuple(under_title))
            return FileAnswer(table_pdf(table, frame), form, name)
        if form == "xlsx":
            return FileAnswer(workbook(table, language, at=now, foot=foot), form, name)
        return FileAnswer(b"".join(stream(table, language, foot)), form, name)
