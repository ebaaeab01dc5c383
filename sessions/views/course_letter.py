"""The letter about a course to the doctor who referred the patient: read it first, then make the file."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.operations.files import FileAnswer
from sessions.actions.report import export_course_letter
from sessions.charts.board import board_block, board_note, board_pictures
from sessions.exports.course_letter import course_letter_pdf
from sessions.forms.course_letter import CourseLetterForm
from sessions.models import Course
from sessions.reports import course_letter
from sessions.reports.course_letter import CourseLetter
from sessions.views import fetch


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.READ_RECORDS, Permission.SIGN_RECORDS, shows_patient=True)
def letter(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The letter as it will be made; what was typed is sent along, and stored nowhere."""
    course = fetch.course(request, uid, "course-letter")
    form = CourseLetterForm(request.POST if request.method == "POST" else None, initial={"language": get_language()})
    return _page(request, course, form)


@require_POST
@requires(Permission.READ_RECORDS, Permission.SIGN_RECORDS, shows_patient=True)
def letter_as_pdf(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The letter as a file; making it is an act, which keeps the plan."""
    course = fetch.course(request, uid, "course-letter")
    form = CourseLetterForm(request.POST)
    if not form.is_valid():
        return _page(request, course, form)
    made = _letter(request, course, form)
    with translation.override(made.language):
        picture = board_block(made.board) if made.board.stops else None
    file = FileAnswer(course_letter_pdf(made, picture=picture, at=timezone.now()), "pdf", "letter")
    reason = "; ".join([made.language, file.receipt, *([f"plan: {made.plan}"] if made.plan else [])])
    export_course_letter(by=request.user, course=course, reason=reason)
    return file


def _letter(request: PersonRequest, course: Course, form: CourseLetterForm) -> CourseLetter:
    asked = form.cleaned_data if form.is_bound else {}
    return course_letter.build(
        course,
        language=asked.get("language") or get_language() or "en",
        plan=asked.get("plan", ""),
        signer=request.user.get_full_name(),
        today=timezone.localdate(),
    )


def _page(request: PersonRequest, course: Course, form: CourseLetterForm) -> HttpResponse:
    context: dict[str, Any] = {
        "course": course,
        "patient": course.patient,
        "standing": fetch.standing_of(course.patient),
        "form": form,
    }
    if form.is_bound and not form.is_valid():
        return render(request, "logbook/course/letter.html", context, status=400)
    made = _letter(request, course, form)
    with translation.override(made.language):
        context |= {"letter": made, "drawings": board_pictures(made.board), "note": board_note(made.board)}
    return render(request, "logbook/course/letter.html", context)
