"""The trail that leaves the logbook as a file is an act: who took it, when, and with which limits."""

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit import anchors
from clinic.audit.act import act
from clinic.lib.problems import refuse


def record_trail_export(*, by: User, report: str, reason: str) -> None:
    """Write down that `by` takes this part of the trail out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.SEE_HISTORY))
    with act("export_trail", by=by, reason=reason) as writing:
        writing.about(f"report:{report}", None)
    anchors.write("export")
