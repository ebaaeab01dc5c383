"""Open, read, change and end a course."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.course import change_course, end_course, open_course
from sessions.charts.board import board_note, board_pictures
from sessions.forms.course import CourseForm, EditCourseForm, EndCourseForm
from sessions.forms.meanwhile import changed_meanwhile, compare
from sessions.measures.sites import SITES_OF, Indication
from sessions.models import Patient
from sessions.reports import course as course_report
from sessions.reports.board import response_board
from sessions.views import fetch
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def new(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Open a course: first the indication, then the form with its sites."""
    patient = fetch.patient(request, uid, "course")
    indication = request.POST.get("indication") or request.GET.get("indication", "")
    if indication not in Indication.values:
        return _choose_indication(request, patient)
    form = CourseForm(request.POST or None, user=request.user, patient=patient, indication=indication)
    if request.method == "POST" and form.is_valid():
        try:
            course = open_course(
                by=request.user,
                patient=patient,
                values=form.values(),
                sites=form.cleaned_data["sites"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The course is open."))
            return redirect("logbook:course", course.uid)
    page = {
        "form": form,
        "patient": patient,
        "standing": fetch.standing_of(patient),
        "indication": Indication(indication).label,
    }
    return render(request, "logbook/course/new.html", page)


def _choose_indication(request: PersonRequest, patient: Patient) -> HttpResponse:
    choices = [(word.value, word.label, [site.label for site in SITES_OF[word]]) for word in Indication]
    page = {"patient": patient, "standing": fetch.standing_of(patient), "choices": choices}
    return render(request, "logbook/course/indication.html", page)


@require_http_methods(["GET", "HEAD"])
@requires(Permission.READ_RECORDS, shows_patient=True)
def show(request: PersonRequest, uid: UUID) -> HttpResponse:
    """A course: progress, next act, its sessions with what was scored, set and seen."""
    course = fetch.course(request, uid)
    response = response_board(course)
    page = {
        "course": course,
        "patient": course.patient,
        "standing": fetch.standing_of(course.patient),
        "sites": course.sites.all(),
        "board": course_report.build(course),
        "drawings": board_pictures(response),
        "note": board_note(response),
    }
    return render(request, "logbook/course/show.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def edit(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Correct a course, with a reason."""
    course = fetch.course(request, uid)
    form = EditCourseForm(request.POST or None, instance=course, user=request.user)
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            change_course(
                by=request.user,
                course=course,
                values=form.values(),
                sites=form.cleaned_data["sites"],
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
            if changed_meanwhile(refused.problems):
                meanwhile = compare(form, fetch.course(request, uid))
        else:
            messages.success(request, _("Saved."))
            return redirect("logbook:course", course.uid)
    page = {
        "form": form,
        "course": course,
        "patient": course.patient,
        "standing": fetch.standing_of(course.patient),
        "meanwhile": meanwhile,
    }
    return render(request, "logbook/course/edit.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def end(request: PersonRequest, uid: UUID) -> HttpResponse:
    """End a course, with its date and reason."""
    course = fetch.course(request, uid)
    form = EndCourseForm(request.POST or None, instance=course)
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            end_course(
                by=request.user,
                course=course,
                version=form.cleaned_data["version"],
                key=form.cleaned_data["form_key"],
                **form.values(),
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
            if changed_meanwhile(refused.problems):
                meanwhile = compare(form, fetch.course(request, uid))
        else:
            messages.success(request, _("The course has ended."))
            return redirect("logbook:course", course.uid)
    page = {
        "form": form,
        "course": course,
        "patient": course.patient,
        "standing": fetch.standing_of(course.patient),
        "meanwhile": meanwhile,
    }
    return render(request, "logbook/course/end.html", page)
