"""Consultations, the answers given at them, and the decisions on these."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.known import turns_of
from sessions.actions.screening import Decided, record_consultation, record_decisions
from sessions.forms.screening import ConsultationForm, DecisionsForm
from sessions.reports.screening import answer_sheet, decision_board
from sessions.rules.screening import forbidden, needing_decision, runs, standing
from sessions.views import fetch
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def new_consultation(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Record a consultation with the answer to every question."""
    patient = fetch.patient(request, uid, "consultation")
    known = turns_of(patient)
    form = ConsultationForm(request.POST or None, user=request.user, earlier=runs(known))
    if request.method == "POST" and form.is_valid():
        try:
            consultation = record_consultation(
                by=request.user,
                patient=patient,
                values=form.values(),
                answers=form.answers(),
                language=request.LANGUAGE_CODE,
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The consultation is recorded."))
            undecided = needing_decision(turns_of(patient))
            return (
                redirect("logbook:decisions", patient.uid)
                if undecided
                else redirect("logbook:consultation", consultation.uid)
            )
    return render(
        request,
        "logbook/screening/new.html",
        {"form": form, "patient": patient, "standing": fetch.standing_of(patient)},
    )


@require_http_methods(["GET", "HEAD"])
@requires(Permission.READ_RECORDS, shows_patient=True)
def consultation(request: PersonRequest, uid: UUID) -> HttpResponse:
    """A consultation as it was recorded."""
    found = fetch.consultation(request, uid)
    page = {
        "consultation": found,
        "patient": found.patient,
        "standing": fetch.standing_of(found.patient),
        "sheet": answer_sheet(found),
    }
    return render(request, "logbook/screening/consultation.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def decisions(request: PersonRequest, uid: UUID) -> HttpResponse:
    """What needs a physician's decision, and what was decided."""
    patient = fetch.patient(request, uid, "decisions")
    known = turns_of(patient)
    form = DecisionsForm(request.POST or None, board=decision_board(patient, known))
    if request.method == "POST" and form.is_valid():
        try:
            stored = record_decisions(
                by=request.user,
                patient=patient,
                decisions=[Decided(**row) for row in form.filled()],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            counted = ngettext("%(n)s decision is recorded.", "%(n)s decisions are recorded.", len(stored))
            messages.success(request, counted % {"n": len(stored)})
            return redirect("logbook:patient", patient.uid)
    page = {
        "form": form,
        "patient": patient,
        "never": forbidden(known),
        "standing": standing(patient.birth_date, known, timezone.localdate()),
    }
    return render(request, "logbook/screening/decisions.html", page)
