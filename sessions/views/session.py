"""Write down a session: a draft, come back to, amended once signed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.accounts.confirm import why_not_confirmed
from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused, Unchanged, refuse
from sessions.actions.session import log_session, save_draft
from sessions.actions.signature import amend_session
from sessions.forms.meanwhile import changed_meanwhile, compare, compare_rows
from sessions.forms.session import SessionEntry
from sessions.forms.signature import AmendForm
from sessions.models import Course, Session
from sessions.reports.last_documented import last_documented
from sessions.views import fetch
from sessions.views.subjects import to_page_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def new_session(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Log a session of this course."""
    course = fetch.course(request, uid)
    entry = SessionEntry(request.POST or None, course=course, user=request.user)
    if wants_saving(request, entry):
        try:
            session = log_session(
                by=request.user, course=course, entry=entry.entry(), key=entry.form.cleaned_data["form_key"]
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            entry.add_problems(refused.problems)
        else:
            return _saved(request, session)
    return _page(request, entry, course, session=None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def edit_session(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Go on with a draft; a signed record is amended instead."""
    session = fetch.session(request, uid)
    if not session.is_draft:
        return redirect("logbook:session", uid)
    entry = SessionEntry(request.POST or None, course=session.course, user=request.user, session=session)
    differences: list[Any] = []
    if wants_saving(request, entry):
        try:
            session = save_draft(
                by=request.user,
                session=session,
                entry=entry.entry(),
                version=entry.form.cleaned_data["version"] or 0,
                key=entry.form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Unchanged:
            return _saved(
                request, session, _("Nothing was changed: the draft stands as it was saved. It is not signed yet.")
            )
        except Refused as refused:
            differences = _differences(refused, entry, session)
            entry.add_problems(refused.problems)
        else:
            return _saved(request, session)
    return _page(request, entry, session.course, session=session, differences=differences)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def amend(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Correct a signed record: reason and password, a new revision; the former stays readable."""
    session = fetch.session(request, uid)
    if not session.is_signed:
        return redirect("logbook:session", uid)
    entry = SessionEntry(request.POST or None, course=session.course, user=request.user, session=session)
    confirm = AmendForm(request.POST or None)
    differences: list[Any] = []
    if wants_saving(request, entry, confirm):
        try:
            refuse(why_not_confirmed(request, confirm.cleaned_data["password"]))
            amend_session(
                by=request.user,
                session=session,
                entry=entry.entry(),
                version=entry.form.cleaned_data["version"] or 0,
                reason=confirm.cleaned_data["reason"],
                key=entry.form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            differences = _differences(refused, entry, session)
            confirm.add_problems(problem for problem in refused.problems if problem.field in confirm.fields)
            entry.add_problems([problem for problem in refused.problems if problem.field not in confirm.fields])
        else:
            messages.success(request, _("Amended and signed. The former revision stays readable in the history."))
            return redirect("logbook:session", uid)
    return _page(request, entry, session.course, session=session, confirm=confirm, differences=differences)


def wants_saving(request: PersonRequest, entry: SessionEntry, *others: Any) -> bool:
    """Whether to save: not when one more row was asked for, and only what has a storable shape."""
    if request.method != "POST":
        return False
    if request.POST.get("add"):
        entry.quieten()
        for form in others:
            form.quiet = True
        return False
    return all([entry.is_valid(), *(form.is_valid() for form in others)])


def _differences(refused: Refused, entry: SessionEntry, session: Session) -> list[Any]:
    if not changed_meanwhile(refused.problems):
        return []
    stored = Session.objects.with_rows().get(pk=session.pk)
    rows = [
        (entry.applications, stored.applications),
        (entry.observations, stored.observations),
        (entry.events, stored.events),
    ]
    rows += [(entry.samples, stored.samples)] if entry.samples is not None else []
    found = compare(entry.form, stored)
    return found + [line for formset, kept in rows for line in compare_rows(formset, kept.all())]


def _saved(request: PersonRequest, session: Session, unchanged: str = "") -> HttpResponse:
    if request.POST.get("then") == "review":
        return redirect("logbook:session-sign", session.uid)
    time = date_format(timezone.localtime(), "TIME_FORMAT")
    messages.success(request, unchanged or _("Draft saved at %(time)s. It is not signed yet.") % {"time": time})
    return redirect("logbook:session-edit", session.uid)


def _page(
    request: PersonRequest,
    entry: SessionEntry,
    course: Course,
    *,
    session: Session | None,
    confirm: AmendForm | None = None,
    differences: list[Any] | None = None,
) -> HttpResponse:
    quiet = request.method != "POST" or bool(request.POST.get("add"))
    context = {
        "entry": entry,
        "form": entry.form,
        "problems": [] if quiet else [*entry.problems(), *_confirm_problems(confirm)],
        "confirm": confirm,
        "differences": differences or [],
        "course": course,
        "session": session,
        "last": last_documented(course, session),
        "patient": course.patient,
        "standing": fetch.standing_of(course.patient),
    }
    return render(request, "logbook/session/form.html", context)


def _confirm_problems(confirm: AmendForm | None) -> list[tuple[str, str, str]]:
    if confirm is None:
        return []
    return [(f"{bound.auto_id}_group", str(bound.label), str(message)) for bound in confirm for message in bound.errors]
