"""The start page: what waits for this person, by role."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from clinic.operations.jobs import ready_of
from sessions.forms.patient import SearchForm
from sessions.models import SavedFilter
from sessions.reports.home import (
    drafts_in_all,
    latest_acts,
    latest_emergencies,
    latest_exports,
    latest_looks,
    latest_receipts,
    numbers,
    sessions_on,
    unsigned_of,
    unusual,
    verified,
)
from sessions.reports.periods import usual_periods
from sessions.reports.registry import BY_CODE

MOST_DRAFTS = 10
MOST_KEPT = 12


@require_safe
@requires(shows_patient=True)
def home(request: PersonRequest) -> HttpResponse:
    """Drafts and today's sessions, or the usual reports, or the latest of the trail: what the role may see."""
    now = timezone.now()
    context: dict[str, Any] = {"periods": usual_periods(timezone.localdate(now)), "search": SearchForm(), "today": now}
    may = request.user.may
    shown: list[int] = []
    if may(Permission.SIGN_RECORDS):
        context["unsigned"], context["unsigned_number"] = unsigned_of(request.user, now=now, most=MOST_DRAFTS)
        context["sessions_today"] = sessions_on(timezone.localdate(now), request.user)
        shown = [line.session.patient_id for line in context["unsigned"]]
        shown += [session.patient_id for session in context["sessions_today"]]
    elif may(Permission.SEE_HISTORY):
        context |= {"acts": latest_acts(), "looks": latest_looks(), "exports": latest_exports()}
        context |= {"verified": verified(), "unusual": unusual(now), "emergencies": latest_emergencies(now)}
        # The cursor in the search box would move a small screen past what stands first.
        context["search"].fields["search"].widget.attrs.pop("autofocus", None)
    elif may(Permission.SEE_REPORTS) and not may(Permission.MANAGE_ACCOUNTS):
        context |= {"receipts": latest_receipts(request.user), "drafts": drafts_in_all(), "reports": BY_CODE}
    context["saved"] = list(SavedFilter.objects.seen_by(request.user).order_by("name", "pk")[:MOST_KEPT])
    if may(Permission.MANAGE_ACCOUNTS):
        context["numbers"] = numbers(timezone.localdate(now))
    context["files_ready"] = ready_of(request.user, now)
    record_look(request, shown, "home")
    return render(request, "logbook/home/home.html", context)
