"""The best SQL that a person would write for the same numbers, by report; for one year and for all time."""

from typing import Any

from django.db import connection

from sessions.reports.session_filter import SessionFilter

SIGNED = "('final', 'amended')"
PERFORMED = "('completed', 'stopped')"
COUNTED = f"f.record_status IN {SIGNED} AND f.status IN {PERFORMED}"


def values(chosen: SessionFilter) -> dict[str, Any]:
    """The first and the last day."""
    stored = connection.ops.adapt_datefield_value
    return {"first": stored(chosen.from_date), "last": stored(chosen.to_date)}


def _within(column: str) -> str:
    return f"{column} >= %(first)s AND {column} <= %(last)s"


def _sessions(months: str, days: str) -> list[str]:
    tallied = [
        f"SELECT {names}, status, late_record, SUM(number) FROM logbook_tally WHERE {site} AND {months} GROUP BY {names}, status, late_record"
        for names, site in (("month, indication", "site = ''"), ("physician_id", "site = ''"), ("device", "site = ''"), ("site", "site > ''"))
    ]  # fmt: skip
    drafts = f"SELECT f.month, f.indication, COUNT(*) FROM logbook_sessionfigures f WHERE f.record_status = 'preliminary' AND {days} GROUP BY 1, 2"
    return [*tallied, drafts]


def _response(courses: str) -> list[str]:
    return [
        (
            "SELECT o.scale, o.unit, o.site, o.side, s.physician_id, s.device_id, o.first_value, o.last_value, COUNT(*) "
            "FROM logbook_outcome o JOIN logbook_sessionfigures s ON s.session_id = COALESCE(o.last_session_id, o.first_session_id) "
            f"WHERE o.measure = 'HDSS' AND o.course_id IN ({courses}) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        ),
        (
            "SELECT o.measure, o.scale, o.unit, o.first_value, o.last_value, COUNT(*) FROM logbook_outcome o "
            f"WHERE o.course_id IN ({courses}) GROUP BY 1, 2, 3, 4, 5"
        ),
        (
            f"SELECT COUNT(*) FROM logbook_course c WHERE c.id IN ({courses}) AND NOT EXISTS "
            "(SELECT 1 FROM logbook_outcome o WHERE o.course_id = c.id AND o.measure = 'HDSS')"
        ),
    ]


def _events(months: str, days: str) -> list[str]:
    people = f"SELECT {{}} COUNT(DISTINCT f.patient_id) FROM logbook_sessionfigures f {{}} WHERE {COUNTED} AND {days}"
    return [
        ("SELECT f.session_id, f.patient_id, f.month, f.device_id, e.term, e.severity, e.serious, e.site, e.under_electrode "
        f"FROM logbook_sessionfigures f JOIN logbook_adverseevent e ON e.session_id = f.session_id WHERE f.events > 0 AND {COUNTED} AND {days}"),
        people.format("", ""),
        people.format("f.device_id, ", "") + " GROUP BY f.device_id",
        people.format("a.site, ", "JOIN logbook_application a ON a.session_id = f.session_id") + " GROUP BY a.site",
        *_sessions(months, days),
    ]  # fmt: skip


def _attendance(months: str, days: str, ended: str) -> list[str]:
    return [
        *_sessions(months, days),
        ("SELECT f.month, f.physician_id, f.indication, COUNT(*) FROM logbook_sessionfigures f JOIN logbook_session s ON s.id = f.session_id "
        f"WHERE f.status = 'not-done' AND f.record_status IN {SIGNED} AND s.outcome_reason = 'absent' AND {days} GROUP BY 1, 2, 3"),
        f"SELECT c.*, g.performed FROM logbook_course c LEFT JOIN logbook_coursefigures g ON g.course_id = c.id WHERE {ended}",
    ]  # fmt: skip


MONTHS, DAYS = _within("month"), _within("f.day")
OF_A_YEAR = f"SELECT DISTINCT f.course_id FROM logbook_sessionfigures f WHERE {COUNTED} AND {DAYS}"
OF_ALL = "SELECT course_id FROM logbook_coursefigures WHERE performed > 0"
ALL = "1 = 1"
# By whether it is one year.
STATEMENTS = {
    "sessions": {True: _sessions(MONTHS, DAYS), False: _sessions(ALL, ALL)},
    "response": {True: _response(OF_A_YEAR), False: _response(OF_ALL)},
    "adverse-events": {True: _events(MONTHS, DAYS), False: _events(ALL, ALL)},
    "attendance": {
        True: _attendance(MONTHS, DAYS, _within("c.ended_date")),
        False: _attendance(ALL, ALL, "c.ended_date IS NOT NULL"),
    },
}
