"""What leaves the logbook as a file is an act: who took it, when, and with which limits."""

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit import anchors
from clinic.audit.act import act
from clinic.lib.problems import refuse
from sessions.models import Session


def record_export(*, by: User, report: str, reason: str) -> None:
    """Write down that `by` takes this report out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.SEE_REPORTS))
    with act("export_report", by=by, reason=reason) as writing:
        writing.about(f"report:{report}", None)
    anchors.write("export")


def export_record(*, by: User, session: Session, reason: str) -> None:
    """Write down that `by` takes the record of this session out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.READ_RECORDS))
    with act("export_record", by=by, reason=reason) as writing:
        writing.about(f"session:{session.uid}", session.patient_id)
    anchors.write("export")
