"""The sessions that this physician has still to sign."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from sessions.reports.home import unsigned_of


@require_safe
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def unsigned(request: PersonRequest) -> HttpResponse:
    """My drafts, oldest first."""
    lines, _number = unsigned_of(request.user, now=timezone.now())
    record_look(request, [line.session.patient_id for line in lines], "unsigned")
    return render(request, "logbook/session/unsigned.html", {"unsigned": lines})
