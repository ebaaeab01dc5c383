"""The files that a person asked for and did not wait for: how far each is, and the file itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.audit.access import record_event
from clinic.gate import PersonRequest, requires
from clinic.operations import jobs
from clinic.operations.files import TYPES
from clinic.operations.models import Job, State

MOST_SHOWN = 50


@require_safe
@requires()
def downloads(request: PersonRequest) -> HttpResponse:
    """All that this person asked for lately. It looks by itself how far they are, or is loaded again by hand."""
    return render(request, "downloads/list.html", _context(request))


@require_safe
@requires()
def progress(request: PersonRequest) -> HttpResponse:
    """The list alone, for the page that asks by itself: no sign that anybody is there (`clinic.accounts.middleware`)."""
    return render(request, "downloads/_list.html", _context(request))


@require_POST
@requires()
def cancel(request: PersonRequest) -> HttpResponse:
    """Make a file no further, or delete it."""
    job = _own(request, request.POST.get("job", ""))
    if job and jobs.cancel(job):
        messages.success(request, _("Deleted.") if job.state == State.DONE else _("Cancelled. Nothing is kept of it."))
    else:
        messages.info(request, _("There is nothing to cancel any more."))
    return redirect("downloads")


@require_safe
@requires()
def file(request: PersonRequest, uid: UUID) -> HttpResponseBase:
    """The file, for who asked for it alone, as long as it is kept and the role still allows it; written down."""
    job = get_object_or_404(jobs.jobs_of(request.user), uid=uid)
    if not jobs.may_have(request.user, job):
        raise PermissionDenied
    try:
        content = jobs.opened(job, timezone.now())
    except FileNotFoundError:
        messages.info(request, _("This file is not kept any more. Ask for the report again."))
        return redirect("downloads")
    record_event("download", request=request, by=request.user, detail=f"{job.kind}, {job.form}, SHA-256 {job.sha256}")
    return FileResponse(content, as_attachment=True, filename=job.name, content_type=TYPES[job.form])


def _context(request: PersonRequest) -> dict[str, Any]:
    found = list(jobs.jobs_of(request.user)[:MOST_SHOWN])
    return {
        "jobs": found,
        "going_on": any(job.is_active for job in found),
        "states": State,
        "hours": jobs.kept_hours(),
    }


def _own(request: PersonRequest, text: str) -> Job | None:
    """The job of this person that a form names; None where it names none."""
    try:
        return jobs.jobs_of(request.user).filter(uid=UUID(text)).first()
    except ValueError:
        return None
