"""The list of sessions behind a report, page by page, newest first; drafts without a start stand last."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Site
from sessions.measures.words import RecordStatus
from sessions.models import Application, Session
from sessions.reports.session_filter import SessionFilter, sessions_within

PAGE_SIZE = 50


@dataclass(frozen=True)
class Cursor:
    """Where the next page of the list begins: after this start and this row."""

    started_at: datetime | None
    pk: int


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


def listed(
    chosen: SessionFilter, after: Cursor | None, size: int | None
) -> tuple[Table, tuple[int, ...], Cursor | None]:
    """One page of the list (`size=None`: all of it), whom it shows, and where the next page begins."""
    found = sessions_within(chosen)
    if chosen.record_status != RecordStatus.IN_ERROR:
        found = found.standing()
    found = found.select_related("patient", "course", "physician", "device").order_by(
        F("started_at").desc(nulls_last=True), "-pk"
    )
    if after:
        found = found.filter(_later_in_the_list(after))
    rows = list(found[: size + 1]) if size else list(found)
    more = size is not None and len(rows) > size
    rows = rows[:size]
    sites = _sites(found.order_by().values("pk")) if size is None else _sites([row.pk for row in rows])
    table = Table(
        "sessions",
        _("List"),
        LIST_COLUMNS,
        [_list_row(row, sites.get(row.pk, [])) for row in rows],
        empty=_("No session answers to these limits. Widen the period or leave a field blank."),
    )
    following = Cursor(rows[-1].started_at, rows[-1].pk) if more else None
    return table, tuple(dict.fromkeys(row.patient_id for row in rows)), following


def _later_in_the_list(after: Cursor) -> Q:
    if after.started_at is None:
        return Q(started_at__isnull=True, pk__lt=after.pk)
    return (
        Q(started_at__lt=after.started_at)
        | Q(started_at=after.started_at, pk__lt=after.pk)
        | Q(started_at__isnull=True)
    )


def _sites(session_ids: Any) -> dict[int, list[str]]:
    sites: dict[int, list[str]] = defaultdict(list)
    found = Application.objects.filter(session__in=session_ids).order_by("session_id", "number", "pk")
    for session_id, site in found.values_list("session_id", "site"):
        label = str(Site(site).label)
        if label not in sites[session_id]:
            sites[session_id].append(label)
    return sites


def _list_row(session: Session, sites: list[str]) -> Row:
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
    )
