"""What is missing or looks like a slip in the records, so that somebody can read it again (domain 5.2, report 14).

No figure is stored without its unit, so none can be missing here. Nothing is compared with what a treatment should be:
figures of one course are compared with each other alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Max, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, npgettext, pgettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.gaps import COMPARED_FIGURES, TIMES_FAR_APART, Gap
from sessions.measures.words import PERFORMED, SIGNED, RecordStatus
from sessions.models import CourseFigures, Phase, SessionFigures
from sessions.reports.rates import per_hundred
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, counted_within, figures_within

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
# The same as one question to the database: which sessions show any of it.
SHOWN = (
    ~Q(record_status=RecordStatus.FINAL)
    | Q(late_record=True)
    | Q(status__in=PERFORMED) & (Q(gaps__gt=0) | Q(device__isnull=True) | Q(operator__isnull=True))
)
Far = dict[int, list[str]]


def build(asked: Asked) -> Built:
    """How many sessions show each; for those who may see names, which."""
    found = figures_within(asked.chosen).annotate(no_device=_is_missing("device"), no_operator=_is_missing("operator"))
    alike = {
        Alike(*row): number for *row, number in found.order_by().values_list(*NAMES).annotate(number=Count("session"))
    }
    far = _far_apart(asked)
    counts = {check.code: sum(number for one, number in alike.items() if check.holds(one)) for check in CHECKS}
    every = sum(alike.values())
    tables = [_counts(counts, len(far), every)]
    if asked.identities:
        tables.append(_list(found, far, _number_shown(alike), whole=asked.whole))
    missing = sum(counts[check.code] for check in CHECKS[:7])
    headline = (
        Headline(every, npgettext("counted", "session", "sessions", every)),
        Headline(missing, npgettext("counted", "gap", "gaps", missing)),
    )
    return Built(tuple(tables), headline)


def _is_missing(name: str) -> ExpressionWrapper:
    return ExpressionWrapper(Q(**{f"{name}__isnull": True}), output_field=BooleanField())


def _number_shown(alike: dict[Alike, int]) -> int:
    return sum(number for one, number in alike.items() if any(check.holds(one) for check in CHECKS))


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


def _far_apart(asked: Asked) -> Far:
    """Sessions with a figure at least ten times another one of the same course, and which figures these are."""
    firm = counted_within(asked.chosen).order_by()
    marked = CourseFigures.objects.filter(far_apart=True, course__in=firm.values("course"))
    courses = list(marked.order_by().values_list("course", flat=True))
    sessions: Far = {}
    for start in range(0, len(courses), COURSES_AT_ONCE):
        sessions |= _which(firm, courses[start : start + COURSES_AT_ONCE])
    return sessions


def _which(firm: QuerySet[SessionFigures], courses: list[int]) -> Far:
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
    within = counted.filter(application__session__in=firm.values("session"))
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
    rows = found.order_by(F("day").desc(nulls_last=True), F("started_at").desc(nulls_last=True), "-session")
    rows = rows.select_related("session__patient", "session__course", "session__physician")
    # Most of them show something else as well; the others are asked for by their keys.
    alone = [one for one in _by_key(rows, list(far)) if not _shows(one)]
    first = rows.filter(SHOWN)
    sessions = sorted([*(first if whole else first[:ROWS_ON_A_PAGE]), *alone], key=_latest_first)
    return Table(
        "list",
        _("Sessions to read again"),
        columns,
        [_line(one, far) for one in islice(sessions, None if whole else ROWS_ON_A_PAGE)],
        empty=_("Nothing was found within these limits."),
        names_people=True,
        route="logbook:session",
        length=shown + len(alone),
    )


def _by_key(rows: QuerySet[SessionFigures], keys: list[int]) -> Iterator[SessionFigures]:
    for start in range(0, len(keys), SESSIONS_AT_ONCE):
        yield from rows.filter(pk__in=keys[start : start + SESSIONS_AT_ONCE])


def _latest_first(one: SessionFigures) -> tuple[Any, ...]:
    return (one.started_at is None, -one.started_at.timestamp() if one.started_at else 0, -one.pk)


def _shows(one: SessionFigures) -> list[Check]:
    alike = Alike(*(getattr(one, name) for name in NAMES))
    return [check for check in CHECKS if check.holds(alike)]


def _line(one: SessionFigures, far: Far) -> Row:
    session = one.session
    what = [str(check.title) for check in _shows(one)]
    if titles := far.get(session.pk):
        what.append(_("ten times: %(figures)s") % {"figures": ", ".join(titles)})
    return Row(
        (
            session.started_at,
            str(session.patient),
            session.patient.record_number,
            session.course.get_indication_display(),
            session.number,
            session.physician.get_full_name(),
            "; ".join(what),
        ),
        key=session.uid,
        struck=session.is_in_error,
        person=session.patient_id,
    )


REPORT = Report(
    code="data-quality",
    title=gettext_lazy("Data quality"),
    purpose=gettext_lazy("What is missing in the records or looks like a slip, so that somebody can read it again."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
