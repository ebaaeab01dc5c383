"""The sessions report, on the page and as a file."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.audit.anchors import footer
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import Refused
from clinic.operations.files import answer
from sessions.actions.report import record_export
from sessions.forms.report import SessionReportForm, cursor_text
from sessions.reports.sessions import build


@require_safe
@requires(Permission.SEE_REPORTS, shows_patient=True)
def sessions(request: PersonRequest) -> HttpResponse:
    """Counts, and for those who may find patients the list behind them."""
    form = SessionReportForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    identities = request.user.may(Permission.FIND_PATIENTS)
    report = build(form.chosen(), identities=identities, after=form.cleaned_data["after"])
    record_look(request, report.patient_ids, "report")
    limits = request.GET.copy()
    for name in ("after", "part"):
        limits.pop(name, None)
    following = limits.copy()
    following["after"] = cursor_text(report.following)
    context = {
        "form": form,
        "report": report,
        "limits": limits.urlencode(),
        "following": following.urlencode() if report.following else "",
        "beyond_first": bool(form.cleaned_data["after"]),
        "record_route": "logbook:session" if request.user.may(Permission.READ_RECORDS) else "",
        "identities": identities,
        "periods": usual_periods(timezone.localdate()),
    }
    return render(request, "logbook/report/sessions.html", context)


@require_safe
@requires(Permission.SEE_REPORTS, shows_patient=True)
def sessions_file(request: PersonRequest, form: str) -> HttpResponse:
    """The list as CSV, spreadsheet or PDF, or the counts where they were asked for or names may not be seen."""
    limits = SessionReportForm(request.GET)
    if not limits.is_valid():
        return _refused(request, limits)
    identities = request.user.may(Permission.FIND_PATIENTS) and limits.cleaned_data["part"] != "counts"
    report = build(limits.chosen(), identities=identities, size=None)
    table = report.list or report.all_counts()
    try:
        file = answer(
            table,
            form,
            foot=footer(),
            language=get_language() or "en",
            printed_by=request.user.get_full_name(),
            name=table.name,
            title=_("Sessions report") if report.list else str(table.title),
            under_title=[limits.in_words(), _rows_in_words(len(table.rows)) if report.list else ""],
        )
    except Refused as refused:
        for problem in refused.problems:
            limits.add_error(None, str(problem))
        return _refused(request, limits)
    record_look(request, report.patient_ids, "export")
    reason = f"{table.name}: {limits.chosen().in_words()}; {len(table.rows)} rows; {file.receipt}"
    record_export(by=request.user, report="sessions", reason=reason)
    return file


def _rows_in_words(number: int) -> str:
    return ngettext("%(number)d session", "%(number)d sessions", number) % {"number": number}


def usual_periods(today: date) -> list[tuple[str, date, date]]:
    """The periods that a clinic asks for most: name, first and last day."""
    month = today.replace(day=1)
    last_month_end = date.fromordinal(month.toordinal() - 1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return [
        (_("This month"), month, today),
        (_("Last month"), last_month_end.replace(day=1), last_month_end),
        (_("This quarter"), quarter, today),
        (_("This year"), date(today.year, 1, 1), today),
        (_("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]


def _refused(request: PersonRequest, form: SessionReportForm) -> HttpResponse:
    record_look(request, [], "report")
    context = {"form": form, "periods": usual_periods(timezone.localdate())}
    return render(request, "logbook/report/sessions.html", context, status=400)
