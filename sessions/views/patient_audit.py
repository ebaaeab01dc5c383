"""The audit pages of one patient: the timeline with three clocks, an earlier state, the letter for the patient."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from clinic.accounts.roles import Permission
from clinic.audit.anchors import footer
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import Refused
from clinic.operations.files import FileAnswer, answer
from sessions.actions.patient_audit import export_letter, export_timeline
from sessions.exports.letter import letter_pdf
from sessions.forms.patient_audit import AsKnownForm, LetterForm, TimelineForm
from sessions.measures.quantities import QUANTITIES
from sessions.models import Patient
from sessions.reports import as_known as known
from sessions.reports import letter as letters
from sessions.reports.timeline import cursor_text, explained, page_of, table_of
from sessions.reports.timeline_lines import lines_of
from sessions.views import fetch


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def timeline(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Everything that was done for the patient, with the times of doing, entering and signing."""
    patient = fetch.patient(request, uid, "timeline")
    form = TimelineForm(request.GET)
    context: dict[str, Any] = _banner(patient) | {"form": form}
    if not form.is_valid():
        return render(request, "logbook/patient_audit/timeline.html", context, status=400)
    after, order = form.cleaned_data["after"], form.chosen_order()
    page = page_of(lines_of(patient), order=order, after=after)
    context |= {
        "page": page,
        "order": order,
        "beyond_first": after is not None,
        "following": cursor_text(page.following),
        "explained": explained(),
    }
    return render(request, "logbook/patient_audit/timeline.html", context)


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def timeline_file(request: PersonRequest, uid: UUID, form: str) -> HttpResponse:
    """Every line of the timeline as a file; taking it is an act."""
    patient = fetch.patient(request, uid, "timeline")
    asked = TimelineForm(request.GET)
    if not asked.is_valid():
        return render(request, "logbook/patient_audit/timeline.html", _banner(patient) | {"form": asked}, status=400)
    table = table_of(patient, lines_of(patient), asked.chosen_order())
    try:
        file = answer(
            table,
            form,
            foot=footer(),
            language=get_language() or "en",
            printed_by=request.user.full_name,
            name=table.name,
        )
    except Refused as refused:
        for problem in refused.problems:
            asked.add_error(None, str(problem))
        return render(request, "logbook/patient_audit/timeline.html", _banner(patient) | {"form": asked}, status=400)
    export_timeline(by=request.user, patient=patient, reason=f"{len(table.rows)} rows; {file.receipt}")
    return file


@require_safe
@requires(Permission.SEE_HISTORY, Permission.READ_RECORDS, shows_patient=True)
def as_known(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The record as it stood at an earlier moment; without a date, the question for one."""
    patient = fetch.patient(request, uid, "as-known")
    form = AsKnownForm(request.GET or None, now=timezone.now())
    context: dict[str, Any] = {"form": form, "address": patient.uid}
    if not form.is_bound or not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "logbook/patient_audit/as_known.html", context | _banner(patient), status=status)
    state = known.build(patient, form.cleaned_data["moment"], whole=bool(form.cleaned_data["whole"]))
    # Whose page it is, too, as it was known then: a former name stands where it stood.
    banner = {"patient": state.patient, "standing": state.standing} if state.patient else _banner(patient)
    units = {name: quantity.shown for name, quantity in QUANTITIES.items()}
    return render(request, "logbook/patient_audit/as_known.html", context | banner | {"state": state, "units": units})


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def letter(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The letter for the patient, to be read before it is made."""
    patient = fetch.patient(request, uid, "letter")
    form = LetterForm(request.GET or None, initial={"language": get_language()})
    context: dict[str, Any] = _banner(patient) | {"form": form}
    if form.is_bound and not form.is_valid():
        return render(request, "logbook/patient_audit/letter.html", context, status=400)
    context |= {"letter": _letter(patient, form), "asked": request.GET.urlencode()}
    return render(request, "logbook/patient_audit/letter.html", context)


@require_safe
@requires(Permission.SEE_HISTORY, shows_patient=True)
def letter_as_pdf(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The letter as a file; making it is an act."""
    patient = fetch.patient(request, uid, "letter")
    form = LetterForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        return render(request, "logbook/patient_audit/letter.html", _banner(patient) | {"form": form}, status=400)
    made = _letter(patient, form)
    contents = letter_pdf(made, printed_by=request.user.full_name, at=timezone.now())
    file = FileAnswer(contents, "pdf", "letter")
    export_letter(by=request.user, patient=patient, reason=f"{_limits(form)}; {made.language}; {file.receipt}")
    return file


def _letter(patient: Patient, form: LetterForm) -> letters.Letter:
    asked = form.cleaned_data if form.is_bound else {}
    return letters.build(
        patient,
        language=asked.get("language") or get_language() or "en",
        today=timezone.localdate(),
        from_date=asked.get("from_date"),
        to_date=asked.get("to_date"),
    )


def _limits(form: LetterForm) -> str:
    """The period, as it is kept with the act; names nobody."""
    asked: dict[str, Any] = form.cleaned_data if form.is_bound else {}
    said = [f"{name} = {value}" for name in ("from_date", "to_date") if isinstance(value := asked.get(name), date)]
    return "; ".join(said) or "all"


def _banner(patient: Patient) -> dict[str, Any]:
    return {"patient": patient, "standing": fetch.standing_of(patient)}
