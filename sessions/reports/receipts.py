"""A report run again as a receipt says it was run, and whether its numbers are still the same."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import translation

from clinic.lib.as_csv import digest_of
from clinic.lib.canonical import digest
from clinic.lib.outgoing import MOST_ROWS_AT_ONCE
from clinic.lib.table import Table
from sessions.models import Receipt
from sessions.reports.long_reports import too_many
from sessions.reports.report import Asked, Built, Report, answered, numbers_of
from sessions.reports.session_filter import SessionFilter

# What two receipts have in common that are of the same question: their numbers may be held against each other.
SAME = ("report", "part", "question", "definition_version", "language", "identities", "records")
MOST_OTHERS = 20


@dataclass(frozen=True)
class Compared:
    """The same numbers or not, how many rows there are now, and whether the definition is still the same one."""

    same: bool
    row_count: int
    version: str


def in_file(built: Built, *, part: str, form: str) -> tuple[Table, ...]:
    """The tables that a file holds: the one asked for, all of them in a PDF of the whole, else the first."""
    if part:
        table = built.table(part)
        return (table,) if table else ()
    return built.tables if form == "pdf" else built.tables[:1]


def version_of(report: Report, built: Built) -> str:
    """The version of the report's definition, with the clinic's own definition that it used."""
    return f"{report.version} {built.used}".strip()


def version_in_words(receipt: Receipt, report: Report | None) -> str:
    """What `version_of` kept, as a reader reads it; as it was kept where there is no such report any more."""
    version, _space, used = receipt.definition_version.partition(" ")
    return report.version_in_words(used, version) if report else receipt.definition_version


def question_of(receipt: Receipt, report: Report) -> str:
    """What was asked, always with the definition that was used: which one a report offers may be another one by now."""
    _version, _space, used = receipt.definition_version.partition(" ")
    if not report.definitions or not used or "definition" in QueryDict(receipt.question):
        return receipt.question
    return "&".join(filter(None, [urlencode({"definition": used}), receipt.question]))


def content_digest(tables: tuple[Table, ...], language: str, *, rows: int, known: str = "") -> str:
    """The digest of the numbers: over canonical JSON, or of a table too large to be held over its lines as CSV.

    `rows` is how many there were when the receipt was made, which decides; `known` is that of the lines, where they were
    just written.
    """
    if rows > MOST_ROWS_AT_ONCE and len(tables) == 1:
        return known or digest_of(tables[0], language)
    return digest(numbers_of(tables))


def is_too_long(receipt: Receipt, report: Report, chosen: SessionFilter) -> bool:
    """Whether nobody would wait for this report to be run again."""
    return receipt.row_count > MOST_ROWS_AT_ONCE or bool(too_many(report, chosen))


def of_same_question(receipt: Receipt) -> list[tuple[Receipt, bool]]:
    """The newest other receipts of what was asked here, each with whether its numbers are the same."""
    found = Receipt.objects.filter(**{name: getattr(receipt, name) for name in SAME}).exclude(pk=receipt.pk)
    if not receipt.part:  # a PDF holds all tables, any other file the first
        found = found.filter(form="pdf") if receipt.form == "pdf" else found.exclude(form="pdf")
    others = found.select_related("taken_by").order_by("-id")[:MOST_OTHERS]
    return [(other, other.content_digest == receipt.content_digest) for other in others]


def compared(receipt: Receipt, report: Report, chosen: SessionFilter, values: dict[str, Any]) -> Compared:
    """The report as it was asked then, in the language of then, on the record of now.

    What depends on the moment (which courses are active) is asked of the moment of the receipt.
    """
    with translation.override(receipt.language):
        asked = Asked(
            chosen,
            receipt.asked_at or receipt.taken_at,
            identities=receipt.identities,
            records=receipt.records,
            whole=True,
            definition=values.get("definition", ""),
            shared=values.get("shared", False),
        )
        built = answered(report, asked)
        tables = in_file(built, part=receipt.part, form=receipt.form)
        found = content_digest(tables, receipt.language, rows=receipt.row_count)
    return Compared(
        same=found == receipt.content_digest,
        row_count=sum(len(table.rows) for table in tables),
        version=version_of(report, built),
    )
