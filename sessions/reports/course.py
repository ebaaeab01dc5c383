"""Is it working: the sessions of a course with what was scored, set and seen, in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from clinic.lib.figures import figure_text
from sessions.measures.outcomes import BY_CODE, MEASURES
from sessions.measures.sites import Side, Site
from sessions.measures.words import PERFORMED, SIGNED, CoursePhase, Moment, OutcomeReason, RecordStatus, Status
from sessions.models import AdverseEvent, Application, Course, Observation, Session
from sessions.reports.documented import AppliedLine, documented_settings
from sessions.reports.scales import scale_words, unit_words

# Measure, site, side, unit, moment, scale.
Key = tuple[str, str, str, str, str, str]
_ORDER = {measure.code: place for place, measure in enumerate(MEASURES)}
_MOMENTS = list(Moment.values)


@dataclass(frozen=True)
class Column:
    """One series of values: a measure at a site and side, at one moment, in one unit."""

    key: Key
    measure: str
    place: str
    moment: str
    unit: str


@dataclass(frozen=True)
class Row:
    """One session of the course."""

    uid: UUID
    number: int
    started_at: datetime | None
    status: str
    status_code: str
    reason: str
    phase: str
    record: str
    record_code: str
    physician: str
    late: bool
    settings: list[AppliedLine]
    events: list[str]
    cells: list[tuple[Column, str]]


@dataclass(frozen=True)
class FirstAndLast:
    """The first and the last value of one series, with their sessions' dates. No judgement is made of them."""

    column: Column
    first: str
    first_on: date | None
    last: str
    last_on: date | None


@dataclass(frozen=True)
class Board:
    """What the page of a course shows."""

    performed: int
    planned: int | None
    drafts: int
    columns: list[Column]
    rows: list[Row]
    first_and_last: list[FirstAndLast] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns the table of sessions has: number, date, two states, the measures, events."""
        return len(self.columns) + 5


def build(course: Course) -> Board:
    """The board of `course`: four queries, whatever the number of sessions."""
    sessions = list(
        Session.objects.filter(course=course).select_related("physician").order_by("number", "started_at", "id")
    )
    values = _values(Observation.objects.filter(session__course=course))
    columns = _columns({key for of_session in values.values() for key in of_session})
    settings = documented_settings(Application.objects.filter(session__course=course))
    events = _events(course)
    rows = [
        Row(
            uid=session.uid,
            number=session.number,
            started_at=session.started_at,
            status=str(Status(session.status).label) if session.status else "",
            status_code=session.status,
            reason=_reason(session),
            phase=str(CoursePhase(session.course_phase).label) if session.course_phase else "",
            record=str(RecordStatus(session.record_status).label),
            record_code=session.record_status,
            physician=session.physician.full_name,
            late=session.late_record,
            settings=settings.get(session.pk, []),
            events=events.get(session.pk, []),
            cells=[(column, values.get(session.pk, {}).get(column.key, "")) for column in columns],
        )
        for session in sessions
    ]
    return Board(
        performed=sum(1 for session in sessions if session.status in PERFORMED and session.record_status in SIGNED),
        planned=course.planned_sessions,
        drafts=sum(1 for session in sessions if session.record_status == RecordStatus.PRELIMINARY),
        columns=columns,
        rows=rows,
        first_and_last=_first_and_last(columns, rows),
    )


def _values(observations: QuerySet[Observation]) -> dict[int, dict[Key, str]]:
    found: dict[int, dict[Key, str]] = {}
    rows = observations.order_by("number", "id").values(
        "session_id", "measure", "site", "side", "unit", "collection_minutes", "moment", "value", "scale_version",
        "scale_name", "scale_maximum",
    )  # fmt: skip
    for row in rows:
        unit = unit_words(row["unit"], row["collection_minutes"])
        scale = scale_words(row["measure"], row["scale_version"], row["scale_name"], row["scale_maximum"])
        key = (row["measure"], row["site"], row["side"], unit, row["moment"], scale)
        cells = found.setdefault(row["session_id"], {})
        text = figure_text(row["value"])
        cells[key] = f"{cells[key]}; {text}" if key in cells else text
    return found


def _reason(session: Session) -> str:
    """Why it was stopped or not done, in words."""
    if session.outcome_reason == OutcomeReason.OTHER and session.outcome_note:
        return session.outcome_note
    return str(OutcomeReason(session.outcome_reason).label) if session.outcome_reason else ""


def _columns(keys: Iterable[Key]) -> list[Column]:
    ordered = sorted(keys, key=lambda key: (_ORDER[key[0]], key[1], key[2], key[5], key[3], _MOMENTS.index(key[4])))
    return [
        Column(
            key=key,
            measure=", ".join(part for part in (str(BY_CODE[key[0]].name), key[5]) if part),
            place=" ".join(str(words(code).label) for words, code in ((Site, key[1]), (Side, key[2])) if code),
            moment=str(Moment(key[4]).label),
            unit=key[3],
        )
        for key in ordered
    ]


def _events(course: Course) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for event in AdverseEvent.objects.filter(session__course=course).order_by("session_id", "number"):
        said = event.term_note if event.term == "other" else event.get_term_display()
        found.setdefault(event.session_id, []).append(f"{said}, {event.get_severity_display()}")
    return found


def _first_and_last(columns: list[Column], rows: list[Row]) -> list[FirstAndLast]:
    lines = []
    dated = sorted(
        (row for row in rows if row.started_at and row.record_code in SIGNED),
        key=lambda row: (row.started_at, row.number),
    )
    for place, column in enumerate(columns):
        having = [row for row in dated if row.cells[place][1]]
        if len(having) > 1:
            first, last = having[0], having[-1]
            lines.append(FirstAndLast(column, first.cells[place][1], _day(first), last.cells[place][1], _day(last)))
    return lines


def _day(row: Row) -> date | None:
    return timezone.localdate(row.started_at) if row.started_at else None
