"""Adverse events for each hundred sessions and each hundred patients, and the serious ones (domain 5.2, report 5)."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Side, Site
from sessions.measures.words import EventTerm, Severity, UnderElectrode, YesNo
from sessions.models import AdverseEvent
from sessions.reports.rates import devices_named, per_hundred
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, counted_within
from sessions.reports.sessions import counted, without_gaps

DEFINITION = (
    gettext_lazy("Counted are the adverse events of signed sessions that were performed, within the limits."),
    gettext_lazy(
        "For each hundred sessions: sessions with such an event, of all sessions performed. For each hundred patients: "
        "patients with such an event, of all patients who had a session performed. A session with two events of one kind "
        "counts once."
    ),
    gettext_lazy(
        "By site: of the sessions and patients treated at that site; the site is that of the event. By device: of those of "
        "the device. An event whose site was not written has no rate."
    ),
    gettext_lazy(
        "Severity says how intense, seriousness what followed, the CTCAE grade is noted beside: three columns, never one."
    ),
)


@dataclass(frozen=True)
class Event:
    """One event, with what it is counted by."""

    session: int
    patient: int
    month: date | None
    device: int | None
    term: str
    severity: str
    serious: str
    site: str
    electrode: str


@dataclass(frozen=True)
class Basis:
    """How many sessions and patients a rate is of."""

    sessions: int | None
    patients: int | None


def build(asked: Asked) -> Built:
    """Events by term, severity, site, device and electrode, with their rates; for those who may, the serious ones."""
    events, chosen = _events(asked.chosen), asked.chosen
    found = counted(chosen)
    sessions = found.total().performed
    people = _people(chosen)
    everybody = Basis(sessions, len(people.everybody))
    at_site, with_device = _by_site(found, people), _by_device(found, people)
    machines = devices_named(event.device for event in events)
    serious = sum(event.serious == YesNo.YES for event in events)
    unknown = {"": _("not written")}
    places, electrodes = dict(Site.choices) | unknown, dict(UnderElectrode.choices) | unknown
    tables = [
        _table("term", _("By event"), _("Event"), events, dict(EventTerm.choices), lambda _one: everybody),
        _table("severity", _("By severity"), _("Severity"), events, dict(Severity.choices), lambda _one: everybody),
        _table("site", _("By site"), _("Site"), events, places, at_site),
        _table("device", _("By device"), _("Device"), events, machines, with_device),
        _table("electrode", _("By electrode"), _("Electrode"), events, electrodes, lambda _one: everybody),
    ]
    if asked.identities:
        tables.append(_serious(asked, serious))
    with_event = len({event.session for event in events})
    rate = per_hundred(with_event, sessions)
    headline = (
        Headline(len(events), _("adverse events")),
        Headline(
            "–" if rate is None else rate,
            _("sessions of a hundred with one: %(part)s of %(whole)s") % {"part": with_event, "whole": sessions},
        ),
        Headline(serious, _("serious")),
    )
    return Built(tuple(tables), headline, (_chart(events),))


def _events(chosen: SessionFilter) -> list[Event]:
    sessions = counted_within(chosen).filter(events__gt=0).order_by().values("session")
    columns = (
        "session_id", "session__figures__patient", "session__figures__month", "session__figures__device", "term",
        "severity", "serious", "site", "under_electrode",
    )  # fmt: skip
    found = AdverseEvent.objects.filter(session__in=sessions).order_by()
    return [Event(*row) for row in found.values_list(*columns)]


# --- What the rates are of -----------------------------------------------------------------------


@dataclass
class People:
    """Who had a session performed: all, by device, and by site."""

    everybody: set[int] = field(default_factory=set)
    device: dict[int | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    site: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def _people(chosen: SessionFilter) -> People:
    """Everybody once for each device and each set of sites, from one reading of the figures."""
    people = People()
    for patient, device, sites in (
        counted_within(chosen).order_by().values_list("patient", "device", "sites").distinct()
    ):
        people.everybody.add(patient)
        people.device[device].add(patient)
        for site in filter(None, sites.split(",")):
            people.site[site].add(patient)
    return people


def _by_device(found: Any, people: People) -> Callable[[Event], Basis]:
    return lambda event: Basis(found.by["device"][event.device or 0].performed, len(people.device[event.device]))


def _by_site(found: Any, people: People) -> Callable[[Event], Basis]:
    nothing = Basis(None, None)
    return lambda event: (
        Basis(found.by["site"][event.site].performed, len(people.site[event.site])) if event.site else nothing
    )


# --- Tables and chart ----------------------------------------------------------------------------

COLUMNS = (
    Column("events", gettext_lazy("Events"), "number"),
    Column("mild", gettext_lazy("mild"), "number"),
    Column("moderate", gettext_lazy("moderate"), "number"),
    Column("severe", gettext_lazy("severe"), "number"),
    Column("sessions", gettext_lazy("Sessions with one"), "number"),
    Column("of_sessions", gettext_lazy("of sessions"), "number"),
    Column("per_sessions", gettext_lazy("per 100 sessions"), "number"),
    Column("patients", gettext_lazy("Patients with one"), "number"),
    Column("of_patients", gettext_lazy("of patients"), "number"),
    Column("per_patients", gettext_lazy("per 100 patients"), "number"),
)


def _table(
    name: str, title: str, heading: str, events: list[Event], words: dict[Any, Any], basis: Callable[[Event], Basis]
) -> Table:
    """By the figure of an event that has this name, the most frequent first."""
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in events:
        groups[getattr(event, name)].append(event)
    ordered = sorted(groups, key=lambda key: (-len(groups[key]), str(words[key]), str(key)))
    rows = [Row((str(words[key]), *_values(groups[key], basis(groups[key][0])))) for key in ordered]
    return Table(name, title, (Column(name, heading), *COLUMNS), rows, empty=_("No adverse event within these limits."))


def _values(events: list[Event], basis: Basis) -> tuple[Any, ...]:
    severities = Counter(event.severity for event in events)
    sessions, patients = len({event.session for event in events}), len({event.patient for event in events})
    return (
        len(events),
        *(severities[word] for word in Severity.values),
        sessions,
        basis.sessions,
        per_hundred(sessions, basis.sessions or 0),
        patients,
        basis.patients,
        per_hundred(patients, basis.patients or 0),
    )


def _serious(asked: Asked, length: int) -> Table:
    sessions = counted_within(asked.chosen).filter(serious__gt=0).order_by().values("session")
    found = AdverseEvent.objects.filter(session__in=sessions, serious=YesNo.YES)
    found = found.select_related("session__patient", "session__device").order_by("-session__started_at", "-pk")
    columns = (
        Column("started_at", _("Start of the session"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("event", _("Event")),
        Column("place", _("Site")),
        Column("severity", _("Severity")),
        Column("grade", _("CTCAE grade"), "number"),
        Column("criterion", _("Criterion of seriousness")),
        Column("action", _("What was done")),
        Column("outcome", _("Outcome")),
        Column("device", _("Device")),
        Column("incident", _("Device incident"), of_record=True),
        Column("note", _("In words"), of_record=True),
    )
    empty = _("No serious event within these limits.")
    return Table(
        "serious",
        _("Serious events"),
        columns,
        [_serious_line(event) for event in (found if asked.whole else found[:ROWS_ON_A_PAGE])],
        empty=empty,
        names_people=True,
        route="logbook:session",
        length=length,
    )


def _serious_line(event: AdverseEvent) -> Row:
    session = event.session
    place = ", ".join(
        str(label) for label in (event.site and Site(event.site).label, event.side and Side(event.side).label) if label
    )
    return Row(
        (
            session.started_at,
            str(session.patient),
            session.patient.record_number,
            event.get_term_display(),
            place,
            event.get_severity_display(),
            event.ctcae_grade,
            event.get_serious_criterion_display(),
            event.get_action_display(),
            event.get_outcome_display(),
            str(session.device) if session.device else "",
            event.incident_report,
            event.term_note,
        ),
        key=session.uid,
        person=session.patient_id,
    )


def _chart(events: list[Event]) -> Chart:
    """Events per month by severity, the severest first: the first one of a stack is the darkest."""
    months = list(without_gaps(sorted({event.month for event in events if event.month})))
    counts = Counter((event.month, event.severity) for event in events)
    series = tuple(
        Series(label, tuple(counts[month, word] for month in months)) for word, label in reversed(Severity.choices)
    )
    return Chart(
        "events-per-month",
        _("Adverse events per month, by severity"),
        "stacked",
        tuple(months),
        series if months else (),
        x_title=_("Month of the session"),
        y_title=_("Events"),
        empty=_("No adverse event within these limits."),
        label_kind="month",
    )


REPORT = Report(
    code="adverse-events",
    title=gettext_lazy("Adverse events"),
    purpose=gettext_lazy(
        "How often which events were seen, for each hundred sessions and patients, and the serious ones."
    ),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
