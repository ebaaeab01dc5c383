"""The sessions report, on the page and as a file."""

from datetime import date

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from clinic.lib.as_csv import stream
from sessions.actions.report import record_export
from sessions.forms.report import SessionReportForm, cursor_text
from sessions.reports.sessions import build

CSV_TYPE = "text/csv; charset=utf-8"


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
def sessions_csv(request: PersonRequest) -> HttpResponseBase:
    """The list, or the counts where they were asked for or names may not be seen."""
    form = SessionReportForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    identities = request.user.may(Permission.FIND_PATIENTS) and form.cleaned_data["part"] != "counts"
    report = build(form.chosen(), identities=identities, size=None)
    table = report.list or report.all_counts()
    record_look(request, report.patient_ids, "export")
    record_export(by=request.user, report="sessions", reason=f"{table.name}: {form.chosen().in_words()}")
    answer = StreamingHttpResponse(stream(table, get_language() or "en"), content_type=CSV_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{table.name}-{timezone.localdate():%Y-%m-%d}.csv"'
    return answer


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
