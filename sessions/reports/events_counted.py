"""Adverse events counted by what they were, where and with what, and the sessions and patients that they are of.

A calendar year and all time are read from the stored tallies of periods, anything else from the events one by one: the
same numbers either way (`tests/reports/test_adverse_events.py`).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q

from sessions.measures.counted import CountedBy
from sessions.measures.words import Severity
from sessions.models import AdverseEvent, PeriodTally
from sessions.reports.session_filter import SessionFilter, counted_within, whole_year


@dataclass(frozen=True)
class Seen:
    """How many sessions and patients, each once, and how many events, by severity: mild, moderate, severe."""

    sessions: int = 0
    patients: int = 0
    events: int = 0
    severities: tuple[int, ...] = (0,) * len(Severity)


NOTHING = Seen()


@dataclass
class Counts:
    """What was seen, by value of what it is counted by; events also by month of their session and severity."""

    by: dict[str, dict[str, Seen]] = field(default_factory=lambda: defaultdict(dict))
    by_month: dict[tuple[date, str], int] = field(default_factory=dict)

    def of(self, by: CountedBy, value: str = "") -> Seen:
        """Nothing where nothing was seen."""
        return self.by[by].get(value, NOTHING)


def events_counted(chosen: SessionFilter) -> Counts:
    """The events of the sessions counted within the limits, and those sessions."""
    year = whole_year(chosen)
    return one_by_one(chosen) if year is None else stored(year)


# --- Stored --------------------------------------------------------------------------------------


def stored(year: int) -> Counts:
    """From the tallies of a year, or of all time where it is 0."""
    counts = Counts()
    rows = PeriodTally.objects.filter(Q(year=year) | (Q(month__gt=0) if not year else Q()))
    columns = ("year", "month", "counted_by", "which", "sessions", "patients", "events", *Severity.values)
    for of_year, month, by, value, sessions, patients, events, *severities in rows.values_list(*columns):
        if month:
            counts.by_month[date(of_year, month, 1), value] = events
        else:
            counts.by[by][value] = Seen(sessions, patients, events, tuple(severities))
    return counts


# --- One by one ----------------------------------------------------------------------------------


def one_by_one(chosen: SessionFilter) -> Counts:
    """From each event and each session within any limits."""
    counts = Counts()
    _count_events(counts, chosen)
    sessions: Counter[tuple[CountedBy, str]] = Counter()
    people: dict[tuple[CountedBy, str], set[int]] = defaultdict(set)
    rows = counted_within(chosen).order_by().values_list("patient", "device", "sites").annotate(sessions=Count("*"))
    for patient, device, sites, number in rows:
        keys = [(CountedBy.PERFORMED, ""), (CountedBy.DEVICE, str(device or 0))]
        for key in (*keys, *((CountedBy.SITE, site) for site in filter(None, sites.split(",")))):
            sessions[key] += number
            people[key].add(patient)
    for (by, value), number in sessions.items():
        counts.by[by][value] = Seen(number, len(people[by, value]))
    return counts


def _count_events(counts: Counts, chosen: SessionFilter) -> None:
    sessions = counted_within(chosen).filter(events__gt=0).order_by().values("session")
    columns = (
        "session_id", "session__figures__patient", "session__figures__month", "session__figures__device", "term",
        "severity", "serious", "site", "under_electrode",
    )  # fmt: skip
    groups: dict[tuple[CountedBy, str], list[tuple[int, int, str]]] = defaultdict(list)
    by_month: Counter[tuple[date, str]] = Counter()
    found = AdverseEvent.objects.filter(session__in=sessions).order_by()
    for session, patient, month, device, term, severity, serious, site, electrode in found.values_list(*columns):
        values = {
            CountedBy.EVENT: "",
            CountedBy.TERM: term,
            CountedBy.SEVERITY: severity,
            CountedBy.SERIOUS: serious,
            CountedBy.EVENT_SITE: site,
            CountedBy.EVENT_DEVICE: str(device or 0),
            CountedBy.ELECTRODE: electrode,
        }
        for by, value in values.items():
            groups[by, value].append((session, patient, severity))
        if month:
            by_month[month, severity] += 1
    for (by, value), rows in groups.items():
        counts.by[by][value] = _seen(rows)
    counts.by_month |= by_month


def _seen(events: list[tuple[int, int, str]]) -> Seen:
    sessions, patients, severities = zip(*events, strict=True)
    numbers = Counter(severities)
    return Seen(len(set(sessions)), len(set(patients)), len(events), tuple(numbers[word] for word in Severity.values))
