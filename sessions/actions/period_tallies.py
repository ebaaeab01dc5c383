"""Tallies of calendar years and of all time: sessions, patients and adverse events (docs/adr/0013).

A patient counts once in a period, whatever the number of sessions: whether there is another session with the same is
asked of the patient's own, at each act. So the patient is locked until the act is done (`sessions/actions/figures.py`).
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from clinic.audit.statements import run
from sessions.actions.emptied import emptied
from sessions.measures.counted import CountedBy
from sessions.measures.words import PERFORMED, SIGNED, Severity
from sessions.models import PeriodTally, Session, SessionFigures

# Year, month, by what, its value.
Key = tuple[int, int, str, str]
# Sessions, events, and these by severity: mild, moderate, severe.
Sums = tuple[int, ...]
# Term, severity, serious, site, electrode.
Event = tuple[str, str, str, str, str]
NOTHING: Sums = (0, 0, 0, 0, 0)
TABLE = PeriodTally._meta.db_table
KEY = ("year", "month", "counted_by", "which")
NUMBERS = ("sessions", "patients", "events", *Severity.values)
SEVERITIES = {word: place for place, word in enumerate(Severity.values)}

_FIGURES = f"""
    SELECT s.id, f.day, COALESCE(f.device_id, 0), f.sites FROM logbook_session s JOIN {SessionFigures._meta.db_table} f ON f.session_id = s.id
    WHERE s.{{of}} = %s AND f.record_status IN (%s, %s) AND f.status IN (%s, %s) AND f.day IS NOT NULL
"""  # noqa: S608 -- names of our own tables
_EVENTS = """
    SELECT s.id, e.term, e.severity, e.serious, e.site, e.under_electrode FROM logbook_session s JOIN logbook_adverseevent e ON e.session_id = s.id
    WHERE s.{of} = %s
"""


def counted_of(session: Session) -> dict[Key, Sums]:
    """What this session adds to the tallies as its stored rows are now; nothing where it is not counted."""
    return next(iter(_counted("id", session.pk, events=True).values()), {})


def move_tallies(session: Session, before: dict[Key, Sums]) -> None:
    """Write what changed since `before`, after the figures of the session were written."""
    after = counted_of(session)
    if before == after:
        return
    with_events = any(sums[1] for sums in chain(before.values(), after.values()))
    others = _counted("patient_id", session.patient_id, events=with_events)
    others.pop(session.pk, None)
    elsewhere = set(chain.from_iterable(others.values()))
    rows: list[tuple[Any, ...]] = []
    for key in sorted(before.keys() | after.keys()):
        sums = [one - other for one, other in zip(after.get(key, NOTHING), before.get(key, NOTHING), strict=True)]
        if any(sums):
            rows.append((*key, sums[0], 0 if key in elsewhere else sums[0], *sums[1:]))
    if rows:
        run(_moving(len(rows)), list(chain.from_iterable(rows)))
    fewer = [row[: len(KEY)] for row in rows if row[len(KEY)] < 0]
    if fewer:
        run(emptied(TABLE, KEY, "sessions", len(fewer)), list(chain.from_iterable(fewer)))


def _counted(of: str, key: int, *, events: bool) -> dict[int, dict[Key, Sums]]:
    """By session, of one session or of one patient; without `events` these are left out."""
    seen: dict[int, list[Event]] = {}
    for pk, *event in run(_EVENTS.format(of=of), [key]) if events else ():
        seen.setdefault(pk, []).append(tuple(event))
    rows = run(_FIGURES.format(of=of), [key, *SIGNED, *PERFORMED])
    return {pk: _sums(str(day), device, sites, seen.get(pk, ())) for pk, day, device, sites in rows}


def _sums(day: str, device: int, sites: str, events: Iterable[Event]) -> dict[Key, Sums]:
    year, month = int(day[:4]), int(day[5:7])
    found: dict[Key, list[int]] = {}
    for by, value, severity in _values(str(device), filter(None, sites.split(",")), events):
        periods = [(0, 0), (year, 0)] + ([(year, month)] if by == CountedBy.SEVERITY else [])
        for period in periods:
            sums = found.setdefault((*period, by.value, value), [1, 0, 0, 0, 0])
            if severity:
                sums[1] += 1
                sums[2 + SEVERITIES[severity]] += 1
    return {key: tuple(sums) for key, sums in found.items()}


def _values(device: str, sites: Iterable[str], events: Iterable[Event]) -> Iterator[tuple[CountedBy, str, str]]:
    """By what one session is counted, under which value, and the severity where it is an event."""
    yield CountedBy.PERFORMED, "", ""
    yield CountedBy.DEVICE, device, ""
    for site in sites:
        yield CountedBy.SITE, site, ""
    for term, severity, serious, site, electrode in events:
        yield CountedBy.EVENT, "", severity
        yield CountedBy.TERM, term, severity
        yield CountedBy.SEVERITY, severity, severity
        yield CountedBy.SERIOUS, serious, severity
        yield CountedBy.EVENT_SITE, site, severity
        yield CountedBy.EVENT_DEVICE, device, severity
        yield CountedBy.ELECTRODE, electrode, severity


@lru_cache(maxsize=50)
def _moving(rows: int) -> str:
    one = f"({', '.join(['%s'] * (len(KEY) + len(NUMBERS)))})"
    added = ", ".join(f"{name} = {TABLE}.{name} + excluded.{name}" for name in NUMBERS)
    return (
        f"INSERT INTO {TABLE} ({', '.join((*KEY, *NUMBERS))}) VALUES {', '.join([one] * rows)} "  # noqa: S608 -- names of our own tables
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {added}"
    )
