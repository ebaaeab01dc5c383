"""The tallies of years worked out anew from the record alone, apart from the acts that write them (docs/adr/0013)."""

from typing import Any

from django.db import connection

from sessions.measures.counted import CountedBy
from sessions.measures.words import PERFORMED, Severity
from sessions.models import PeriodTally
from sessions.models.figures import Counted

NUMBERS = ("events", *Severity.values)
# Of an event: by what it is counted, and the column with its value.
OF_AN_EVENT = {
    CountedBy.EVENT: "''",
    CountedBy.TERM: "e.term",
    CountedBy.SEVERITY: "e.severity",
    CountedBy.SERIOUS: "e.serious",
    CountedBy.EVENT_SITE: "e.site",
    CountedBy.EVENT_DEVICE: "CAST(o.device AS text)",
    CountedBy.ELECTRODE: "e.under_electrode",
}


def tallies_of_periods(begin: str, values: tuple[Any, ...]) -> Counted:
    """`begin` and its values: SQL in which `dated` has the signed sessions with their day."""
    performed = ", ".join(f"'{word}'" for word in PERFORMED)
    one = (
        f"SELECT s.id AS session_id, s.patient_id, {_part('year')} AS year, {_part('month')} AS month, "  # noqa: S608 -- names of our own tables
        f"COALESCE(s.device_id, 0) AS device FROM dated s WHERE s.status IN ({performed}) AND s.day IS NOT NULL"
    )
    # A row for each session, whatever it is counted by; the years, then all time, and by month the severities.
    whole = ", ".join(("session_id", "patient_id", "counted_by", "which", *NUMBERS))
    periods = (
        f"SELECT year, 0 AS month, {whole} FROM seen UNION ALL SELECT 0, 0, {whole} FROM seen "  # noqa: S608 -- as above
        f"UNION ALL SELECT year, month, {whole} FROM seen WHERE counted_by = '{CountedBy.SEVERITY}'"
    )
    numbers = {"sessions": "COUNT(*)", "patients": "COUNT(DISTINCT patient_id)"}
    numbers |= {name: f"CAST(SUM({name}) AS integer)" for name in NUMBERS}
    key = "year, month, counted_by, which"
    select = (
        f"{begin}, one AS ({one}), seen AS ({_sessions()} UNION ALL {_events()}), periods AS ({periods}) "  # noqa: S608 -- as above
        f"SELECT {key}, {', '.join(numbers.values())} FROM periods GROUP BY {key}"
    )
    return Counted(PeriodTally, ("year", "month", "counted_by", "which", *numbers), 4, select, values)


def _sessions() -> str:
    """SQL: each session once, once for its device, and once for each of its sites."""
    of_it, none = "o.session_id, o.patient_id, o.year, o.month", ", 0" * len(NUMBERS)
    named = ", ".join(("0 AS events", *(f"0 AS {word}" for word in Severity.values)))
    return (
        f"SELECT {of_it}, '{CountedBy.PERFORMED}' AS counted_by, '' AS which, {named} FROM one o "  # noqa: S608 -- as above
        f"UNION ALL SELECT {of_it}, '{CountedBy.DEVICE}', CAST(o.device AS text){none} FROM one o "
        f"UNION ALL SELECT {of_it}, '{CountedBy.SITE}', a.site{none} FROM one o "
        "JOIN (SELECT DISTINCT session_id, site FROM logbook_application) a ON a.session_id = o.session_id"
    )


def _events() -> str:
    """SQL: each session with an event once for each value of it, with its events."""
    of_it = "o.session_id, o.patient_id, o.year, o.month"
    numbers = ", ".join(("COUNT(*)", *(f"SUM(CASE WHEN e.severity = '{word}' THEN 1 ELSE 0 END)" for word in Severity)))
    return " UNION ALL ".join(
        f"SELECT {of_it}, '{by}', {value} AS which, {numbers} FROM one o "  # noqa: S608 -- as above
        f"JOIN logbook_adverseevent e ON e.session_id = o.session_id GROUP BY 1, 2, 3, 4, 6"
        for by, value in OF_AN_EVENT.items()
    )


def _part(name: str) -> str:
    if connection.vendor == "postgresql":
        return f"CAST(date_part('{name}', s.day) AS integer)"
    return f"CAST(strftime('%%{'Y' if name == 'year' else 'm'}', s.day) AS integer)"
