"""Taking the evidence of a record out of the logbook is an act: who, when, for whom and why."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit import anchors
from clinic.audit.act import act
from clinic.lib.problems import Problem, Refused, refuse
from sessions.models import Course, Session


def export_evidence(
    *, by: User, record: Session | Course, reason: str, key: UUID | None = None, at: datetime | None = None
) -> datetime:
    """Write down that `by` takes the evidence of `record` out, and note where the chain stands then; the act's moment."""
    refuse(why_not_may(by, Permission.SEE_HISTORY))
    if not reason.strip():
        raise Refused([Problem("reason", _("Write for whom the pack is, and why."))])
    with act("export_evidence", by=by, reason=reason, key=key, at=at) as writing:
        writing.about(f"{record._meta.model_name}:{record.uid}", record.patient_id)
    anchors.write("evidence")
    return writing.at
