"""A report as a file, and what its receipt says: one table as CSV or spreadsheet, one or all of them as PDF."""

import hashlib
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit.anchors import footer
from clinic.lib.as_pdf import Frame
from clinic.lib.outgoing import MOST_ROWS_AT_ONCE
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Table
from clinic.operations.files import FileAnswer, answer
from sessions.actions.report import Taken
from sessions.exports.report_pdf import report_pdf
from sessions.reports.long_reports import too_many
from sessions.reports.parts import Part, parts_of
from sessions.reports.receipts import content_digest, in_file, version_of
from sessions.reports.report import Asked, Built, Report, Text, answered


@dataclass(frozen=True)
class Order:
    """Which file somebody wants: the report as asked, one of its tables (`part`) or all, in which form and language."""

    report: Report
    asked: Asked
    part: str
    form: str
    language: str
    question: str
    limits_in_words: str
    printed_by: str


class TooLongToWait(Exception):
    """The file has so many rows, or is of so many sessions, that a job makes it (`sessions/views/report_jobs.py`).

    `title` is that of its table; `rows` is None as long as they are not counted.
    """

    def __init__(self, title: Text, rows: int | None = None) -> None:
        self.title, self.rows = title, rows
        super().__init__()


@dataclass(frozen=True)
class Made:
    """The answer, whom it shows, and what the receipt says."""

    answer: FileAnswer
    people: tuple[int, ...]
    taken: Taken


def made(order: Order) -> Made:
    """The file of this order. Raises `Refused` where there is no such table, or the form cannot carry it, and
    `TooLongToWait`.
    """
    if too_many(order.report, order.asked.chosen):
        raise TooLongToWait(_one_part(order).title)
    built, tables = numbers(order)
    rows = sum(len(table.rows) for table in tables)
    # A PDF of so many rows is refused below.
    if order.form != "pdf" and rows > MOST_ROWS_AT_ONCE:
        raise TooLongToWait(tables[0].title, rows)
    file = _file(order, built, tables)
    content = file.content
    taken = Taken(
        report=order.report.code,
        part=order.part,
        form=order.form,
        language=order.language,
        question=order.question,
        identities=order.asked.identities,
        records=order.asked.records,
        asked_at=order.asked.at,
        definition_version=version_of(order.report, built),
        row_count=rows,
        size=len(content),
        file_digest=hashlib.sha256(content).hexdigest(),
        content_digest=content_digest(tables, order.language, rows=rows),
    )
    people = tuple(dict.fromkeys(person for table in tables for person in table.people))
    return Made(file, people, taken)


def numbers(order: Order) -> tuple[Built, tuple[Table, ...]]:
    """The report as this order asks for it, and those of its tables that the file holds."""
    built = answered(order.report, order.asked)
    tables = in_file(built, part=order.part, form=order.form)
    if not tables:
        raise no_such_table()
    return built, tables


def _one_part(order: Order) -> Part:
    """The table that this order asks for, before it is made. Raises `Refused` where it asks for all, or for none."""
    if order.form == "pdf" and not order.part:
        said = _("So many sessions are made into a file table by table. Take a table, or choose a shorter period.")
        raise Refused([Problem("part", said, "whole")])
    parts = parts_of(order.report.code, order.asked)
    found = [part for part in parts if part.name == order.part] if order.part else parts[:1]
    if not found:
        raise no_such_table()
    return found[0]


def no_such_table() -> Refused:
    """A table was asked for that nobody of this role gets."""
    return Refused([Problem("part", _("This report has no such table, or not for your role."), "part")])


def _file(order: Order, built: Built, tables: tuple[Table, ...]) -> FileAnswer:
    title, foot = str(order.report.title), footer()
    if order.form == "pdf" and not order.part:
        frame = Frame(title, order.language, timezone.now(), order.printed_by, foot, (order.limits_in_words,))
        return FileAnswer(report_pdf(order.report, built, frame), "pdf", order.report.code)
    (table,) = tables
    return answer(
        table,
        order.form,
        foot=foot,
        language=order.language,
        printed_by=order.printed_by,
        name=f"{order.report.code}-{table.name}",
        title=f"{title} – {table.title}",
        under_title=[order.limits_in_words],
    )
