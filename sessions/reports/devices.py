"""What was done with each device, and what happened to it (domain 5.2, report 8)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext, pgettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.words import PERFORMED, SIGNED, DeviceEntryKind, EventTerm, Severity, YesNo
from sessions.models import AdverseEvent, Device, DeviceEntry, SessionFigures
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, counted_within
from sessions.reports.standstill import days_within, standstills, still_since

DEFINITION = (
    gettext_lazy("Sessions: signed, and performed, that name the device. The last session is the last of these."),
    gettext_lazy(
        "Faults: entries of that kind in the device log, within the period. Last maintenance and last check: the last ones "
        "up to the end of the period, also those before it. An entry marked as entered in error is not counted."
    ),
    gettext_lazy(
        "Days out of service: days of the period, up to today, on which the device stood still: from an entry until the "
        "day from which it could be used again, from “taken out of service” until “put back in service”, and from "
        "the day on which it went out of service for good. The first day counts, the day of the return does not; a day "
        "counts once."
    ),
    gettext_lazy("Out of service since: of a device that stands still on the last day of the period, or today."),
    gettext_lazy("Device incidents: adverse events of these sessions that were noted as one."),
    gettext_lazy(
        "The period and the device limit the whole report; the other limits only its sessions and their incidents."
    ),
)


@dataclass(frozen=True)
class Period:
    """The days that are asked for, both included; `first` None: from the beginning."""

    first: date | None
    last: date

    def has(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and day <= self.last


@dataclass(frozen=True)
class Use:
    """What the counted sessions say of a device."""

    sessions: int = 0
    patients: int = 0
    last_day: date | None = None


def build(asked: Asked) -> Built:
    """Each device with its numbers, the entries of the period, and for those who may see names the incidents."""
    today = timezone.localdate(asked.at)
    period = Period(asked.chosen.from_date, min(asked.chosen.to_date or today, today))
    used, incidents = _used(asked.chosen), _incidents(asked.chosen)
    devices, logs = _devices(asked.chosen), _logs(asked.chosen, period)
    per_device = Counter(incident.device for incident in incidents)
    lines = [_line(device, logs[device.pk], period, used, per_device) for device in devices]
    if None in used:
        lines.append(_without_device(used[None], per_device[None]))
    entries = [entry for log in logs.values() for entry in log if period.has(entry.happened_date)]
    tables = [_table(lines, used.values(), entries, incidents), _entries(entries)]
    if asked.identities:
        tables.append(_one_by_one(incidents, {device.pk: str(device) for device in devices}))
    faults, stopped = _faults(entries), sum(line.values[-1] is not None for line in lines)
    headline = (
        Headline(faults, npgettext("counted", "fault", "faults", faults)),
        Headline(len(incidents), npgettext("counted", "device incident", "device incidents", len(incidents))),
        Headline(stopped, ngettext("device out of service", "devices out of service", stopped)),
    )
    return Built(tuple(tables), headline)


# --- What is read --------------------------------------------------------------------------------


def _used(chosen: SessionFilter) -> dict[int | None, Use]:
    found = counted_within(chosen).order_by().values_list("device")
    if connection.vendor == "postgresql":
        return _used_by_patient(found)
    rows = found.annotate(sessions=Count("pk"), patients=Count("patient", distinct=True), last=Max("day"))
    return {device: Use(*numbers) for device, *numbers in rows}


def _used_by_patient(found: QuerySet[SessionFigures, Any]) -> dict[int | None, Use]:
    """Each patient of a device first: PostgreSQL sorts all that it counts different ones of, SQLite does not."""
    columns = found.values_list("device_id", "patient_id").annotate(number=Count("pk"), last=Max("day"))
    people, values = columns.query.sql_with_params()
    statement = (
        "SELECT device_id, CAST(SUM(number) AS bigint), COUNT(*), MAX(last) "  # noqa: S608 -- names of our own tables
        f"FROM ({people}) people GROUP BY device_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {device: Use(*numbers) for device, *numbers in cursor.fetchall()}


class Incident(NamedTuple):
    """What is shown of an adverse event that was noted as a device incident."""

    device: int | None
    started_at: datetime | None
    uid: Any
    patient: int
    family_name: str
    given_names: str
    record_number: str
    term: str
    term_note: str
    severity: str
    incident_report: str


READ = (
    "session__device_id", "session__started_at", "session__uid", "session__patient_id", "session__patient__family_name",
    "session__patient__given_names", "session__patient__record_number", "term", "term_note", "severity", "incident_report",
)  # fmt: skip


def _incidents(chosen: SessionFilter) -> list[Incident]:
    found = AdverseEvent.objects.filter(device_incident=YesNo.YES)
    if chosen.names:  # the sessions of a period that have events are few, and so are those of any other limit
        found = found.filter(session__in=counted_within(chosen).filter(events__gt=0).order_by().values("session"))
    else:
        found = found.filter(session__record_status__in=SIGNED, session__status__in=PERFORMED)
    return [Incident(*row) for row in found.order_by("-session__started_at", "-pk").values_list(*READ)]


def _devices(chosen: SessionFilter) -> list[Device]:
    return list(Device.objects.filter(pk=chosen.device) if chosen.device else Device.objects.all())


def _logs(chosen: SessionFilter, period: Period) -> dict[int, list[DeviceEntry]]:
    """The standing entries up to the end of the period, of each device, the oldest first."""
    found = DeviceEntry.objects.standing().filter(happened_date__lte=period.last)
    if chosen.device:
        found = found.filter(device=chosen.device)
    logs: dict[int, list[DeviceEntry]] = defaultdict(list)
    for entry in found.select_related("device").order_by("happened_date", "pk"):
        logs[entry.device_id].append(entry)
    return logs


# --- Devices -------------------------------------------------------------------------------------


def _line(
    device: Device,
    log: Sequence[DeviceEntry],
    period: Period,
    used: dict[int | None, Use],
    incidents: Counter[int | None],
) -> Row:
    use, times = used.get(device.pk, Use()), standstills(device, log)
    return Row(
        (
            str(device),
            use.sessions,
            use.patients,
            use.last_day,
            _last(log, DeviceEntryKind.MAINTENANCE),
            _last(log, DeviceEntryKind.CHECK),
            _faults(entry for entry in log if period.has(entry.happened_date)),
            incidents[device.pk],
            days_within(times, period.first, period.last),
            device.in_service_date,
            still_since(times, period.last),
        )
    )


def _without_device(use: Use, incidents: int) -> Row:
    numbers = (use.sessions, use.patients, use.last_day, None, None, None, incidents, None, None, None)
    return Row((_("no device written"), *numbers))


def _last(log: Sequence[DeviceEntry], kind: DeviceEntryKind) -> date | None:
    return next((entry.happened_date for entry in reversed(log) if entry.kind == kind), None)


def _faults(entries: Iterable[DeviceEntry]) -> int:
    return sum(entry.kind == DeviceEntryKind.FAULT for entry in entries)


def _table(lines: list[Row], used: Iterable[Use], entries: list[DeviceEntry], incidents: list[Incident]) -> Table:
    columns = (
        Column("device", _("Device")),
        Column("performed", _("Sessions performed"), "number"),
        Column("patients", _("Patients"), "number"),
        Column("last_session", _("Last session"), "date"),
        Column("last_maintenance", _("Last maintenance"), "date"),
        Column("last_check", _("Last check"), "date"),
        Column("faults", _("Faults"), "number"),
        Column("incidents", _("Device incidents"), "number"),
        Column("days_out", _("Days out of service"), "number", counts=False),
        Column("in_since", _("In service since"), "date"),
        Column("out_since", _("Out of service since"), "date"),
    )
    sessions = sum(use.sessions for use in used)
    totals = (_("All"), sessions, "", "", "", "", _faults(entries), len(incidents), "", "", "")
    return Table(
        "devices",
        _("Devices"),
        columns,
        lines,
        totals=Row(totals) if lines else None,
        note=_("A patient treated with two devices stands in both rows."),
        empty=_("No device is registered."),
    )


# --- Lists ---------------------------------------------------------------------------------------


def _entries(entries: list[DeviceEntry]) -> Table:
    """The newest first."""
    columns = (
        Column("date", _("Date"), "date"),
        Column("device", _("Device")),
        Column("kind", pgettext("device", "What happened")),
        Column("nature", _("What was done or found")),
        Column("used_again", _("Used again from"), "date"),
        Column("done_by", _("Done by"), inside=True),
        Column("employer", _("Employer or company")),
        Column("conforming", _("Conforming")),
        Column("note", _("Note"), inside=True),
    )
    rows = [
        Row(
            (
                entry.happened_date,
                str(entry.device),
                entry.get_kind_display(),
                entry.nature,
                entry.ended_date,
                entry.done_by,
                entry.employer,
                entry.get_conforming_display(),
                entry.note,
            )
        )
        for entry in sorted(entries, key=lambda entry: (entry.happened_date, entry.pk), reverse=True)
    ]
    empty = _("Nothing was written down of a device within these limits.")
    return Table("entries", _("Device log"), columns, rows, empty=empty)


def _one_by_one(incidents: list[Incident], devices: dict[int, str]) -> Table:
    columns = (
        Column("started_at", _("Start of the session"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("device", _("Device")),
        Column("event", _("Event")),
        Column("severity", _("Severity")),
        Column("incident", _("Device incident")),
    )
    rows = [_incident_line(incident, devices) for incident in incidents]
    empty = _("No device incident within these limits.")
    return Table(
        "incidents", _("Device incidents"), columns, rows, empty=empty, names_people=True, route="logbook:session"
    )


def _incident_line(incident: Incident, devices: dict[int, str]) -> Row:
    term = str(EventTerm(incident.term).label) + (f": {incident.term_note}" if incident.term_note else "")
    return Row(
        (
            incident.started_at,
            f"{incident.family_name} {incident.given_names}",
            incident.record_number,
            devices[incident.device] if incident.device else _("no device written"),
            term,
            str(Severity(incident.severity).label),
            incident.incident_report,
        ),
        key=incident.uid,
        person=incident.patient,
    )


REPORT = Report(
    code="devices",
    title=gettext_lazy("Device log"),
    purpose=gettext_lazy(
        "How much each device was used, when it was last maintained, and its faults, incidents and days out of service."
    ),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
