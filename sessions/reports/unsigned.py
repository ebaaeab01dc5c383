"""Sessions that wait for a signature, by physician and age, and those that wait longer than the clinic allows."""

from collections import Counter
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication
from sessions.measures.words import RecordStatus
from sessions.reports.report import Asked, Built, Headline, Report, days_named
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, figures_within

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


class Draft(NamedTuple):
    """What is shown of a session that is not signed; `age` in days, None without a start."""

    started_at: datetime | None
    age: int | None
    uid: Any
    patient: int
    family_name: str
    given_names: str
    record_number: str
    indication: str
    number: int
    physician: int
    physician_name: str


# Of each, within the stored figures and from the record; the age is counted here.
READ = (
    "session__uid", "patient_id", "patient__family_name", "patient__given_names", "patient__record_number", "indication",
    "session__number", "physician_id", "physician__full_name",
)  # fmt: skip


def build(asked: Asked) -> Built:
    """How many drafts each physician has, by age; for those who may see names, the drafts one by one."""
    drafts = _drafts(asked.chosen, timezone.localdate(asked.at))
    overdue = sum(_is_overdue(draft.age) for draft in drafts)
    tables = [_by_physician(drafts)]
    if asked.identities:
        tables.append(_list(drafts))
    headline = (
        Headline(len(drafts), ngettext("session not signed", "sessions not signed", len(drafts))),
        Headline(overdue, _("overdue")),
    )
    used = f"days={settings.SIGN_WITHIN_DAYS}" if settings.SIGN_WITHIN_DAYS else ""
    return Built(tuple(tables), headline, notes=_notes(), used=used)


def _drafts(chosen: SessionFilter, today: date) -> list[Draft]:
    """The one that waits longest first."""
    found = figures_within(chosen).filter(record_status=RecordStatus.PRELIMINARY)
    rows = found.order_by(F("started_at").asc(nulls_first=True), "session_id").values_list("started_at", *READ)
    return [Draft(started, _age(started, today), *row) for started, *row in rows]


def _age(started: datetime | None, today: date) -> int | None:
    return None if started is None else max((today - timezone.localdate(started)).days, 0)


def _is_overdue(age: int | None) -> bool:
    return age is not None and settings.SIGN_WITHIN_DAYS is not None and age > settings.SIGN_WITHIN_DAYS


def _notes() -> tuple[str, ...]:
    days = settings.SIGN_WITHIN_DAYS
    if days is None:
        return (_("The clinic has set no number of days for signing."),)
    return (ngettext("Set by the clinic: %(days)s day.", "Set by the clinic: %(days)s days.", days) % {"days": days},)


def _by_physician(drafts: list[Draft]) -> Table:
    counts: dict[tuple[str, int], Counter[str]] = {}
    ages = Counter((draft.physician_name, draft.physician, draft.age) for draft in drafts)
    for (name, physician, age), number in ages.items():
        own = counts.setdefault((name, physician), Counter())
        for column in (_step(age), "all", *(["overdue"] if _is_overdue(age) else [])):
            own[column] += number
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


def _list(drafts: list[Draft]) -> Table:
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
    indications, late = {word.value: str(word.label) for word in Indication}, _("overdue")
    rows = [
        Row(
            (
                draft.started_at,
                draft.age,
                late if _is_overdue(draft.age) else "",
                f"{draft.family_name} {draft.given_names}",
                draft.record_number,
                indications[draft.indication],
                draft.number,
                draft.physician_name,
            ),
            key=draft.uid,
            person=draft.patient,
        )
        for draft in drafts
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
