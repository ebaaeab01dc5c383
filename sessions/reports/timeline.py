"""One line for each thing that was done for a patient, with three clocks: performed, entered, signed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clinic.lib.table import Column, Row, Table
from sessions.models import Patient
from sessions.reports.clocks import Entered, Performed, Signed, clinic_day, distance_words, in_order, late_words

PAGE_SIZE = 50
ORDERS = PERFORMED, ENTERED, SIGNED = "performed", "entered", "signed"
# What has no such time yet stands before everything that has.
_OPEN = datetime(9999, 12, 31, tzinfo=UTC)
_CURSOR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})_([a-z]{1,20})_(\d{1,18})", re.ASCII)


class Cursor(NamedTuple):
    """A place in the list: the time of a line by the chosen clock, its kind and its number."""

    at: datetime
    kind: str
    pk: int


@dataclass(frozen=True)
class Note:
    """What makes a line special, or happened to it afterwards; `tone` is a word of the style sheet."""

    text: str
    tone: str = ""
    more: str = ""


@dataclass(frozen=True)
class Line:
    """One thing that was done. `route` and `uid` lead to its record; `struck`: entered in error."""

    kind: str
    pk: int
    what: str
    route: str
    uid: UUID
    performed: Performed
    entered: Entered | None
    detail: str = ""
    signatures: tuple[Signed, ...] = ()
    is_signed_kind: bool = False
    notes: tuple[Note, ...] = ()
    struck: bool = False
    written_later: bool = False

    @property
    def has_time(self) -> bool:
        return isinstance(self.performed, datetime)

    @property
    def late(self) -> str:
        """The mark in words where it was entered on another clinic day."""
        return late_words(self.performed, self.entered.at) if self.entered else ""

    @property
    def entered_after(self) -> str:
        return distance_words(self.performed, self.entered.at) if self.entered else ""

    def place(self, order: str) -> Cursor:
        """Where the line stands in this order; what was not performed at a known time stands where it was entered."""
        entered = self.entered.at if self.entered else None
        at = {
            PERFORMED: in_order(self.performed) or entered,
            ENTERED: entered,
            SIGNED: max((signature.at for signature in self.signatures), default=None),
        }[order]
        return Cursor(at or _OPEN, self.kind, self.pk)


@dataclass(frozen=True)
class Page:
    """Some of the lines, newest first by the chosen clock, and where the next page begins."""

    lines: list[Line]
    following: Cursor | None
    total: int
    late: int
    written_later: int


def page_of(
    lines: Sequence[Line], *, order: str = PERFORMED, after: Cursor | None = None, size: int = PAGE_SIZE
) -> Page:
    """`size` lines from the place `after` on, each line once whatever is entered meanwhile."""
    ordered = sorted(lines, key=lambda line: line.place(order), reverse=True)
    left = [line for line in ordered if after is None or line.place(order) < after]
    following = left[size - 1].place(order) if len(left) > size else None
    return Page(
        left[:size],
        following,
        total=len(ordered),
        late=sum(1 for line in lines if line.late),
        written_later=sum(1 for line in lines if line.written_later),
    )


def cursor_text(cursor: Cursor | None) -> str:
    """A place in the list, as it stands in an address."""
    if cursor is None:
        return ""
    return f"{cursor.at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}_{cursor.kind}_{cursor.pk}"


def cursor_of(text: str) -> Cursor | None:
    """The place that `text` names; None where it names none."""
    found = _CURSOR.fullmatch(text)
    try:
        moment, kind, pk = found.groups()  # type: ignore[union-attr]
        return Cursor(datetime.fromisoformat(f"{moment}+00:00"), kind, int(pk))
    except (AttributeError, ValueError):
        return None


def table_of(patient: Patient, lines: Sequence[Line], order: str = PERFORMED) -> Table:
    """All the lines as a table for a file, newest first by the chosen clock."""
    columns = (
        Column("what", _("What")),
        Column("performed_on", _("Performed on"), "date"),
        Column("performed_at", _("at (time)")),
        Column("entered", pgettext("clock", "Entered"), "moment"),
        Column("entered_by", _("Entered by")),
        Column("late", _("Entered on another day")),
        Column("signed", pgettext("clock", "Signed"), "moment"),
        Column("signatures", _("Signatures")),
        Column("notes", _("Remarks")),
    )
    ordered = sorted(lines, key=lambda line: line.place(order), reverse=True)
    name = _("Timeline of %(patient)s, No. %(number)s") % {"patient": patient, "number": patient.record_number}
    return Table(
        "timeline",
        name,
        columns,
        [_row(line) for line in ordered],
        note=explained(),
        empty=_("Nothing is recorded yet."),
    )


def explained() -> str:
    """What the three clocks are, in one paragraph."""
    return _(
        "Performed: as the person who entered it stated. Entered: the clock of the server when it was first written. Signed: the clock "
        "of the server at each signature. Consultations, courses and results carry no signature of their own."
    )


def _row(line: Line) -> Row:
    entered = line.entered
    values = (
        f"{line.what}, {line.detail}" if line.detail else line.what,
        clinic_day(line.performed),
        timezone.localtime(line.performed).time() if isinstance(line.performed, datetime) else None,
        entered.at if entered else None,
        entered.by if entered else "",
        line.late,
        line.signatures[0].at if line.signatures else None,
        _("; ").join(signature_words(signature) for signature in line.signatures),
        _("; ").join(f"{note.text} ({note.more})" if note.more else note.text for note in line.notes),
    )
    return Row(values, line.uid, line.struck)


def signature_words(signature: Signed) -> str:
    """A signature in one line: when, who, in which meaning."""
    when = date_format(timezone.localtime(signature.at), "SHORT_DATETIME_FORMAT")
    said = f"{when} {signature.by}, {signature.meaning}"
    if signature.revision > 1:
        said += f", {pgettext('of a record', 'revision')} {signature.revision}"
    return said
