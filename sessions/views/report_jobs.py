"""A report's table that takes long: asked for as a job, built again from its question, and recorded with its receipt."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.audit.anchors import footer
from clinic.lib.outgoing import Outgoing, Wanted, Written
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Table
from clinic.operations import jobs
from clinic.operations.models import Job
from sessions.actions.report import Taken, record_export
from sessions.forms.report import ReportForm
from sessions.reports.receipts import content_digest, version_of
from sessions.reports.registry import BY_CODE
from sessions.reports.report import Asked, Built, Text
from sessions.views.report_files import Order, TooLongToWait, numbers

KIND = "export_report"


def ask(order: Order, long: TooLongToWait, *, by: User) -> Job:
    """Have this file made. Raises `Refused` where too many are being made already."""
    needs = [Permission.SEE_REPORTS, *([Permission.FIND_PATIENTS] if order.asked.identities else [])]
    question = {
        "report": order.report.code,
        "part": order.part,
        "question": order.question,
        "identities": order.asked.identities,
        "records": order.asked.records,
    }
    title = _title(order, long.title)
    return jobs.ask(by=by, kind=KIND, question=question, form=order.form, title=title, needs=needs, rows=long.rows)


@jobs.kind(KIND)
def build(wanted: Wanted) -> Outgoing:
    """The file once more from its question, seen from the moment when it was asked for."""
    order = _order(wanted)
    built, tables = numbers(order)
    (table,) = tables

    def record(written: Written) -> None:
        record_export(by=wanted.by, taken=_taken(order, built, tables, written))

    return Outgoing(
        table=table,
        name=f"{order.report.code}-{table.name}",
        title=_title(order, table.title),
        foot=footer(),
        record=record,
        under_title=(order.limits_in_words,),
    )


def _order(wanted: Wanted) -> Order:
    asked = wanted.question
    report = BY_CODE.get(asked["report"])
    limits = ReportForm(QueryDict(asked["question"]), report=report) if report else None
    if report is None or limits is None or not limits.is_valid():
        raise Refused([Problem("", _("This report cannot be made any more. Ask for it again."), "gone")])
    return Order(
        report=report,
        asked=Asked(
            limits.chosen(),
            wanted.at,
            identities=asked["identities"],
            records=asked.get("records", False),
            whole=True,
            definition=limits.cleaned_data.get("definition", ""),
            shared=limits.cleaned_data.get("shared", False),
        ),
        part=asked["part"],
        form=wanted.form,
        language=wanted.language,
        question=asked["question"],
        limits_in_words=limits.in_words(),
        printed_by=wanted.by.get_full_name(),
    )


def _title(order: Order, title: Text) -> str:
    return f"{order.report.title} – {title}"


def _taken(order: Order, built: Built, tables: tuple[Table, ...], written: Written) -> Taken:
    return Taken(
        report=order.report.code,
        part=order.part,
        form=order.form,
        language=order.language,
        question=order.question,
        identities=order.asked.identities,
        records=order.asked.records,
        asked_at=order.asked.at,
        definition_version=version_of(order.report, built),
        row_count=written.rows,
        size=written.size,
        file_digest=written.sha256,
        content_digest=content_digest(tables, order.language, rows=written.rows, known=written.numbers_sha256),
    )
