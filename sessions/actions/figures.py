"""Figures beside the record: each act that changes their source writes them, in its own transaction (docs/adr/0013).

A draft costs one row. The tallies, the figures of the course and its outcomes move when a signed state does. Whoever
writes locks in one order, so that nobody waits in a circle: session, course, patient, then the figures of the session,
tallies in the order of their keys, the course, its outcomes, tallies of periods, of courses and of outcomes by key, and
last the chain.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AnySet
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from clinic.audit.queue import one_writer
from clinic.audit.statements import run, run_together
from sessions.actions import period_tallies
from sessions.actions.course_tallies import OfCourse, counted_of_course, move_course_tallies
from sessions.actions.emptied import emptied
from sessions.measures.gaps import COMPARED_FIGURES, TIMES_FAR_APART, Gap
from sessions.measures.words import PERFORMED, SIGNED, Moment, OutcomeReason, Status
from sessions.models import (
    CourseFigures,
    CourseTally,
    Outcome,
    OutcomeTally,
    Patient,
    PeriodTally,
    Session,
    SessionFigures,
    Tally,
)
from sessions.models.figures import Counted, Figure

Key = tuple[Any, ...]
TABLES = SESSIONS, TALLIES, COURSES, OUTCOMES, *_OTHERS = tuple(
    model._meta.db_table
    for model in (SessionFigures, Tally, CourseFigures, Outcome, PeriodTally, CourseTally, OutcomeTally)
)
TALLIED = ("site", "month", "physician_id", "indication", "device", "status", "late_record")
OF_COURSE = (
    "course_id",
    "performed",
    "not_done",
    "absent",
    "first_day",
    "last_day",
    "last_phase",
    "indication",
    "far_apart",
)
COMPARED = ("course_id", "measure", "scale", "unit", "site", "side")
OF_OUTCOME = (
    *COMPARED,
    "patient_id",
    "indication",
    "number",
    "first_value",
    "first_day",
    "first_session_id",
    "last_value",
    "last_day",
    "last_session_id",
    "physician_id",
    "device_id",
    "day",
)


def note_session(session: Session) -> None:
    """The figures of one session as its stored rows are now."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(session.started_at, zone) if session.started_at else None
    stored = connection.ops.adapt_datefield_value
    number = int(f"{day:%Y%m%d}") if day else None
    month = day.replace(day=1) if day else None
    signed = session.record_status in SIGNED
    run(_noting(connection.vendor, signed), [stored(day), stored(month), number, number, session.pk])


@dataclass(frozen=True)
class Before:
    """What one session counted for until an act changed it: its tallies, what it adds to those of periods; its course."""

    of_course: OfCourse
    tallies: AnySet[Key] = frozenset()
    of_periods: dict[period_tallies.Key, period_tallies.Sums] = field(default_factory=dict)


def counts_for(session: Session) -> Before:
    """What this session and its course count for now: read before an act changes it; the course is locked from here on."""
    _lock(session)
    of_course = counted_of_course(session.course_id)
    return Before(of_course, _tallied(session), period_tallies.counted_of(session))


def _lock(session: Session) -> None:
    if connection.features.has_select_for_update:
        # Statements of their own: what is read after the wait must be what the other one wrote.
        run_together(
            [
                ("SELECT id FROM logbook_course WHERE id = %s FOR NO KEY UPDATE", [session.course_id]),
                ("SELECT id FROM logbook_patient WHERE id = %s FOR NO KEY UPDATE", [session.patient_id]),
            ]
        )


def _tallied(session: Session) -> AnySet[Key]:
    keys: set[Key] = set()
    for site, *key in run(_TALLIED, [session.pk, *SIGNED]):
        keys |= {("", *key), (site or "", *key)}
    return keys


def note_signed(session: Session, before: Before | None = None) -> None:
    """The figures of a session, its course and the tallies, after an act changed what is signed.

    `before`: what it counted for until now; nothing for a draft that was just signed.
    """
    if before is None:
        _lock(session)
        before = Before(counted_of_course(session.course_id))
    note_session(session)
    tallies = _tallied(session)
    if before.tallies or tallies:
        _move({key: (key in tallies) - (key in before.tallies) for key in before.tallies ^ tallies})
        _note_course(session, anew=bool(before.tallies))
        period_tallies.move_tallies(session, before.of_periods)
        move_course_tallies(session.course_id, before.of_course)


def note_patient(patient: Patient) -> None:
    """Sex and age at each session, after either was corrected."""
    birth_date = connection.ops.adapt_datefield_value(patient.birth_date)
    number = int(f"{patient.birth_date:%Y%m%d}")
    run(_correcting(connection.vendor), [patient.sex, birth_date, number, patient.pk])


def rebuild_figures(counted: Iterable[Counted]) -> int:
    """Throw every figure away and write those that were worked out from the record; how many there are."""
    with one_writer(), transaction.atomic():
        if connection.vendor == "postgresql":
            # Whoever writes a record now has its figures before or after these, never lost between.
            run(f"LOCK TABLE {', '.join(TABLES)} IN SHARE ROW EXCLUSIVE MODE", [])
        for table in TABLES:
            run(f"DELETE FROM {table}", [])  # noqa: S608 -- names of our own tables
        return sum(write_part(part) for part in counted)


# --- One session ---------------------------------------------------------------------------------


@cache
def _date_number(column: str, vendor: str) -> str:
    """SQL: a date as a number, 19850907."""
    if vendor == "postgresql":
        return f"CAST(to_char({column}, 'YYYYMMDD') AS integer)"
    return f"CAST(replace({column}, '-', '') AS integer)"


@cache
def _noting(vendor: str, signed: bool) -> str:
    """SQL: the figures of one session. Nobody asks for the gaps of a draft, so that saving one does not count them."""
    born = _date_number("p.birth_date", vendor)
    counted = "(SELECT COUNT(*) FROM logbook_adverseevent e WHERE e.session_id = s.id{more})"
    columns = {
        "session_id": "s.id",
        "started_at": "s.started_at",
        "day": "%s",
        "month": "%s",
        "patient_id": "s.patient_id",
        "course_id": "s.course_id",
        "physician_id": "s.physician_id",
        "operator_id": "s.operator_id",
        "device_id": "s.device_id",
        "indication": "c.indication",
        "status": "s.status",
        "record_status": "s.record_status",
        "late_record": "s.late_record",
        "sex": "p.sex",
        "age": f"CASE WHEN {born} <= %s THEN (%s - {born}) / 10000 END",
        "events": counted.format(more=""),
        "serious": counted.format(more=" AND e.serious = 'yes'"),
        "site": "COALESCE((SELECT a.site FROM logbook_application a WHERE a.session_id = s.id ORDER BY a.number, a.id LIMIT 1), '')",
        "sites": f"COALESCE(({_each_site(vendor)}), '')",
        "absent": f"s.status = '{Status.NOT_DONE}' AND s.outcome_reason = '{OutcomeReason.ABSENT}'",
        "gaps": _gaps() if signed else "0",
    }
    # The patient stays as it is read until the act is done: whoever corrects the birth date meanwhile waits, and then
    # finds this row.
    lock = "FOR SHARE OF p" if vendor == "postgresql" else ""
    return (
        f"INSERT INTO {SESSIONS} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "  # noqa: S608 -- names of our own tables
        "FROM logbook_session s JOIN logbook_course c ON c.id = s.course_id JOIN logbook_patient p ON p.id = s.patient_id "
        f"WHERE s.id = %s {lock} ON CONFLICT (session_id) DO UPDATE SET {_as_given(columns, 'session_id')}"
    )


def _each_site(vendor: str) -> str:
    """SQL: the sites of a session, each once, by name."""
    distinct = "SELECT DISTINCT a.site FROM logbook_application a WHERE a.session_id = s.id"
    if vendor == "postgresql":
        return f"SELECT string_agg(a.site, ',' ORDER BY a.site COLLATE \"C\") FROM ({distinct}) a"  # noqa: S608 -- names of our own tables
    return f"SELECT group_concat(a.site, ',') FROM ({distinct} ORDER BY a.site) a"  # noqa: S608 -- as above


def _gaps() -> str:
    """SQL: the sum of the gaps of a session."""
    of_phases = "logbook_phase x JOIN logbook_application a ON a.id = x.application_id WHERE a.session_id = s.id"
    of_results = "logbook_result x JOIN logbook_sample m ON m.id = x.sample_id WHERE m.session_id = s.id"
    of_it = "WHERE x.session_id = s.id"
    typed = "x.retyped <> '[]'"
    twice = (f"{of_phases} AND {typed}", f"logbook_observation x {of_it} AND {typed}", f"{of_results} AND {typed}")
    holds = {
        Gap.END: "s.ended_at IS NULL",
        Gap.APPLICATION: f"NOT EXISTS (SELECT 1 FROM logbook_application x {of_it})",  # noqa: S608 -- as above
        Gap.DURATION: f"EXISTS (SELECT 1 FROM {of_phases} AND x.duration_min IS NULL)",  # noqa: S608 -- as above
        Gap.SIDE: f"EXISTS (SELECT 1 FROM logbook_observation x {of_it} AND x.side = '' AND x.site <> '')",  # noqa: S608 -- as above
        Gap.EVENT_SITE: f"EXISTS (SELECT 1 FROM logbook_adverseevent x {of_it} AND x.site = '')",  # noqa: S608 -- as above
        Gap.TWICE: " OR ".join(f"EXISTS (SELECT 1 FROM {rows})" for rows in twice),  # noqa: S608 -- as above
    }
    return " + ".join(f"CASE WHEN {condition} THEN {gap.value} ELSE 0 END" for gap, condition in holds.items())


@cache
def _correcting(vendor: str) -> str:
    aged = f"({_date_number('day', vendor)} - %s) / 10000"
    return (
        f"UPDATE {SESSIONS} SET sex = %s, age = CASE WHEN day >= %s THEN {aged} END "  # noqa: S608 -- names of our own tables
        "WHERE session_id IN (SELECT id FROM logbook_session WHERE patient_id = %s)"
    )


def _as_given(columns: Iterable[str], *keys: str) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)


# --- Tallies -------------------------------------------------------------------------------------

_TALLIED = f"""
    SELECT a.site, f.month, f.physician_id, f.indication, COALESCE(f.device_id, 0), f.status, f.late_record
    FROM {SESSIONS} f LEFT JOIN logbook_application a ON a.session_id = f.session_id
    WHERE f.session_id = %s AND f.record_status IN (%s, %s) AND f.month IS NOT NULL
"""  # noqa: S608 -- names of our own tables


def _move(changes: dict[Key, int]) -> None:
    """Add to the tallies and take away from them, in the order of their keys; one that is empty goes."""
    keys = sorted(changes)
    if keys:
        run(_moving(len(keys)), [value for key in keys for value in (*key, changes[key])])
    fewer = [key for key in keys if changes[key] < 0]
    if fewer:
        run(emptied(TALLIES, TALLIED, "number", len(fewer)), list(chain.from_iterable(fewer)))


@lru_cache(maxsize=50)
def _moving(rows: int) -> str:
    return (
        f"INSERT INTO {TALLIES} ({', '.join(TALLIED)}, number) VALUES {_places(len(TALLIED) + 1, rows)} "  # noqa: S608 -- names of our own tables
        f"ON CONFLICT ({', '.join(TALLIED)}) DO UPDATE SET number = {TALLIES}.number + excluded.number"
    )


def _places(columns: int, rows: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * rows)


# --- One course ----------------------------------------------------------------------------------

_ORDER = {Moment.BEFORE: 0, Moment.DURING: 1, Moment.AFTER: 2}
_VALUES = f"""
    SELECT s.id, f.day, s.status, s.outcome_reason, s.course_phase, s.physician_id, s.device_id, o.moment, o.number, o.value, o.measure,
        o.scale_version, o.scale_name, o.scale_maximum, o.collection_minutes, o.unit, o.site, o.side
    FROM logbook_session s JOIN {SESSIONS} f ON f.session_id = s.id LEFT JOIN logbook_observation o ON o.session_id = s.id
    WHERE s.course_id = %s AND s.record_status IN (%s, %s) ORDER BY s.started_at, s.id
"""  # noqa: S608 -- as above


def _note_course(session: Session, *, anew: bool) -> None:
    """The course and its outcomes; `anew`: some of them may have gone."""
    rows = run(_VALUES, [session.course_id, *SIGNED])
    sessions = {row[0]: row[1:5] for row in rows}
    last_day = None
    if sessions:
        *figures, last_day, last_phase = _figures_of(list(sessions.values()))
        [(far_apart,)] = run(_FAR_APART, [session.course_id, *SIGNED, *PERFORMED])
        run(
            _COURSE,
            [session.course_id, *figures, last_day, last_phase, session.course.indication, bool(far_apart)],
        )
    else:
        run(f"DELETE FROM {COURSES} WHERE course_id = %s", [session.course_id])  # noqa: S608 -- as above
    if anew:
        run(f"DELETE FROM {OUTCOMES} WHERE course_id = %s", [session.course_id])  # noqa: S608 -- as above
    outcomes = _outcomes(rows, None if anew else session.pk)
    shared = (session.patient_id, session.course.indication)
    values = [(session.course_id, *key, *shared, *outcomes[key], last_day) for key in sorted(outcomes)]
    if values:
        run(_outcome(len(values)), list(chain(*values)))
    if last_day and not anew:  # those of which this session has no value
        run(_DAY_OF_OUTCOMES, [last_day, session.course_id, last_day])


def _figures_of(sessions: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Of signed sessions in their order: performed, not done, of these absent, first day, last day, last phase."""
    performed = [(day, phase) for day, status, _reason, phase in sessions if status in PERFORMED]
    reasons = [reason for _day, status, reason, _phase in sessions if status == Status.NOT_DONE]
    (first, _), (last, phase) = (performed[0], performed[-1]) if performed else ((None, ""), (None, ""))
    return len(performed), len(reasons), reasons.count(OutcomeReason.ABSENT), first, last, phase


def _outcomes(rows: Sequence[tuple[Any, ...]], only: int | None) -> dict[Key, tuple[Any, ...]]:
    """First and last by measure, scale, unit, site and side; with `only`, of what this session has a value of."""
    found: dict[Key, list[tuple[Any, ...]]] = {}
    wanted = set()
    order = {row[0]: place for place, row in enumerate(rows)}  # of the sessions, as they come
    for pk, day, _status, _reason, _phase, by, device, moment, number, value, measure, *scale, unit, site, side in rows:
        if measure is None:
            continue
        key = (measure, _scale(*scale), unit, site, side)
        found.setdefault(key, []).append((order[pk], _ORDER[moment], number, value, day, pk, by, device))
        if only in (None, pk):
            wanted.add(key)
    outcomes = {}
    for key in wanted:
        values = sorted(found[key], key=lambda row: row[:3])
        last = values[-1][3:6] if len(values) > 1 else (None, None, None)
        outcomes[key] = (len(values), *values[0][3:6], *last, *values[-1][6:])
    return outcomes


def _scale(version: str, name: str, maximum: Any, minutes: Any) -> str:
    return "|".join((version, name, _figure(maximum), _figure(minutes)))


def _figure(value: Any) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


_FAR = " OR ".join(
    f"MAX(h.{name}) >= {TIMES_FAR_APART} * MIN(CASE WHEN h.{name} > 0 THEN h.{name} END)" for name in COMPARED_FIGURES
)
_FAR_APART = f"""
    SELECT COALESCE({_FAR}, FALSE) FROM logbook_session s JOIN logbook_application a ON a.session_id = s.id
    JOIN logbook_phase h ON h.application_id = a.id
    WHERE s.course_id = %s AND s.record_status IN (%s, %s) AND s.status IN (%s, %s)
"""  # noqa: S608 -- as above
_DAY_OF_OUTCOMES = f"UPDATE {OUTCOMES} SET day = %s WHERE course_id = %s AND (day IS NULL OR day <> %s)"  # noqa: S608 -- as above
_COURSE = (
    f"INSERT INTO {COURSES} ({', '.join(OF_COURSE)}) VALUES {_places(len(OF_COURSE), 1)} "  # noqa: S608 -- as above
    f"ON CONFLICT (course_id) DO UPDATE SET {_as_given(OF_COURSE, 'course_id')}"
)


@lru_cache(maxsize=100)
def _outcome(rows: int) -> str:
    return (
        f"INSERT INTO {OUTCOMES} ({', '.join(OF_OUTCOME)}) VALUES {_places(len(OF_OUTCOME), rows)} "  # noqa: S608 -- as above
        f"ON CONFLICT ({', '.join(COMPARED)}) DO UPDATE SET {_as_given(OF_OUTCOME, *COMPARED)}"
    )


# --- All of them ---------------------------------------------------------------------------------


def write_part(part: Counted) -> int:
    """Write one part of a table of figures, of which nothing stands there; how many there are."""
    model: type[Figure] = part.model
    into = f"INSERT INTO {model._meta.db_table} ({', '.join(part.columns)}) {part.select}"
    with connection.cursor() as cursor:
        cursor.execute(into, part.values)
        return int(cursor.rowcount)
