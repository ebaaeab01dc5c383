"""What leaves the logbook as a file is an act with a receipt: who took which numbers, when, and with which limits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from clinic.accounts.models import User
from clinic.accounts.roles import Permission
from clinic.accounts.rules import why_not_may
from clinic.audit import anchors
from clinic.audit.act import act
from clinic.audit.chain import head
from clinic.lib.problems import Problem, Refused, refuse
from sessions.models import Course, Receipt, SavedFilter, Session


@dataclass(frozen=True)
class Taken:
    """What is known of a file before it leaves; the fields are those of `Receipt`."""

    report: str
    part: str
    form: str
    language: str
    question: str
    identities: bool
    records: bool
    asked_at: datetime
    definition_version: str
    row_count: int
    size: int
    file_digest: str
    content_digest: str

    def in_words(self) -> str:
        """As it is kept with the act."""
        part = f"/{self.part}" if self.part else ""
        return (
            f"{self.report}{part}: {self.question or 'all'}; {self.row_count} rows; "
            f"{self.form}, {self.size} bytes, SHA-256 {self.file_digest}"
        )


def record_export(*, by: User, taken: Taken, at: datetime | None = None) -> Receipt:
    """Write down that `by` takes this file of a report out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.SEE_REPORTS))
    before = head()
    with act("export_report", by=by, reason=taken.in_words(), at=at) as writing:
        receipt = Receipt(
            **vars(taken), head_number=before.number, head_code=before.code, taken_at=writing.at, taken_by=by
        )
        writing.create(receipt)
        writing.about(f"report:{taken.report}", None)
    anchors.write("export")
    return receipt


def save_filter(
    *, by: User, report: str, name: str, question: str, shared: bool, key: UUID | None = None
) -> SavedFilter:
    """Keep the limits of a report under a name, for oneself or for everybody who sees reports."""
    refuse(why_not_may(by, Permission.SEE_REPORTS))
    with act("save_filter", by=by, key=key) as writing:
        saved = SavedFilter(owner=by, report=report, name=name.strip(), question=question, shared=shared, in_use=True)
        writing.create(saved)
        writing.about(f"filter:{saved.uid}", None)
    return saved


def drop_filter(*, by: User, saved: SavedFilter, key: UUID | None = None) -> SavedFilter:
    """Take saved limits out of use; only who keeps them may."""
    refuse(why_not_may(by, Permission.SEE_REPORTS))
    with act("drop_filter", by=by, key=key) as writing:
        stored = SavedFilter.objects.select_for_update(no_key=True).get(pk=saved.pk)
        if stored.owner_id != by.pk:
            raise Refused([Problem("", _("These limits are kept by somebody else."))])
        if not stored.in_use:
            raise Refused([Problem("", _("These limits are not in use any more."))])
        stored.in_use = False
        writing.change(stored, "in_use")
        writing.about(f"filter:{stored.uid}", None)
    return stored


def export_course_letter(*, by: User, course: Course, reason: str) -> None:
    """Write down that `by` makes the letter about this course; before the first byte leaves. The plan is in the reason."""
    refuse(why_not_may(by, Permission.SIGN_RECORDS))
    with act("export_course_letter", by=by, reason=reason) as writing:
        writing.about(f"course:{course.uid}", course.patient_id)
    anchors.write("export")


def export_record(*, by: User, session: Session, reason: str) -> None:
    """Write down that `by` takes the record of this session out of the logbook; before the first byte leaves."""
    refuse(why_not_may(by, Permission.READ_RECORDS))
    with act("export_record", by=by, reason=reason) as writing:
        writing.about(f"session:{session.uid}", session.patient_id)
    anchors.write("export")
