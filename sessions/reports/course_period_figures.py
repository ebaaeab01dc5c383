"""The tallies of courses and of their outcomes worked out anew, apart from the acts that write them (docs/adr/0013).

From the courses, the days of the signed sessions, and the figures and outcomes of courses, which the same check holds against
the record before: what is wrong there shows there, and these are not looked at then.
"""

from typing import Any

from django.db import connection

from sessions.measures.counted import PART, CoursesBy, Direction, OutcomesBy
from sessions.measures.words import PERFORMED, CourseStatus, EndReason
from sessions.models import CourseFigures, CourseTally, Outcome, OutcomeTally
from sessions.models.course import OPEN
from sessions.models.figures import Counted

OF_COURSES = ("year", "counted_by", "physician", "indication", "which")
OF_OUTCOMES = ("year", "counted_by", "measure", "unit", "scale", "which", "first_value", "last_value", "has_last")


def tallies_of_courses(begin: str, values: tuple[Any, ...]) -> Counted:
    """`begin` and its values: SQL in which `dated` has the signed sessions with their day."""
    key = ", ".join(OF_COURSES)
    whole = (
        "SELECT c.*, g.performed, g.last_day, g.last_phase FROM logbook_course c "
        "LEFT JOIN logbook_coursefigures g ON g.course_id = c.id"
    )
    parts = " UNION ALL ".join((_open(), _ended(), _seen(), *_measured()))
    select = (
        f"{begin}, whole AS ({whole}), counted AS ({parts}) "  # noqa: S608 -- names of our own tables
        f"SELECT {key}, COUNT(*) FROM counted GROUP BY {key}"
    )
    return Counted(
        CourseTally, (*OF_COURSES, "number"), len(OF_COURSES), select, values, counted_from=(CourseFigures, Outcome)
    )


def tallies_of_outcomes() -> Counted:
    """Years first, all time from their sums."""
    direction = (
        f"CASE WHEN last_value IS NULL THEN '{Direction.MISSING}' WHEN last_value < first_value THEN '{Direction.FELL}' "
        f"WHEN last_value > first_value THEN '{Direction.ROSE}' ELSE '{Direction.SAME}' END"
    )
    outcomes = (
        f"SELECT {_year('day')} AS year, measure, unit, scale, site || '{PART}' || side AS place, "  # noqa: S608 -- as above
        "CAST(physician_id AS text) AS physician, CAST(COALESCE(device_id, 0) AS text) AS device, first_value, "
        f"COALESCE(last_value, 0) AS last_value, last_value IS NOT NULL AS has_last, {direction} AS direction "
        "FROM logbook_outcome WHERE day IS NOT NULL"
    )
    of_values = [
        f"SELECT year, '{by}' AS counted_by, measure, unit, scale, {by} AS which, first_value, last_value, has_last, "  # noqa: S608 -- as above
        f"COUNT(*) AS number FROM o GROUP BY year, measure, unit, scale, {by}, first_value, last_value, has_last"
        for by in (OutcomesBy.PLACE, OutcomesBy.PHYSICIAN, OutcomesBy.DEVICE)
    ]
    directions = (
        f"SELECT year, '{OutcomesBy.DIRECTION}', measure, unit, scale, direction, 0, 0, TRUE, COUNT(*) FROM o "  # noqa: S608 -- as above
        "GROUP BY year, measure, unit, scale, direction"
    )
    of_years, rest = ", ".join(OF_OUTCOMES), ", ".join(OF_OUTCOMES[1:])
    select = (
        f"WITH o AS ({outcomes}), years AS ({' UNION ALL '.join((*of_values, directions))}) "  # noqa: S608 -- as above
        f"SELECT {of_years}, number FROM years "
        f"UNION ALL SELECT 0, {rest}, CAST(SUM(number) AS integer) FROM years GROUP BY {rest}"
    )
    return Counted(OutcomeTally, (*OF_OUTCOMES, "number"), len(OF_OUTCOMES), select, counted_from=(Outcome,))


def _open() -> str:
    """SQL: each open course once for all time, and once for each year with a session performed."""
    which = f"c.status || '{PART}' || COALESCE(c.last_phase, '') || '{PART}' || CASE WHEN c.previous_id IS NULL THEN 'first' ELSE '' END"
    of_it = f"'{CoursesBy.OPEN}' AS counted_by, c.physician_id AS physician, c.indication, {which} AS which"
    years = f"SELECT DISTINCT course_id, {_year('day')} AS year FROM dated WHERE status IN ({_words(PERFORMED)}) AND day IS NOT NULL"  # noqa: S608 -- as above
    is_open = f"c.status IN ({_words(OPEN)})"
    return (
        f"SELECT 0 AS year, {of_it} FROM whole c WHERE {is_open} "  # noqa: S608 -- as above
        f"UNION ALL SELECT y.year, {of_it} FROM whole c JOIN ({years}) y ON y.course_id = c.id WHERE {is_open}"
    )


def _ended() -> str:
    """SQL: each course that ended, of all time and of its year."""
    planned = "c.planned_sessions > 0"
    dropped = f"{planned} AND c.planned_sessions > COALESCE(c.performed, 0) AND c.end_reason <> '{EndReason.GOAL}'"
    which = " || ".join(
        (
            f"c.end_reason || '{PART}'",
            f"CASE WHEN {planned} THEN 'planned' ELSE '' END || '{PART}'",
            f"CASE WHEN {dropped} THEN 'dropped' ELSE '' END",
        )
    )
    of_it = f"'{CoursesBy.ENDED}', c.physician_id, c.indication, {which}"
    ended = f"FROM whole c WHERE c.ended_date IS NOT NULL AND c.status <> '{CourseStatus.IN_ERROR}'"
    return f"SELECT 0, {of_it} {ended} UNION ALL SELECT {_year('c.ended_date')}, {of_it} {ended}"


def _seen() -> str:
    seen = f"'{CoursesBy.SEEN}', 0, c.indication, '' FROM whole c WHERE c.last_day IS NOT NULL"
    return f"SELECT 0, {seen} UNION ALL SELECT {_year('c.last_day')}, {seen}"


def _measured() -> tuple[str, ...]:
    """SQL: each course once for each measure, and once for each measure and unit; of all time, and of its year."""
    return tuple(
        f"SELECT {year}, '{by}', 0, indication, {which} "  # noqa: S608 -- as above
        f"FROM (SELECT DISTINCT course_id, day, indication, {names} FROM logbook_outcome WHERE day IS NOT NULL) measured"
        for by, names, which in (
            (CoursesBy.MEASURE, "measure", "measure"),
            (CoursesBy.UNIT, "measure, unit", f"measure || '{PART}' || unit"),
        )
        for year in ("0", _year("day"))
    )


def _year(day: str) -> str:
    if connection.vendor == "postgresql":
        return f"CAST(date_part('year', {day}) AS integer)"
    return f"CAST(substr({day}, 1, 4) AS integer)"


def _words(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in words)
