"""The response board of a course: outcomes over its signed sessions, what was set, what went wrong; four queries.

Drafts do not count and are not read into it, but for their number; what was entered in error never is. Nothing is
judged: no range, no target, only what was documented.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from sessions.measures.outcomes import BY_CODE, MEASURES
from sessions.measures.quantities import SETTINGS
from sessions.measures.words import (
    SIGNED,
    CoursePhase,
    CurrentType,
    Moment,
    OutcomeReason,
    RecordStatus,
    Severity,
    Status,
)
from sessions.models import AdverseEvent, Application, Course, Observation, Phase, Session
from sessions.reports.documented import COLUMNS, Labels
from sessions.reports.scales import scale_words, unit_words

Values = tuple[tuple[Decimal, ...], ...]
_MEASURES = {measure.code: place for place, measure in enumerate(MEASURES)}
_MOMENTS = {moment: place for place, moment in enumerate(Moment.values)}
_SETTINGS = {name: place for place, name in enumerate(SETTINGS)}


@dataclass(frozen=True)
class Stop:
    """One session, as a place on the board's axis."""

    uid: UUID
    number: int
    day: date
    status: str
    reason: str
    phase: str


@dataclass(frozen=True)
class Line:
    """The values of one site and side, for each session; none where none was taken."""

    place: str
    values: Values


@dataclass(frozen=True)
class Panel:
    """One measure on one scale, in one unit, at one moment: its lines share an axis."""

    measure: str
    moment: str
    unit: str
    least: Decimal | None
    most: Decimal | None
    from_zero: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Lane:
    """One setting at one place, as documented in each session: a figure for each phase that has it."""

    place: str
    setting: str
    unit: str
    values: Values


@dataclass(frozen=True)
class Applied:
    """What lay under the electrodes of one place in each session, in words."""

    place: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """An adverse event, at the place of its session."""

    place: int
    words: str
    severity: str
    severity_words: str
    serious: bool


@dataclass(frozen=True)
class ResponseBoard:
    """What the drawing shows and the table says."""

    stops: tuple[Stop, ...]
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    applied: tuple[Applied, ...]
    events: tuple[Event, ...]
    drafts: int

    @property
    def not_done(self) -> int:
        return sum(1 for stop in self.stops if stop.status == Status.NOT_DONE)


def response_board(course: Course) -> ResponseBoard:
    """The board of `course`."""
    stops, places, drafts = _stops(course)
    rows = Observation.objects.filter(session__in=places)
    applications = Application.objects.filter(session__in=places)
    lanes, applied = _settings(applications, places)
    return ResponseBoard(stops, _panels(rows, places), lanes, applied, _events(places), drafts)


def _stops(course: Course) -> tuple[tuple[Stop, ...], dict[int, int], int]:
    """The signed sessions in the order of their starts, the place of each, and how many drafts there are."""
    fields = (
        "id",
        "uid",
        "number",
        "started_at",
        "status",
        "record_status",
        "outcome_reason",
        "outcome_note",
        "course_phase",
    )
    found = list(Session.objects.filter(course=course).standing().order_by("started_at", "id").values(*fields))
    signed = [row for row in found if row["record_status"] in SIGNED]
    reasons = {word.value: str(word.label) for word in OutcomeReason if word != OutcomeReason.OTHER}
    phases = {word.value: str(word.label) for word in CoursePhase}
    stops = tuple(
        Stop(
            uid=row["uid"],
            number=row["number"],
            day=timezone.localdate(row["started_at"]),
            status=row["status"],
            reason=reasons.get(row["outcome_reason"], row["outcome_note"] or _other(row["outcome_reason"])),
            phase=phases.get(row["course_phase"], ""),
        )
        for row in signed
    )
    drafts = sum(1 for row in found if row["record_status"] == RecordStatus.PRELIMINARY)
    return stops, {row["id"]: place for place, row in enumerate(signed)}, drafts


def _other(reason: str) -> str:
    return str(OutcomeReason(reason).label) if reason else ""


def _panels(observations: Any, places: dict[int, int]) -> tuple[Panel, ...]:
    fields = (
        "session_id", "measure", "scale_version", "scale_name", "scale_maximum", "unit", "collection_minutes", "moment",
        "site", "side", "value",
    )  # fmt: skip
    found: dict[tuple[Any, ...], dict[tuple[str, str], dict[int, list[Decimal]]]] = {}
    for row in observations.order_by("number", "id").values(*fields):
        of_panel = found.setdefault(tuple(row[name] for name in fields[1:8]), {})
        of_line = of_panel.setdefault((row["site"], row["side"]), {})
        of_line.setdefault(places[row["session_id"]], []).append(row["value"])
    ordered = sorted(found, key=lambda key: (_MEASURES[key[0]], _MOMENTS[key[6]], *map(str, key[1:6])))
    return tuple(_panel(key, found[key], len(places)) for key in ordered)


def _panel(key: tuple[Any, ...], lines: dict[tuple[str, str], dict[int, list[Decimal]]], count: int) -> Panel:
    code, version, name, maximum, unit, minutes, moment = key
    measure, labels = BY_CODE[code], Labels()
    scale = scale_words(code, version, name, maximum)
    return Panel(
        measure=f"{measure.name}, {scale}" if scale else str(measure.name),
        moment=str(Moment(moment).label),
        unit=unit_words(unit, minutes),
        least=measure.least if measure.least is not None or maximum is None else Decimal(0),
        most=measure.most if measure.most is not None else maximum,
        # A weight or a girth is read by its change, which an axis from zero would hide.
        from_zero=measure.lower_is_better is not None,
        lines=tuple(
            Line(labels.place(*place) or _("whole person"), _spread(values, count))
            for place, values in sorted(lines.items())
        ),
    )


def _spread(values: dict[int, list[Decimal]], count: int) -> Values:
    return tuple(tuple(values.get(place, ())) for place in range(count))


def _settings(applications: Any, places: dict[int, int]) -> tuple[tuple[Lane, ...], tuple[Applied, ...]]:
    labels, types = Labels(), {word.value: str(word.label) for word in CurrentType}
    figures: dict[tuple[str, str, str, str], dict[int, list[Decimal]]] = {}
    words: dict[tuple[str, str], dict[int, list[str]]] = {}
    rows = applications.order_by("session_id", "number", "id", "phases__number", "phases__id").values(*COLUMNS)
    for row in rows:
        site, place = (row["site"], row["side"]), places[row["session_id"]]
        said = words.setdefault(site, {}).setdefault(place, [])
        said += [
            text
            for text in (labels.medium(row), types.get(row["phases__current_type"] or "", ""))
            if text and text not in said
        ]
        for name in SETTINGS:
            if (value := row[f"phases__{name}"]) is not None:
                kind = (
                    labels.kind(row["phases__current_kind"], row["phases__current_reading"])
                    if name == "current_ma"
                    else ""
                )
                figures.setdefault((*site, name, kind), {}).setdefault(place, []).append(value)
    ordered = sorted(figures, key=lambda key: (key[:2], _SETTINGS[key[2]], key[3]))
    lanes = tuple(_lane(key, figures[key], labels, len(places)) for key in ordered)
    applied = tuple(
        Applied(labels.place(*site), tuple(" · ".join(words[site].get(place, ())) for place in range(len(places))))
        for site in sorted(words)
    )
    return lanes, applied


def _lane(key: tuple[str, str, str, str], values: dict[int, list[Decimal]], labels: Labels, count: int) -> Lane:
    site, side, name, kind = key
    label = str(Phase._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return Lane(
        place=labels.place(site, side),
        setting=f"{label}, {kind}" if kind else label,
        unit=str(SETTINGS[name].shown),
        values=_spread(values, count),
    )


def _events(places: dict[int, int]) -> tuple[Event, ...]:
    found = AdverseEvent.objects.filter(session__in=places).order_by("session_id", "number", "id")
    events = [
        Event(
            place=places[event.session_id],
            words=event.term_note if event.term == "other" else event.get_term_display(),
            severity=event.severity,
            severity_words=str(Severity(event.severity).label),
            serious=event.serious == "yes",
        )
        for event in found
    ]
    return tuple(sorted(events, key=lambda event: event.place))
