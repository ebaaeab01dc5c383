"""Sessions that wait for a signature, by physician and age, and those that wait longer than the clinic allows."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.words import RecordStatus
from sessions.models import Session
from sessions.reports.report import Asked, Built, Headline, Report, days_named
from sessions.reports.session_filter import ALL_LIMITS, sessions_within

# How long a draft has waited, in whole days since its start: the last day of each step.
STEPS = (0, 1, 7, 30)
DEFINITION = (
    gettext_lazy(
        "Drafts: sessions that are not signed. Their age is counted from the day of the start, in whole days."
    ),
    gettext_lazy(
        "Overdue: older than the number of days that the clinic has set. Where it has set none, "
        "none is overdue. A draft without a start has no age."
    ),
)


def build(asked: Asked) -> Built:
    """How many drafts each physician has, by age; for those who may see names, the drafts one by one."""
    today = timezone.localdate(asked.at)
    found = sessions_within(asked.chosen).filter(record_status=RecordStatus.PRELIMINARY)
    found = found.select_related("patient", "course", "physician").order_by(F("started_at").asc(nulls_first=True), "pk")
    drafts = [(session, _age(session, today)) for session in found]
    overdue = [age for _session, age in drafts if _is_overdue(age)]
    tables = [_by_physician(drafts)]
    if asked.identities:
        tables.append(_list(drafts))
    headline = (
        Headline(len(drafts), ngettext("session not signed", "sessions not signed", len(drafts))),
        Headline(len(overdue), _("overdue")),
    )
    used = f"days={settings.SIGN_WITHIN_DAYS}" if settings.SIGN_WITHIN_DAYS else ""
    return Built(tuple(tables), headline, notes=_notes(), used=used)


Drafts = list[tuple[Session, int | None]]


def _age(session: Session, today: object) -> int | None:
    if session.started_at is None:
        return None
    waited: timedelta = today - timezone.localdate(session.started_at)  # type: ignore[operator]
    return max(waited.days, 0)


def _is_overdue(age: int | None) -> bool:
    return age is not None and settings.SIGN_WITHIN_DAYS is not None and age > settings.SIGN_WITHIN_DAYS


def _notes() -> tuple[str, ...]:
    days = settings.SIGN_WITHIN_DAYS
    if days is None:
        return (_("The clinic has set no number of days for signing."),)
    return (ngettext("Set by the clinic: %(days)s day.", "Set by the clinic: %(days)s days.", days) % {"days": days},)


def _by_physician(drafts: Drafts) -> Table:
    counts: dict[tuple[str, int], Counter[str]] = {}
    for session, age in drafts:
        own = counts.setdefault((session.physician.get_full_name(), session.physician_id), Counter())
        own += Counter([_step(age), "all", *(["overdue"] if _is_overdue(age) else [])])
    steps = [_step_name(place) for place in range(len(STEPS) + 1)]
    names = [*(str(place) for place in range(len(STEPS) + 1)), "none", "all", "overdue"]
    columns = (
        Column("physician", _("Physician")),
        *(Column(f"step{place}", title, "number") for place, title in enumerate(steps)),
        Column("undated", _("No start written"), "number"),
        Column("all", _("Not signed"), "number"),
        Column("overdue", _("Overdue"), "number"),
    )
    rows = [Row((name, *(own[key] for key in names))) for (name, _pk), own in sorted(counts.items())]
    total: Counter[str] = sum(counts.values(), Counter())
    totals = Row((_("All"), *(total[key] for key in names)))
    return Table("physicians", _("By physician and age"), columns, rows, totals=totals)


def _step(age: int | None) -> str:
    if age is None:
        return "none"
    return str(next((place for place, last in enumerate(STEPS) if age <= last), len(STEPS)))


def _step_name(place: int) -> str:
    if place == 0:
        return _("Today")
    if place == len(STEPS):
        return _("More than %(days)s days") % {"days": STEPS[-1]}
    first, last = STEPS[place - 1] + 1, STEPS[place]
    if first == last:
        return ngettext("%(days)s day", "%(days)s days", last) % {"days": last}
    return _("%(first)s to %(last)s days") % {"first": first, "last": last}


def _list(drafts: Drafts) -> Table:
    columns = (
        Column("started_at", _("Start"), "moment"),
        Column("age", _("Days"), "number"),
        Column("overdue", _("Overdue")),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("indication", _("Indication")),
        Column("number", _("Session"), "number"),
        Column("physician", _("Physician")),
    )
    rows = [
        Row(
            (
                session.started_at,
                age,
                _("overdue") if _is_overdue(age) else "",
                str(session.patient),
                session.patient.record_number,
                session.course.get_indication_display(),
                session.number,
                session.physician.get_full_name(),
            ),
            key=session.uid,
            person=session.patient_id,
        )
        for session, age in drafts
    ]
    empty = _("Every session within these limits is signed.")
    return Table("list", _("Drafts"), columns, rows, empty=empty, names_people=True, route="logbook:session")


REPORT = Report(
    code="unsigned",
    title=gettext_lazy("Not signed and overdue"),
    purpose=gettext_lazy("Which sessions still wait for a signature, whose they are, and since when."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS - {"record_status"},
    named=days_named,
)
