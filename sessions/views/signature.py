"""Read a session's record; review and sign it, add to it, strike it through; enter what the laboratory said."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.accounts.confirm import why_not_confirmed
from clinic.accounts.roles import Permission
from clinic.audit.access import record_look
from clinic.audit.anchors import footer
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import AlreadyDone, Refused, refuse
from clinic.operations.files import FileAnswer
from sessions.actions.report import export_record
from sessions.actions.result import mark_result_in_error, record_result
from sessions.actions.session import mark_in_error
from sessions.actions.signature import add_addendum, problems_before_signing, review_session, sign_session
from sessions.exports.record_pdf import session_pdf
from sessions.forms.base import typed_again
from sessions.forms.signature import AddendumForm, InErrorForm, ResultForm, SessionInErrorForm, SignForm
from sessions.models import Result, Sample, Session
from sessions.reports.record import record_of, where_to_answer
from sessions.rules.signature import why_not_review
from sessions.views import fetch
from sessions.views.subjects import to_page_of


@require_safe
@requires(Permission.READ_RECORDS, shows_patient=True)
def record(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The record as it stands, with its signatures, addenda and results."""
    session = fetch.session(request, uid)
    context = record_of(session) | _banner(session)
    signatures = [*context["signatures"], *context["addenda"]]
    reviewing = request.user.may(Permission.SIGN_RECORDS) and not why_not_review(session, signatures, request.user)
    return render(request, "logbook/session/record.html", context | {"may_review": reviewing})


@require_safe
@requires(Permission.READ_RECORDS, shows_patient=True)
def record_as_pdf(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The record as a file; making it is an act."""
    session = fetch.session(request, uid, "record-file")
    language = get_language() or "en"
    printed_by = request.user.get_full_name()
    contents = session_pdf(session, printed_by=printed_by, at=timezone.now(), language=language, foot=footer())
    file = FileAnswer(contents, "pdf", "session")
    export_record(by=request.user, session=session, reason=file.receipt)
    return file


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def sign(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The record exactly as it will be signed, what is still missing, and the password."""
    session = fetch.session(request, uid)
    if not session.is_draft:
        return redirect("logbook:session", uid)
    form = SignForm(request.POST or None, initial={"version": session.version})
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"]))
            sign_session(
                by=request.user,
                session=session,
                version=form.cleaned_data["version"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(
                problem
                for problem in refused.problems
                if problem.field in ("password", "code", "") and problem.code != "missing"
            )
            form.meant_for(session.version)
        else:
            messages.success(request, _("Signed. From now on nothing edits this record; it can be amended."))
            return redirect("logbook:session", uid)
    missing = where_to_answer(session, problems_before_signing(session, request.user))
    context = record_of(session) | _banner(session) | {"form": form, "missing": missing}
    return render(request, "logbook/session/sign.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def review(request: PersonRequest, uid: UUID) -> HttpResponse:
    """What somebody else signed, read again and countersigned with the password."""
    session = fetch.session(request, uid)
    context = record_of(session) | _banner(session)
    refused = why_not_review(session, [*context["signatures"], *context["addenda"]], request.user)
    form = SignForm(request.POST or None, initial={"version": session.version})
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"]))
            review_session(
                by=request.user,
                session=session,
                version=form.cleaned_data["version"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as problems:
            form.add_problems(problems.problems)
            form.meant_for(session.version)
        else:
            messages.success(request, _("Countersigned. Your review stands with this revision."))
            return redirect("logbook:session", uid)
    return render(request, "logbook/session/review.html", context | {"form": form, "refused": refused})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def addendum(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Add to a signed record."""
    session = fetch.session(request, uid)
    if not session.is_signed:
        return redirect("logbook:session", uid)
    form = AddendumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            refuse(why_not_confirmed(request, form.cleaned_data["password"]))
            add_addendum(
                by=request.user, session=session, text=form.cleaned_data["text"], key=form.cleaned_data["form_key"]
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The addendum is signed and stands with the record."))
            return redirect("logbook:session", uid)
    return render(request, "logbook/session/addendum.html", record_of(session) | _banner(session) | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SIGN_RECORDS, shows_patient=True)
def in_error(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Strike a record through, with the reason."""
    session = fetch.session(request, uid)
    if session.is_in_error:
        return redirect("logbook:session", uid)
    form = SessionInErrorForm(request.POST or None, initial={"version": session.version})
    if request.method == "POST" and form.is_valid():
        try:
            mark_in_error(
                by=request.user,
                session=session,
                reason=form.cleaned_data["reason"],
                version=form.cleaned_data["version"],
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
            form.meant_for(session.version)
        else:
            messages.success(request, _("Marked as entered in error. It stays readable and counts nowhere."))
            return redirect("logbook:session", uid)
    return render(request, "logbook/session/in_error.html", record_of(session) | _banner(session) | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def new_result(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Enter what the laboratory reported on a sample."""
    sample = get_object_or_404(Sample.objects.select_related("session__patient", "session__course"), uid=uid)
    record_look(request, [sample.session.patient_id], "sample")
    form = ResultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_result(
                by=request.user,
                sample=sample,
                values=form.values(),
                retyped=typed_again(form),
                key=form.cleaned_data["form_key"],
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            messages.success(request, _("The result stands with its sample."))
            return redirect("logbook:session", sample.session.uid)
    context = {"form": form, "sample": sample, "session": sample.session} | _banner(sample.session)
    return render(request, "logbook/session/result.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.WRITE_RECORDS, shows_patient=True)
def result_in_error(request: PersonRequest, uid: UUID) -> HttpResponse:
    """Strike a result through, with the reason."""
    result = get_object_or_404(Result.objects.select_related("sample__session__patient"), uid=uid)
    session = result.sample.session
    record_look(request, [session.patient_id], "sample")
    form = InErrorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mark_result_in_error(
                by=request.user, result=result, reason=form.cleaned_data["reason"], key=form.cleaned_data["form_key"]
            )
        except AlreadyDone as done:
            return to_page_of(request, done.subject)
        except Refused as refused:
            form.add_problems(refused.problems)
        else:
            return redirect("logbook:session", session.uid)
    context = {"form": form, "sample": result.sample, "result": result, "session": session} | _banner(session)
    return render(request, "logbook/session/result_in_error.html", context)


def _banner(session: Session) -> dict[str, object]:
    return {"patient": session.patient, "standing": fetch.standing_of(session.patient)}
