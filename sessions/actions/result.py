"""What the laboratory reported: it comes later, and the signed session stays as it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit.act import act
from clinic.lib.problems import Problem, Refused, refuse
from sessions.actions.figures import note_session
from sessions.models import Result, Sample, Session
from sessions.rules.plausible import unlikely_in_result
from sessions.rules.result import why_not_result


def record_result(
    *,
    by: User,
    sample: Sample,
    values: dict[str, Any],
    retyped: frozenset[str] = frozenset(),
    reason: str = "",
    key: UUID | None = None,
    at: datetime | None = None,
) -> Result:
    """A result on `sample`, as reported: a figure with comparator and unit, or "insufficient", which is a result too."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    result = Result(sample=sample, **values)
    problems = why_not_result(result, sample, at or timezone.now())
    if sample.session.is_in_error:
        problems.append(Problem("", _("The session of this sample was entered in error.")))
    unlikely = unlikely_in_result(result)
    problems += [problem for problem in unlikely if problem.field not in retyped]
    refuse(problems)
    result.retyped = sorted({problem.field for problem in unlikely})
    with act("record_result", by=by, reason=reason, key=key, at=at) as writing:
        # Its figures say that something was typed twice: nobody signs or amends it meanwhile.
        session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=sample.session_id)
        writing.create(result)
        if result.retyped:
            note_session(session)
        writing.about(f"session:{session.uid}", session.patient_id)
    return result


def mark_result_in_error(*, by: User, result: Result, reason: str, key: UUID | None = None) -> Result:
    """Strike a result through; the right one is entered beside it."""
    refuse(why_not_may(by, Permission.WRITE_RECORDS))
    if not reason.strip():
        raise Refused([Problem("reason", _("Write why this result is wrong."))])
    with act("mark_result_in_error", by=by, reason=reason, key=key) as writing:
        stored = (
            Result.objects.select_for_update(of=("self",), no_key=True)
            .select_related("sample__session")
            .get(pk=result.pk)
        )
        if stored.in_error:
            raise Refused([Problem("", _("This result is already marked as entered in error."))])
        stored.in_error, stored.error_reason = True, reason.strip()
        writing.change(stored, "in_error", "error_reason")
        session = stored.sample.session
        writing.about(f"session:{session.uid}", session.patient_id)
    return stored
