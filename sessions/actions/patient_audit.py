"""What is told of a patient's record and leaves the logbook as a file is an act: who took it, when, within which limits."""

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit import anchors
from clinic.audit.act import act
from clinic.lib.problems import refuse
from sessions.models import Patient


def export_letter(*, by: User, patient: Patient, reason: str) -> None:
    """Write down that `by` makes the letter for this patient; before the first byte leaves."""
    refuse(why_not_may(by, Permission.SEE_HISTORY))
    with act("export_letter", by=by, reason=reason) as writing:
        writing.about(f"patient:{patient.uid}", patient.pk)
    anchors.write("export")


def export_timeline(*, by: User, patient: Patient, reason: str) -> None:
    """Write down that `by` takes this patient's timeline out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.SEE_HISTORY))
    with act("export_timeline", by=by, reason=reason) as writing:
        writing.about(f"patient:{patient.uid}", patient.pk)
    anchors.write("export")
