"""What is missing or looks like a slip in the records, so that somebody can read it again (domain 5.2, report 14).

No figure is stored without its unit, so none can be missing here. Nothing is compared with what a treatment should be:
figures of one course are compared with each other alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, npgettext, pgettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.gaps import COMPARED_FIGURES, TIMES_FAR_APART, Gap
from sessions.measures.sites import Indication
from sessions.measures.words import PERFORMED, SIGNED, RecordStatus
from sessions.models import CourseFigures, Phase, Session, SessionFigures
from sessions.reports.newest import every, newest
from sessions.reports.rates import per_hundred
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, figures_within, limits_of

# A database takes so many values in one question, and no more.
COURSES_AT_ONCE, SESSIONS_AT_ONCE = 200, 5_000
FIGURES = dict(
    zip(
        COMPARED_FIGURES,
        (gettext_lazy("current"), gettext_lazy("voltage"), gettext_lazy("time with current")),
        strict=True,
    )
)
DEFINITION = (
    gettext_lazy(
        "Missing is counted of signed sessions that were performed; drafts, amended records and those entered in error of all sessions within the limits. A session can stand in several lines."
    ),
    gettext_lazy("Typed twice: a figure looked unlikely when it was entered, and was typed a second time."),
    gettext_lazy(
        "Ten times: within one course, a current, a voltage or a time with current of a signed session is at least ten times another one of the course. They are compared with each other alone."
    ),
    gettext_lazy("The logbook stores no figure without its unit."),
)


@dataclass(frozen=True)
class Alike:
    """What sessions that show the same have in common."""

    record_status: str
    status: str
    late_record: bool
    no_device: bool
    no_operator: bool
    gaps: int

    @property
    def is_signed(self) -> bool:
        return self.record_status in SIGNED

    @property
    def is_firm(self) -> bool:
        return self.is_signed and self.status in PERFORMED

    def lacks(self, gap: Gap) -> bool:
        return self.is_firm and bool(self.gaps & gap)


NAMES = tuple(field.name for field in fields(Alike))


@dataclass(frozen=True)
class Check:
    """Something to read again: its name, and which sessions show it."""

    code: str
    title: str | Promise
    holds: Callable[[Alike], bool]


CHECKS = (
    Check("end", gettext_lazy("No end written"), lambda one: one.lacks(Gap.END)),
    Check("device", gettext_lazy("No device written"), lambda one: one.is_firm and one.no_device),
    Check("operator", gettext_lazy("No operator written"), lambda one: one.is_firm and one.no_operator),
    Check("application", gettext_lazy("No application written"), lambda one: one.lacks(Gap.APPLICATION)),
    Check("duration", gettext_lazy("Time with current missing"), lambda one: one.lacks(Gap.DURATION)),
    Check("side", gettext_lazy("Observation at a site without its side"), lambda one: one.lacks(Gap.SIDE)),
    Check("event_site", gettext_lazy("Adverse event without its site"), lambda one: one.lacks(Gap.EVENT_SITE)),
    Check("twice", gettext_lazy("Figure typed twice"), lambda one: one.lacks(Gap.TWICE)),
    Check("late", gettext_lazy("Late record"), lambda one: one.is_signed and one.late_record),
    Check("draft", pgettext_lazy("session", "Not signed"), lambda one: one.record_status == RecordStatus.PRELIMINARY),
    Check("amended", gettext_lazy("Amended"), lambda one: one.record_status == RecordStatus.AMENDED),
    Check("error", gettext_lazy("Entered in error"), lambda one: one.record_status == RecordStatus.IN_ERROR),
)
# The same as one question to the database: which sessions show any of it. All others are counted by their number alone.
SHOWN = (
    ~Q(record_status=RecordStatus.FINAL)
    | Q(late_record=True)
    | Q(status__in=PERFORMED) & (Q(gaps__gt=0) | Q(device__isnull=True) | Q(operator__isnull=True))
)
Far = dict[int, list[str]]


def build(asked: Asked) -> Built:
    """How many sessions show each; for those who may see names, which."""
    within = figures_within(asked.chosen).order_by()
    found = within.annotate(no_device=_is_missing("device"), no_operator=_is_missing("operator"))
    rows = found.filter(SHOWN).values_list(*NAMES).annotate(number=Count("session"))
    alike = {Alike(*row): number for *row, number in rows}
    far = _far_apart(asked.chosen)
    counts = {check.code: sum(number for one, number in alike.items() if check.holds(one)) for check in CHECKS}
    number = within.count()
    tables = [_counts(counts, len(far), number)]
    if asked.identities:
        tables.append(_list(found, far, sum(alike.values()), whole=asked.whole))
    missing = sum(counts[check.code] for check in CHECKS[:7])
    headline = (
        Headline(number, npgettext("counted", "session", "sessions", number)),
        Headline(missing, npgettext("counted", "gap", "gaps", missing)),
    )
    return Built(tuple(tables), headline)


def _is_missing(name: str) -> ExpressionWrapper:
    return ExpressionWrapper(Q(**{f"{name}__isnull": True}), output_field=BooleanField())


def _counts(counts: dict[str, int], far: int, every: int) -> Table:
    columns = (
        Column("check", _("What to read again")),
        Column("sessions", _("Sessions"), "number"),
        Column("share", _("Share of all sessions"), "number", "%"),
    )
    numbers = [(str(check.title), counts[check.code]) for check in CHECKS]
    numbers.append((_("Figure ten times another one of the course"), far))
    rows = [Row((title, number, per_hundred(number, every))) for title, number in numbers]
    return Table("counts", _("What to read again"), columns, rows)


# --- Ten times another figure of the course ------------------------------------------------------


def _far_apart(chosen: SessionFilter) -> Far:
    """Sessions with a figure at least ten times another one of the same course, and which figures these are."""
    marked = CourseFigures.objects.filter(far_apart=True)
    # Of a course that ended before the period, or began after it, no session lies within.
    if chosen.from_date:
        marked = marked.filter(last_day__gte=chosen.from_date)
    if chosen.to_date:
        marked = marked.filter(first_day__lte=chosen.to_date)
    courses = list(marked.order_by().values_list("course", flat=True))
    sessions: Far = {}
    for start in range(0, len(courses), COURSES_AT_ONCE):
        sessions |= _which(chosen, courses[start : start + COURSES_AT_ONCE])
    return sessions


def _which(chosen: SessionFilter, courses: list[int]) -> Far:
    """The sessions of these courses that hold the larger figures."""
    counted = Phase.objects.filter(
        application__session__course__in=courses,
        application__session__record_status__in=SIGNED,
        application__session__status__in=PERFORMED,
    )
    limits = {name: (Min(name, filter=Q(**{f"{name}__gt": 0})), Max(name)) for name in FIGURES}
    named = {f"{end}_{name}": pair[place] for name, pair in limits.items() for place, end in enumerate(("low", "high"))}
    rows = counted.order_by().values(of=F("application__session__course")).annotate(**named)
    bounds: dict[int, dict[str, Any]] = {row["of"]: dict(row) for row in rows}
    sessions: Far = defaultdict(list)
    within = counted.filter(limits_of(chosen, "application__session__figures__"))
    columns = ("application__session", "application__session__course", *FIGURES)
    order = ("application__session", "application__number", "number", "pk")
    for session, course, *values in within.order_by(*order).values_list(*columns):
        for (name, title), value in zip(FIGURES.items(), values, strict=True):
            low = bounds[course][f"low_{name}"]
            if value is not None and low and value >= low * TIMES_FAR_APART and str(title) not in sessions[session]:
                sessions[session].append(str(title))
    return {session: titles for session, titles in sessions.items() if titles}


# --- One by one ----------------------------------------------------------------------------------


def _list(found: QuerySet[SessionFigures], far: Far, shown: int, *, whole: bool) -> Table:
    columns = (
        Column("started_at", _("Start"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("indication", _("Indication")),
        Column("number", _("Session"), "number"),
        Column("physician", _("Physician")),
        Column("what", _("What to read again")),
    )
    first = found.filter(SHOWN)
    seen = _shown(found, every(first) if whole else newest(first, ROWS_ON_A_PAGE))
    # Most of those far apart show something else as well, and stand among them.
    apart = _shown(found, [key for key in far if key not in seen])
    alone = {key: one for key, one in apart.items() if not one.checks}
    seen |= alone
    keys = sorted(seen, key=lambda key: seen[key].place)[: None if whole else ROWS_ON_A_PAGE]
    return Table(
        "list",
        _("Sessions to read again"),
        columns,
        [line for part in _parts(keys) for line in _lines(part, seen, far)],
        empty=_("Nothing was found within these limits."),
        names_people=True,
        route="logbook:session",
        length=shown + len(alone),
    )


@dataclass(frozen=True)
class Shown:
    """Where a session stands in the list, and what it shows."""

    place: tuple[Any, ...]
    checks: tuple[Check, ...]


def _shown(found: QuerySet[SessionFigures], keys: list[int]) -> dict[int, Shown]:
    """Of those of these keys that are within the limits."""
    shown = {}
    for part in _parts(keys):
        for key, started, *marks in found.filter(pk__in=part).values_list("pk", "started_at", *NAMES):
            alike = Alike(*marks)
            place = (started is None, -started.timestamp() if started else 0, -key)
            shown[key] = Shown(place, tuple(check for check in CHECKS if check.holds(alike)))
    return shown


def _parts(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), SESSIONS_AT_ONCE):
        yield keys[start : start + SESSIONS_AT_ONCE]


READ = (
    "started_at", "patient__family_name", "patient__given_names", "patient__record_number", "course__indication", "number",
    "physician__full_name", "record_status", "uid", "patient_id",
)  # fmt: skip


def _lines(keys: list[int], shown: dict[int, Shown], far: Far) -> Iterator[Row]:
    """The lines of these sessions, in their order."""
    found = Session.objects.filter(pk__in=keys).order_by().values_list("pk", *READ)
    sessions = {key: values for key, *values in found}
    indications = {word.value: str(word.label) for word in Indication}
    for key in keys:
        if values := sessions.get(key):
            started, family, given, record_number, indication, number, physician, status, uid, patient = values
            what = [str(check.title) for check in shown[key].checks]
            if titles := far.get(key):
                what.append(_("ten times: %(figures)s") % {"figures": ", ".join(titles)})
            person = (started, f"{family} {given}", record_number)
            said = (*person, indications[indication], number, physician, "; ".join(what))
            yield Row(said, key=uid, struck=status == RecordStatus.IN_ERROR, person=patient)


REPORT = Report(
    code="data-quality",
    title=gettext_lazy("Data quality"),
    purpose=gettext_lazy("What is missing in the records or looks like a slip, so that somebody can read it again."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
