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
from sessions.reports.receipts import content_digest, in_file, version_of
from sessions.reports.report import Asked, Built, Report, answered


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
    """The file has so many rows that a job makes it (`sessions/views/report_jobs.py`)."""

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self.tables = tables
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
    built, tables = numbers(order)
    # A PDF of so many rows is refused below.
    if order.form != "pdf" and sum(len(table.rows) for table in tables) > MOST_ROWS_AT_ONCE:
        raise TooLongToWait(tables)
    file = _file(order, built, tables)
    content = file.content
    rows = sum(len(table.rows) for table in tables)
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
        raise Refused([Problem("part", _("This report has no such table, or not for your role."), "part")])
    return built, tables


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
