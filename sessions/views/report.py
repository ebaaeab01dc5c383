"""Every report as a page and as a file: one set of numbers, and the same looks and receipts for all."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Table
from sessions.actions.report import record_export
from sessions.forms.report import ReportForm
from sessions.models import SavedFilter
from sessions.reports.long_reports import too_many
from sessions.reports.parts import Part, parts_of
from sessions.reports.periods import usual_periods
from sessions.reports.registry import BY_CODE, REPORTS
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Report, answered
from sessions.views import report_jobs
from sessions.views.report_files import Order, TooLongToWait, made, no_such_table


@require_safe
@requires(Permission.SEE_REPORTS)
def reports(request: PersonRequest) -> HttpResponse:
    """All reports that this person may see, with what each answers, and the limits kept under a name."""
    mine = [report for report in REPORTS if _may_see(request, report)]
    saved = SavedFilter.objects.seen_by(request.user).select_related("owner")
    context = {
        "reports": [(report, [one for one in saved if one.report == report.code]) for report in mine],
        "periods": usual_periods(timezone.localdate()),
    }
    return render(request, "logbook/report/list.html", context)


@require_safe
@requires(Permission.SEE_REPORTS, shows_patient=True)
def report(request: PersonRequest, code: str) -> HttpResponse:
    """One report: limits, headline, charts, tables, files, and what is counted."""
    found = report_found(request, code)
    form = ReportForm(request.GET, report=found)
    if not form.is_valid():
        return _refused(request, found, form)
    asked, part = _asked(request, found, form), form.cleaned_data["part"]
    if part and part not in [one.name for one in parts_of(code, asked)]:
        return _refused(request, found, form, no_such_table().problems)
    if number := too_many(found, asked.chosen):
        return _too_long(request, found, form, parts_of(code, asked), number)
    built = answered(found, asked)
    tables = [_first_rows(table) for table in built.tables]
    record_look(request, [person for table in tables for person in table.people], "report")
    context = _around(request, found, form) | {
        "built": built,
        "tables": [(table, _route(request, table)) for table in tables],
        "version": found.version_in_words(built.used),
    }
    return render(request, "logbook/report/show.html", context)


def _too_long(request: PersonRequest, found: Report, form: ReportForm, parts: list[Part], number: int) -> HttpResponse:
    """Instead of the numbers: how many sessions there are, and each table as a file that a job makes."""
    record_look(request, [], "report")
    context = _around(request, found, form) | {"sessions": number, "parts": parts}
    return render(request, "logbook/report/show.html", context)


@require_safe
@requires(Permission.SEE_REPORTS, shows_patient=True)
def report_file(request: PersonRequest, code: str, form: str) -> HttpResponse:
    """One table of a report as CSV or spreadsheet, or the whole of it as PDF; recorded with its receipt before it leaves."""
    found = report_found(request, code)
    limits = ReportForm(request.GET, report=found)
    if not limits.is_valid():
        return _refused(request, found, limits)
    order = Order(
        report=found,
        asked=_asked(request, found, limits, whole=True),
        part=limits.cleaned_data["part"],
        form=form,
        language=get_language() or "en",
        question=limits.question(),
        limits_in_words=limits.in_words(),
        printed_by=request.user.get_full_name(),
    )
    try:
        file = made(order)
    except TooLongToWait as long:
        return _by_a_job(request, found, limits, order, long)
    except Refused as refused:
        return _refused(request, found, limits, refused.problems)
    record_look(request, file.people, "export")
    record_export(by=request.user, taken=file.taken)
    return file.answer


def _by_a_job(
    request: PersonRequest, found: Report, limits: ReportForm, order: Order, long: TooLongToWait
) -> HttpResponse:
    """Nobody waits for so much: the file is made meanwhile."""
    try:
        report_jobs.ask(order, long, by=request.user)
    except Refused as refused:
        return _refused(request, found, limits, refused.problems)
    if long.rows:
        said = _("This file has very many rows: it is made while you do something else. You find it here.")
    else:
        said = _("This file is of very many sessions: it is made while you do something else. You find it here.")
    messages.info(request, said)
    return redirect("downloads")


# --- What every view of a report needs -----------------------------------------------------------


def _identities(request: PersonRequest) -> bool:
    return request.user.may(Permission.FIND_PATIENTS)


def _may_see(request: PersonRequest, found: Report) -> bool:
    return _identities(request) or not found.names_people


def report_found(request: PersonRequest, code: str) -> Report:
    """The report of this code, or a 404; one that only names people is not there for who may not see names."""
    found = BY_CODE.get(code)
    if found is None or not _may_see(request, found):
        raise Http404
    return found


def _asked(request: PersonRequest, found: Report, form: ReportForm, *, whole: bool = False) -> Asked:
    now = timezone.now()
    return Asked(
        form.chosen(timezone.localdate(now)),
        now,
        identities=_identities(request),
        records=request.user.may(Permission.READ_RECORDS),
        whole=whole,
        definition=form.cleaned_data.get("definition", ""),
        shared=form.cleaned_data.get("shared", False),
    )


def _route(request: PersonRequest, table: Table) -> str:
    """Where the rows lead for those who may go there."""
    needed = Permission.FIND_PATIENTS if table.route == "logbook:patient" else Permission.READ_RECORDS
    return table.route if table.route and request.user.may(needed) else ""


def _first_rows(table: Table) -> Table:
    number = len(table.rows) if table.length is None else table.length
    if number <= ROWS_ON_A_PAGE:
        return table
    said = _("The first %(shown)s of %(all)s; a file has all of them.") % {"shown": ROWS_ON_A_PAGE, "all": number}
    return replace(table, rows=table.rows[:ROWS_ON_A_PAGE], note=f"{table.note} {said}".strip())


def _around(request: PersonRequest, found: Report, form: ReportForm) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "report": found,
        "form": form,
        "limits": form.question(days=False) if form.is_valid() else "",
        "beside_period": form.without_period() if form.is_valid() else "",
        "periods": usual_periods(today) if "period" in form.fields else [],
        "identities": _identities(request),
        "saved": SavedFilter.objects.seen_by(request.user).filter(report=found.code).select_related("owner"),
    }


def _refused(
    request: PersonRequest, found: Report, form: ReportForm, problems: list[Problem] | None = None
) -> HttpResponse:
    record_look(request, [], "report")
    for problem in problems or []:
        form.add_error(None, str(problem))
    return render(request, "logbook/report/show.html", _around(request, found, form), status=400)
