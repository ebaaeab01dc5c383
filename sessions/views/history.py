"""The history of a record, and who looked at a patient."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from sessions.models import Patient
from sessions.reports.changes import history_of_record, record_at
from sessions.reports.looks import looks_at
from sessions.views import fetch

LONGEST_NUMBER = 18


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def history(request: PersonRequest, kind: str, uid: UUID) -> HttpResponse:
    """Who changed what in this record, when and why, newest first."""
    record = record_at(kind, uid)
    if record is None:
        raise Http404
    patient = record if isinstance(record, Patient) else getattr(record, "patient", None)
    record_look(request, [patient.pk] if patient else [], "history")
    context = {
        "kind": kind,
        "record": record,
        "entries": history_of_record(kind, record),
        "patient": patient,
        "standing": fetch.standing_of(patient) if patient else None,
        "back": reverse(f"logbook:{kind}", args=[uid]) if patient else "",
    }
    return render(request, "logbook/history/record.html", context)


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def looks(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Who looked at this patient, when, where and from which address, newest first."""
    patient = fetch.patient(request, uid, "looks")
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= LONGEST_NUMBER):
        raise Http404
    lines, following = looks_at(patient, before=int(before) if before else None)
    context = {
        "patient": patient,
        "standing": fetch.standing_of(patient),
        "lines": lines,
        "following": following,
        "beyond_first": bool(before),
    }
    return render(request, "logbook/history/looks.html", context)
