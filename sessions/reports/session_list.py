"""The list of sessions behind a report, newest first; drafts without a start stand last."""

from collections import defaultdict
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Site
from sessions.measures.words import RecordStatus
from sessions.models import Application, Session
from sessions.reports.session_filter import SessionFilter, figures_within, standing_within

PAGE_SIZE = 50
# A report shows the newest ones; the list of sessions leads through all.
NEWEST = 10


LIST_COLUMNS = (
    Column("started_at", gettext_lazy("Start"), "moment"),
    Column("patient", gettext_lazy("Patient")),
    Column("record_number", gettext_lazy("Record number")),
    Column("indication", gettext_lazy("Indication")),
    Column("number", gettext_lazy("Session"), "number"),
    Column("sites", gettext_lazy("Sites")),
    Column("status", gettext_lazy("What happened")),
    Column("record_status", gettext_lazy("Record")),
    Column("physician", gettext_lazy("Physician")),
    Column("device", gettext_lazy("Device")),
)


def listed(chosen: SessionFilter, *, whole: bool) -> Table:
    """The sessions within these limits: the newest ones, or with `whole` every one."""
    found = standing_within(chosen).select_related("patient", "course", "physician", "device")
    if whole:
        rows = list(found.order_by(F("started_at").desc(nulls_last=True), "-pk"))
    else:
        newest = _newest(chosen, NEWEST + 1)
        rows = sorted(found.filter(pk__in=newest), key=lambda session: newest.index(session.pk))
    more = not whole and len(rows) > NEWEST
    rows = rows if whole else rows[:NEWEST]
    sites = sites_of(found.order_by().values("pk") if whole else [row.pk for row in rows])
    return Table(
        "list",
        _("List"),
        LIST_COLUMNS,
        [list_row(row, sites.get(row.pk, [])) for row in rows],
        note=_("These are the newest ones; a file and the list of sessions have all of them.") if more else "",
        empty=_("No session answers to these limits. Widen the period or leave a field blank."),
        names_people=True,
        route="logbook:session",
    )


def _newest(chosen: SessionFilter, number: int) -> list[int]:
    """The keys of so many, the latest start first; those without a start only where the others are too few."""
    found = figures_within(chosen)
    if chosen.record_status != RecordStatus.IN_ERROR:
        found = found.exclude(record_status=RecordStatus.IN_ERROR)
    # Their days first, from the index, so that only the sessions of these are sorted.
    days = list(found.filter(day__isnull=False).order_by("-day").values_list("day", flat=True)[:number])
    latest = found.filter(day__gte=days[-1]) if days else found.none()
    keys = list(latest.order_by("-started_at", "-session").values_list("session", flat=True)[:number])
    if len(keys) < number:
        undated = found.filter(day__isnull=True).order_by("-session")
        keys += undated.values_list("session", flat=True)[: number - len(keys)]
    return keys


def sites_of(session_ids: Any) -> dict[int, list[str]]:
    """The sites of these sessions in words, each once, in the order of the applications."""
    sites: dict[int, list[str]] = defaultdict(list)
    found = Application.objects.filter(session__in=session_ids).order_by("session_id", "number", "pk")
    for session_id, site in found.values_list("session_id", "site"):
        label = str(Site(site).label)
        if label not in sites[session_id]:
            sites[session_id].append(label)
    return sites


def list_row(session: Session, sites: list[str]) -> Row:
    """One session as a line of the list."""
    status = session.get_status_display()
    if session.late_record:
        late = _("late record")
        status = f"{status} ({late})"
    return Row(
        (
            session.started_at,
            str(session.patient),
            session.patient.record_number,
            session.course.get_indication_display(),
            session.number,
            ", ".join(sites),
            status,
            session.get_record_status_display(),
            session.physician.get_full_name(),
            str(session.device) if session.device else "",
        ),
        key=session.uid,
        struck=session.is_in_error,
        person=session.patient_id,
    )
