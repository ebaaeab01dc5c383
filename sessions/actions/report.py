"""What leaves the logbook as a file is an act: who took it, when, and with which limits."""

from clinic.accounts.models import User
from clinic.audit.act import act


def record_export(*, by: User, report: str, reason: str) -> None:
    """Write down that `by` takes this report out of the logbook; before the first byte leaves."""
    with act("export_report", by=by, reason=reason) as writing:
        writing.about(f"report:{report}", None)
