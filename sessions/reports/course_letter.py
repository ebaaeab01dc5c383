"""The letter about a course to the doctor who referred the patient (domain 5.2, report 11).

Only signed records are in it. The settings are those that were documented, as the range in which they lay over the
course; nothing is judged, and nothing is said of what would be usual.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.figures import figure_text
from clinic.lib.table import Column, Row, Table
from sessions.measures.outcomes import BY_CODE, MEASURES
from sessions.measures.words import PERFORMED, SIGNED
from sessions.models import AdverseEvent, Course, Outcome
from sessions.reports.board import Lane, ResponseBoard, response_board
from sessions.reports.documented import Labels
from sessions.reports.response import plain, scale_and_unit

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CourseLetter:
    """The letter in the language of its reader. `board` is drawn below the values; `plan` as the physician typed it."""

    language: str
    title: str
    under_title: tuple[str, ...]
    facts: Facts
    scores: Table
    settings: Table
    events: Table
    said: str
    plan: str
    signer: str
    board: ResponseBoard


def build(course: Course, *, language: str, plan: str, signer: str, today: date) -> CourseLetter:
    """The letter of `signer` about `course` (with patient and physician), in a constant number of queries."""
    with translation.override(language):
        board = response_board(course)
        return CourseLetter(
            language=language,
            title=_("Summary of a course of iontophoresis"),
            under_title=tuple(_under_title(course, today)),
            facts=tuple(_facts(course, board)),
            scores=_scores(course),
            settings=_settings(board),
            events=_events(course),
            said=_said(board),
            plan=plan,
            signer=signer,
            board=board,
        )


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else ""


def _under_title(course: Course, today: date) -> Iterable[str]:
    doctor = course.patient.referring_doctor
    yield _("To: %(doctor)s") % {"doctor": doctor} if doctor else _("To the doctor who referred the patient")
    yield _("Letter of %(day)s") % {"day": _day(today)}


def _facts(course: Course, board: ResponseBoard) -> Iterable[tuple[str, str]]:
    patient = course.patient
    performed = [stop for stop in board.stops if stop.status in PERFORMED]
    yield _("Patient"), f"{patient.family_name.upper()} {patient.given_names}"
    yield _("Born on"), _day(patient.birth_date)
    yield _("Record number"), patient.record_number
    yield _("Indication"), capfirst(course.get_indication_display())
    yield _("Sites"), ", ".join(site.get_site_display() for site in course.sites.all())
    yield _("Physician"), course.physician.get_full_name()
    yield _("Course opened on"), _day(course.opened_date)
    if course.ended_date:
        note = f" ({course.end_note})" if course.end_note else ""
        yield _("Course ended on"), f"{_day(course.ended_date)}, {course.get_end_reason_display()}{note}"
    else:
        yield _("Course"), course.get_status_display()
    yield _("Sessions performed"), _performed(len(performed), course.planned_sessions)
    if board.not_done:
        yield _("Sessions not done"), str(board.not_done)
    if performed:
        days = [performed[0].day, performed[-1].day]
        yield _("First and last session"), " – ".join(dict.fromkeys(_day(day) for day in days))
    if course.goal:
        yield _("Goal, in the physician's words"), course.goal


def _performed(number: int, planned: int | None) -> str:
    if planned is None:
        return str(number)
    return _("%(number)s of %(planned)s planned") % {"number": number, "planned": planned}


def _scores(course: Course) -> Table:
    """The first and the last value of each measure, at each site and side."""
    order, labels = {measure.code: place for place, measure in enumerate(MEASURES)}, Labels()
    found = sorted(
        Outcome.objects.filter(course=course).order_by("pk"),
        key=lambda row: (order[row.measure], row.scale, row.unit, row.site, row.side),
    )
    rows = []
    for row in found:
        last = plain(row.last_value) if row.last_value is not None else None
        values = (plain(row.first_value), row.first_day, last, row.last_day)
        rows.append(
            Row(
                (
                    str(BY_CODE[row.measure].name),
                    labels.place(row.site, row.side) or _("whole person"),
                    scale_and_unit(row.measure, row.scale, row.unit),
                    *values,
                )
            )
        )
    columns = (
        Column("measure", _("Measure")),
        Column("place", _("Site and side")),
        Column("scale", _("Scale, unit")),
        Column("first", _("First value"), "number"),
        Column("first_day", _("on"), "date"),
        Column("last", _("Last value"), "number"),
        Column("last_day", _("on"), "date"),
    )
    return Table("scores", _("Values at the beginning and at the end"), columns, rows, empty=_("No value was taken."))


def _settings(board: ResponseBoard) -> Table:
    """Each setting at each place, as the range that was documented, with its kind and unit."""
    rows = [_lane(lane) for lane in board.lanes]
    rows += [
        Row((applied.place, _("Applied"), "; ".join(dict.fromkeys(words for words in applied.words if words)), None))
        for applied in board.applied
        if any(applied.words)
    ]
    columns = (
        Column("place", _("Site and side")),
        Column("setting", _("Setting")),
        Column("range", _("As documented")),
        Column("sessions", _("In sessions"), "number"),
    )
    note = _("What was documented in the signed records of this course, from the lowest to the highest figure.")
    return Table("settings", _("Settings as documented"), columns, rows, note=note, empty=_("None was documented."))


def _lane(lane: Lane) -> Row:
    figures = [value for values in lane.values for value in values]
    return Row((lane.place, capfirst(lane.setting), _range(figures, lane.unit), sum(1 for one in lane.values if one)))


def _range(figures: list[Decimal], unit: str) -> str:
    ends = dict.fromkeys(figure_text(value) for value in (min(figures), max(figures)))
    return f"{' – '.join(ends)}\u00a0{unit}".strip()


def _events(course: Course) -> Table:
    found = AdverseEvent.objects.filter(session__course=course, session__record_status__in=SIGNED)
    found = found.select_related("session").order_by("session__started_at", "session_id", "number", "id")
    rows = [
        Row(
            (
                timezone.localdate(event.session.started_at),
                event.term_note if event.term == "other" else event.get_term_display(),
                event.get_severity_display(),
                _("yes") if event.serious == "yes" else _("no"),
                Labels().place(event.site, event.side),
            )
        )
        for event in found
    ]
    columns = (
        Column("day", _("Date"), "date"),
        Column("term", _("Event")),
        Column("severity", _("Severity")),
        Column("serious", _("Serious")),
        Column("place", _("Site and side")),
    )
    empty = _("None was noted in the signed records.")
    return Table("events", _("Adverse events"), columns, rows, empty=empty)


def _said(board: ResponseBoard) -> str:
    said = [_("This letter rests on the signed records alone.")]
    if board.drafts:
        text = ngettext(
            "%(n)s session is not signed yet, and is not in it.",
            "%(n)s sessions are not signed yet, and are not in it.",
            board.drafts,
        )
        said.append(text % {"n": board.drafts})
    return " ".join(said)
