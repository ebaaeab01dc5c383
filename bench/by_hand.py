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


def _response(year: str) -> list[str]:
    """The tallies of the year, or of all time: equal pairs of values, which way each measure went, and the courses."""
    indications = ", ".join(f"'{word}'" for word in BY_CODE[MEASURE].indications)
    return [
        (
            "SELECT counted_by, scale, unit, which, first_value, last_value, has_last, number FROM logbook_outcometally "
            f"WHERE year = {year} AND measure = '{MEASURE}' AND counted_by IN ('place', 'physician', 'device')"
        ),
        f"SELECT measure, scale, unit, which, number FROM logbook_outcometally WHERE year = {year} AND counted_by = 'direction'",
        (
            f"SELECT counted_by, SUM(number) AS number FROM logbook_coursetally WHERE year = {year} AND indication IN ({indications}) "
            f"AND (counted_by = 'seen' OR counted_by = 'measure' AND which = '{MEASURE}') GROUP BY 1"
        ),
    ]


def _events(which: str) -> list[str]:
    """The tallies of the year, or of all time and each month of it."""
    return [
        ("SELECT year, month, counted_by, which, sessions, patients, events, mild, moderate, severe "
        f"FROM logbook_periodtally WHERE {which}")
    ]  # fmt: skip


def _attendance(months: str, days: str, year: str) -> list[str]:
    return [
        *_sessions(months, days),
        f"SELECT f.month, f.physician_id, f.indication, COUNT(*) FROM logbook_sessionfigures f WHERE f.absent AND f.record_status IN {SIGNED} AND {days} GROUP BY 1, 2, 3",
        f"SELECT physician, indication, which, number FROM logbook_coursetally WHERE year = {year} AND counted_by = 'ended'",
    ]  # fmt: skip


MONTHS, DAYS = _within("month"), _within("f.day")
ALL = "1 = 1"
# By whether it is one year.
STATEMENTS = {
    "sessions": {True: _sessions(MONTHS, DAYS), False: _sessions(ALL, ALL)},
    "response": {True: _response("%(year)s"), False: _response("0")},
    "adverse-events": {True: _events("year = %(year)s"), False: _events("year = 0 OR month > 0")},
    "attendance": {True: _attendance(MONTHS, DAYS, "%(year)s"), False: _attendance(ALL, ALL, "0")},
}
