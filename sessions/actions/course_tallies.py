"""Tallies of courses and of their outcomes, moved by the act that changes a course or what is signed of it (docs/adr/0013).

A course has one row or a few in each tally. What it is counted for is read before the act changes anything and again
after, while the course is locked; the difference moves the tallies.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from clinic.audit.statements import run, run_together
from sessions.actions.emptied import emptied
from sessions.measures.counted import PART, CoursesBy, Direction, OutcomesBy
from sessions.measures.words import PERFORMED, SIGNED, CourseStatus, EndReason
from sessions.models import CourseFigures, CourseTally, Outcome, OutcomeTally, SessionFigures
from sessions.models.course import OPEN

Key = tuple[Any, ...]
COURSES, OUTCOMES = CourseTally._meta.db_table, OutcomeTally._meta.db_table
OF_COURSES = ("year", "counted_by", "physician", "indication", "which")
OF_OUTCOMES = (
    "year", "counted_by", "measure", "unit", "scale", "which", "first_value", "last_value", "has_last",
)  # fmt: skip

_COURSE = f"""
    SELECT c.status, c.physician_id, c.indication, c.end_reason, c.ended_date, c.planned_sessions, c.previous_id,
        f.performed, f.last_day, f.last_phase
    FROM logbook_course c LEFT JOIN {CourseFigures._meta.db_table} f ON f.course_id = c.id WHERE c.id = %s
"""  # noqa: S608 -- names of our own tables
_MONTHS = f"""
    SELECT DISTINCT f.month FROM logbook_session s JOIN {SessionFigures._meta.db_table} f ON f.session_id = s.id
    WHERE s.course_id = %s AND f.record_status IN (%s, %s) AND f.status IN (%s, %s) AND f.month IS NOT NULL
"""  # noqa: S608 -- as above
_OUTCOMES = f"""
    SELECT measure, unit, scale, site, side, physician_id, COALESCE(device_id, 0), first_value, last_value, day
    FROM {Outcome._meta.db_table} WHERE course_id = %s AND day IS NOT NULL
"""  # noqa: S608 -- as above


@dataclass(frozen=True)
class OfCourse:
    """What one course is counted for in either tally."""

    courses: Counter[Key] = field(default_factory=Counter)
    outcomes: Counter[Key] = field(default_factory=Counter)


def counted_of_course(course: int) -> OfCourse:
    """What this course is counted for as its stored rows and figures are now; it must be locked."""
    [own], months, outcomes = run_together(
        [(_COURSE, [course]), (_MONTHS, [course, *SIGNED, *PERFORMED]), (_OUTCOMES, [course])]
    )
    return OfCourse(Counter(_of_course(own, months, outcomes)), Counter(_of_outcomes(outcomes)))


def move_course_tallies(course: int, before: OfCourse) -> None:
    """Write what changed since `before`, after the course and its figures were written."""
    after = counted_of_course(course)
    _move(COURSES, OF_COURSES, before.courses, after.courses)
    _move(OUTCOMES, OF_OUTCOMES, before.outcomes, after.outcomes)


def _of_course(
    own: tuple[Any, ...], months: Iterable[tuple[Any, ...]], outcomes: Iterable[tuple[Any, ...]]
) -> Iterable[Key]:
    """The keys of one course, each once."""
    status, physician, indication, reason, ended, planned, previous, performed, last_day, phase = own
    if status in OPEN:
        which = PART.join((status, phase or "", "" if previous else "first"))
        for year in {0} | {_year(month) for (month,) in months}:
            yield year, CoursesBy.OPEN.value, physician, indication, which
    elif ended and status != CourseStatus.IN_ERROR:
        dropped = planned and planned > (performed or 0) and reason != EndReason.GOAL
        which = PART.join((reason, "planned" if planned else "", "dropped" if dropped else ""))
        for year in (0, _year(ended)):
            yield year, CoursesBy.ENDED.value, physician, indication, which
    if last_day:
        measured = {(CoursesBy.MEASURE.value, measure) for measure, *_rest in outcomes}
        measured |= {(CoursesBy.UNIT.value, PART.join((measure, unit))) for measure, unit, *_rest in outcomes}
        for year in (0, _year(last_day)):
            for by, which in {(CoursesBy.SEEN.value, ""), *measured}:
                yield year, by, 0, indication, which


def _of_outcomes(outcomes: Iterable[tuple[Any, ...]]) -> Iterable[Key]:
    for measure, unit, scale, site, side, physician, device, first, last, day in outcomes:
        values = (first, 0 if last is None else last, last is not None)
        for year in (0, _year(day)):
            yield year, OutcomesBy.PLACE.value, measure, unit, scale, PART.join((site, side)), *values
            yield year, OutcomesBy.PHYSICIAN.value, measure, unit, scale, str(physician), *values
            yield year, OutcomesBy.DEVICE.value, measure, unit, scale, str(device), *values
            yield year, OutcomesBy.DIRECTION.value, measure, unit, scale, _direction(first, last), 0, 0, True


def _direction(first: Any, last: Any) -> str:
    if last is None:
        return Direction.MISSING.value
    return (Direction.FELL if last < first else Direction.ROSE if last > first else Direction.SAME).value


def _year(day: Any) -> int:
    return int(str(day)[:4])


# --- Moving --------------------------------------------------------------------------------------


def _move(table: str, names: tuple[str, ...], before: Counter[Key], after: Counter[Key]) -> None:
    """Add to the tallies and take away from them, in the order of their keys; one that is empty goes."""
    changes = {key: after[key] - before[key] for key in before | after}
    keys = sorted(key for key, number in changes.items() if number)
    if keys:
        run(_moving(table, names, len(keys)), list(chain.from_iterable((*key, changes[key]) for key in keys)))
    fewer = [key for key in keys if changes[key] < 0]
    if fewer:
        run(emptied(table, names, "number", len(fewer)), list(chain.from_iterable(fewer)))


@lru_cache(maxsize=200)
def _moving(table: str, names: tuple[str, ...], rows: int) -> str:
    one = f"({', '.join(['%s'] * (len(names) + 1))})"
    return (
        f"INSERT INTO {table} ({', '.join(names)}, number) VALUES {', '.join([one] * rows)} "  # noqa: S608 -- names of our own tables
        f"ON CONFLICT ({', '.join(names)}) DO UPDATE SET number = {table}.number + excluded.number"
    )
