"""Adverse events for each hundred sessions and each hundred patients, and the serious ones (domain 5.2, report 5)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.counted import CountedBy
from sessions.measures.sites import Side, Site
from sessions.measures.words import EventTerm, Severity, UnderElectrode, YesNo
from sessions.models import AdverseEvent
from sessions.reports.events_counted import Counts, Seen, events_counted
from sessions.reports.rates import devices_named, per_hundred
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, counted_within
from sessions.reports.sessions import without_gaps

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


def build(asked: Asked) -> Built:
    """Events by term, severity, site, device and electrode, with their rates; for those who may, the serious ones."""
    counts = events_counted(asked.chosen)
    whole, seen = counts.of(CountedBy.PERFORMED), counts.of(CountedBy.EVENT)
    serious = counts.of(CountedBy.SERIOUS, YesNo.YES).events
    unknown = {"": _("not written")}
    places, electrodes = dict(Site.choices) | unknown, dict(UnderElectrode.choices) | unknown
    machines = {str(key or 0): name for key, name in devices_named(map(int, counts.by[CountedBy.EVENT_DEVICE])).items()}
    tables = [
        _table("term", _("By event"), _("Event"), counts, CountedBy.TERM, dict(EventTerm.choices)),
        _table("severity", _("By severity"), _("Severity"), counts, CountedBy.SEVERITY, dict(Severity.choices)),
        _table("site", _("By site"), _("Site"), counts, CountedBy.EVENT_SITE, places, CountedBy.SITE),
        _table("device", _("By device"), _("Device"), counts, CountedBy.EVENT_DEVICE, machines, CountedBy.DEVICE),
        _table("electrode", _("By electrode"), _("Electrode"), counts, CountedBy.ELECTRODE, electrodes),
    ]
    if asked.identities:
        tables.append(_serious(asked, serious))
    rate = per_hundred(seen.sessions, whole.sessions)
    headline = (
        Headline(seen.events, _("adverse events")),
        Headline(
            "–" if rate is None else rate,
            _("sessions of a hundred with one: %(part)s of %(whole)s")
            % {"part": seen.sessions, "whole": whole.sessions},
        ),
        Headline(serious, _("serious")),
    )
    return Built(tuple(tables), headline, (_chart(counts),))


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
    name: str,
    title: str,
    heading: str,
    counts: Counts,
    by: CountedBy,
    words: dict[str, Any],
    of: CountedBy = CountedBy.PERFORMED,
) -> Table:
    """The most frequent first; `of`: what the rates are of, all that was performed unless there is one of each value."""
    found = counts.by[by]
    ordered = sorted(found, key=lambda value: (-found[value].events, str(words[value]), value))
    rows = []
    for value in ordered:
        # An event whose site was not written has no rate.
        whole = counts.of(of) if of == CountedBy.PERFORMED else counts.of(of, value) if value else None
        rows.append(Row((str(words[value]), *_values(found[value], whole))))
    return Table(name, title, (Column(name, heading), *COLUMNS), rows, empty=_("No adverse event within these limits."))


def _values(seen: Seen, whole: Seen | None) -> tuple[Any, ...]:
    sessions, patients = (whole.sessions, whole.patients) if whole else (None, None)
    return (
        seen.events,
        *seen.severities,
        seen.sessions,
        sessions,
        per_hundred(seen.sessions, sessions or 0),
        seen.patients,
        patients,
        per_hundred(seen.patients, patients or 0),
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


def _chart(counts: Counts) -> Chart:
    """Events per month by severity, the severest first: the first one of a stack is the darkest."""
    months = list(without_gaps(sorted({month for month, _severity in counts.by_month})))
    series = tuple(
        Series(label, tuple(counts.by_month.get((month, word), 0) for month in months))
        for word, label in reversed(Severity.choices)
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
