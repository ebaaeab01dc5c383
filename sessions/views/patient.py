"""Find, register, correct and read patients."""

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.known import turns_of
from sessions.actions.patient import change_patient, register_patient
from sessions.forms.meanwhile import changed_meanwhile, compare
from sessions.forms.patient import EditPatientForm, RegisterForm, SearchForm
from sessions.models import Patient
from sessions.reports import patient_story
from sessions.reports.patient import alike_patients, recent_patients
from sessions.reports.patient_search import MOST, MOST_IN_FRAME, find_patients
from sessions.rules.screening import Standing, needing_decision, standing
from sessions.views import fetch
from sessions.views.page_view import go_on, sealed
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.FIND_PATIENTS, shows_patient=True)
def patients(request: PersonRequest) -> HttpResponse:
    """The search box with those seen lately; by POST, who was found."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    text = form.cleaned_data["search"] if form.is_bound and form.is_valid() else ""
    found = find_patients(text)
    recent = [] if text else recent_patients(request.user)
    go_on(request)
    record_look(request, [patient.pk for patient in found.patients], "search")
    record_look(request, [patient.pk for patient in recent], "list")
    page = (
        "logbook/patient/_results.html"
        if "HX-Request" in request.headers and form.is_bound
        else "logbook/patient/list.html"
    )
    shown = {"found": found.patients, "more": found.more, "most": MOST, "recent": recent}
    return render(request, page, {"form": form, "searched": text, "seen": sealed(request), **shown})


@require_POST
@requires(Permission.FIND_PATIENTS, shows_patient=True)
def find(request: PersonRequest) -> HttpResponse:
    """While typing in the frame of any page: the few who fit best."""
    form = SearchForm(request.POST)
    text = form.cleaned_data["search"] if form.is_valid() else ""
    # One letter shows eight people and means none of them; one sign of another script is a name.
    text = text if len(text) > 1 or not text.isascii() else ""
    found = find_patients(text, most=MOST_IN_FRAME)
    go_on(request)
    record_look(request, [patient.pk for patient in found.patients], "search")
    shown = {"found": found.patients, "more": found.more, "most": MOST_IN_FRAME}
    return render(request, "logbook/patient/_found.html", {"searched": text, "seen": sealed(request), **shown})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REGISTER_PATIENTS, shows_patient=True)
def register(request: PersonRequest) -> HttpResponse:
    """Register a patient; somebody alike with the same birth date is asked about first."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            patient = register_patient(
                by=request.user,
                values=form.values(),
                another_person=form.cleaned_data["another_person"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The patient is registered."))
            return redirect("logbook:patient", patient.uid)
    alike = _alike(request, form) if form.is_bound else []
    record_look(request, [], "duplicates")
    return render(request, "logbook/patient/new.html", {"form": form, "alike": alike})


@require_POST
@requires(Permission.REGISTER_PATIENTS, shows_patient=True)
def duplicates(request: PersonRequest) -> HttpResponse:
    """While typing: who is known with this birth date and a name alike."""
    form = RegisterForm(request.POST)
    return render(request, "logbook/patient/_alike.html", {"form": form, "alike": _alike(request, form)})


def _alike(request: PersonRequest, form: RegisterForm) -> list[Patient]:
    found = alike_patients(**form.typed())
    record_look(request, [patient.pk for patient in found], "duplicates")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.REGISTER_PATIENTS, shows_patient=True)
def edit(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Correct who a patient is, with a reason."""
    patient = fetch.patient(request, uid)
    form = EditPatientForm(request.POST or None, instance=patient, initial={"version": patient.version})
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            change_patient(
                by=request.user,
                patient=patient,
                values=form.values(),
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
            if changed_meanwhile(refused.problems):
                meanwhile = compare(form, fetch.patient(request, uid))
        else:
            messages.success(request, _("Saved."))
            return redirect("logbook:patient", patient.uid)
    return render(
        request,
        "logbook/patient/edit.html",
        {"form": form, "patient": patient, "standing": _standing(request, patient), "meanwhile": meanwhile},
    )


@require_http_methods(["GET", "HEAD"])
@requires(Permission.FIND_PATIENTS, shows_patient=True)
def show(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The whole story of a patient; who may not read records sees who it is, and no more."""
    patient = fetch.patient(request, uid)
    if not request.user.may(Permission.READ_RECORDS):
        return render(
            request, "logbook/patient/identity.html", {"patient": patient, "standing": _standing(request, patient)}
        )
    answers = turns_of(patient)
    story = patient_story.build(patient, answers, kind=request.GET.get("kind", ""), whole="whole" in request.GET)
    return render(
        request,
        "logbook/patient/show.html",
        {
            "patient": patient,
            "standing": standing(patient.birth_date, answers, timezone.localdate()),
            "undecided": needing_decision(answers),
            "story": story,
        },
    )


def _standing(request: PersonRequest, patient: Patient) -> Standing:
    """The banner: with what was answered only for those who may read records."""
    if request.user.may(Permission.READ_RECORDS):
        return fetch.standing_of(patient)
    return replace(standing(patient.birth_date, (), timezone.localdate()), marks=())
