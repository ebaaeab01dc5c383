"""The best SQL that a person would write for the same numbers, by report; for one year and for all time."""

from datetime import timedelta
from typing import Any

from django.db import connection

from sessions.measures.outcomes import BY_CODE
from sessions.reports.session_filter import SessionFilter, start_of

# Of which a logbook that `seed_bench` filled has a value at every session for hyperhidrosis.
MEASURE = "HDSS"

SIGNED = "('final', 'amended')"
PERFORMED = "('completed', 'stopped')"
COUNTED = f"f.record_status IN {SIGNED} AND f.status IN {PERFORMED}"


def values(chosen: SessionFilter) -> dict[str, Any]:
    """The first and the last day, the year, and the moments at which the first day begins and the last is over."""
    day, moment = connection.ops.adapt_datefield_value, connection.ops.adapt_datetimefield_value
    assert chosen.from_date
    assert chosen.to_date
    since, until = start_of(chosen.from_date), start_of(chosen.to_date + timedelta(days=1))
    days = {"first": day(chosen.from_date), "last": day(chosen.to_date), "year": chosen.from_date.year}
    return days | {"since": moment(since), "until": moment(until)}


def _within(column: str) -> str:
    return f"{column} >= %(first)s AND {column} <= %(last)s"


def _sessions(months: str, days: str) -> list[str]:
    tallied = [
        f"SELECT {names}, status, late_record, SUM(number) FROM logbook_tally WHERE {site} AND {months} GROUP BY {names}, status, late_record"
        for names, site in (("month, indication", "site = ''"), ("physician_id", "site = ''"), ("device", "site = ''"), ("site", "site > ''"))
    ]  # fmt: skip
    drafts = f"SELECT f.month, f.indication, COUNT(*) FROM logbook_sessionfigures f WHERE f.record_status = 'preliminary' AND {days} GROUP BY 1, 2"
    return [*tallied, drafts]


def _response(within: str) -> list[str]:
    outcomes, courses = within.format("o.day"), within.format("c.last_day")
    changed = ", ".join(f"SUM(CASE WHEN o.last_value {sign} o.first_value THEN 1 ELSE 0 END)" for sign in "<=>")
    indications = ", ".join(f"'{word}'" for word in BY_CODE[MEASURE].indications)
    return [
        (
            "SELECT o.scale, o.unit, o.site, o.side, o.physician_id, o.device_id, o.first_value, o.last_value, COUNT(*) "
            f"FROM logbook_outcome o WHERE o.measure = '{MEASURE}' AND {outcomes} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        ),
        (
            f"SELECT o.measure, o.scale, o.unit, {changed}, SUM(CASE WHEN o.last_value IS NULL THEN 1 ELSE 0 END) "
            f"FROM logbook_outcome o WHERE {outcomes} GROUP BY 1, 2, 3"
        ),
        f"SELECT COUNT(*) FROM logbook_coursefigures c WHERE c.indication IN ({indications}) AND {courses}",
        (
            f"SELECT COUNT(DISTINCT o.course_id) FROM logbook_outcome o WHERE o.measure = '{MEASURE}' "
            f"AND o.indication IN ({indications}) AND {outcomes}"
        ),
    ]


def _events(which: str) -> list[str]:
    """The tallies of the year, or of all time and each month of it."""
    return [
        ("SELECT year, month, counted_by, which, sessions, patients, events, mild, moderate, severe "
        f"FROM logbook_periodtally WHERE {which}")
    ]  # fmt: skip


def _attendance(months: str, days: str, ended: str) -> list[str]:
    return [
        *_sessions(months, days),
        f"SELECT f.month, f.physician_id, f.indication, COUNT(*) FROM logbook_sessionfigures f WHERE f.absent AND f.record_status IN {SIGNED} AND {days} GROUP BY 1, 2, 3",
        ("SELECT c.physician_id, c.indication, c.end_reason, c.planned_sessions > 0, "
        "c.planned_sessions > COALESCE(g.performed, 0) AND c.end_reason <> 'goal-reached', COUNT(*) FROM logbook_course c "
        f"LEFT JOIN logbook_coursefigures g ON g.course_id = c.id WHERE c.status <> 'entered-in-error' AND {ended} GROUP BY 1, 2, 3, 4, 5"),
    ]  # fmt: skip


MONTHS, DAYS = _within("month"), _within("f.day")
ALL = "1 = 1"
# By whether it is one year.
STATEMENTS = {
    "sessions": {True: _sessions(MONTHS, DAYS), False: _sessions(ALL, ALL)},
    "response": {True: _response(_within("{0}")), False: _response("{0} IS NOT NULL")},
    "adverse-events": {True: _events("year = %(year)s"), False: _events("year = 0 OR month > 0")},
    "attendance": {
        True: _attendance(MONTHS, DAYS, _within("c.ended_date")),
        False: _attendance(ALL, ALL, "c.ended_date IS NOT NULL"),
    },
}
