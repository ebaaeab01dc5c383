"""The evidence pack of a session or a course: what it holds, for whom it is, and the file."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from clinic.accounts.roles import Permission
from clinic.gate import PersonRequest, requires
from clinic.lib.problems import Refused
from sessions.actions.evidence import export_evidence
from sessions.exports.evidence import Made, pack, published
from sessions.forms.evidence import EvidenceForm
from sessions.models import Course, Session
from sessions.reports.evidence import evidence_of
from sessions.views import fetch

ZIP = "application/zip"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE_HISTORY, Permission.READ_RECORDS, shows_patient=True)
def session_evidence(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The pack of one session."""
    session = fetch.session(request, uid, "evidence")
    return _evidence(request, session, f"evidence-session-{session.number}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE_HISTORY, Permission.READ_RECORDS, shows_patient=True)
def course_evidence(request: PersonRequest, uid: UUID) -> HttpResponse:
    """The pack of a course with all its sessions."""
    return _evidence(request, fetch.course(request, uid, "evidence"), "evidence-course")


def _evidence(request: PersonRequest, record: Session | Course, name: str) -> HttpResponse:
    form = EvidenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _file(_taken(request, record, form.cleaned_data["reason"]), name)
        except Refused as refused:
            form.add_problems(refused.problems)
    context = {
        "form": form,
        "kind": record._meta.model_name,
        "record": record,
        "patient": record.patient,
        "standing": fetch.standing_of(record.patient),
        "published": published(),
    }
    return render(request, "logbook/evidence/new.html", context)


def _taken(request: PersonRequest, record: Session | Course, reason: str) -> bytes:
    """The act first, so that its entry is the last in the pack. Each pack is an act of its own: the form has no key."""
    moment = export_evidence(by=request.user, record=record, reason=reason)
    made = Made(request.user.full_name, moment, reason.strip(), get_language() or "en")
    return pack(evidence_of(record), made)


def _file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=ZIP)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.zip"'
    return answer
