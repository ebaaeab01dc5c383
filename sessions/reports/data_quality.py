"""What is missing or looks like a slip in the records, so that somebody can read it again (domain 5.2, report 14).

No figure is stored without its unit, so none can be missing here. Nothing is compared with what a treatment should be:
figures of one course are compared with each other alone.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.words import PERFORMED, SIGNED, RecordStatus
from sessions.models import AdverseEvent, Application, Observation, Phase, Result, Session
from sessions.reports.rates import per_hundred
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, sessions_within

TIMES = 10
FIRST_ROWS = 200
COURSES_AT_ONCE = 200
FIGURES = {
    "current_ma": gettext_lazy("current"),
    "voltage_v": gettext_lazy("voltage"),
    "duration_min": gettext_lazy("time with current"),
}
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
FIRM = Q(record_status__in=SIGNED, status__in=PERFORMED)


@dataclass(frozen=True)
class Check:
    """Something to read again: its name, and which sessions show it."""

    code: str
    title: str | Promise
    holds: Any


def _of(model: Any, **limits: Any) -> Exists:
    """There is such a row with this session."""
    path = "application__session" if model is Phase else "sample__session" if model is Result else "session"
    return Exists(model.objects.filter(**{path: OuterRef("pk")}, **limits))


def _twice(model: Any) -> Q:
    path = "application__session" if model is Phase else "sample__session" if model is Result else "session"
    return Q(Exists(model.objects.filter(**{path: OuterRef("pk")}).exclude(retyped=[])))


CHECKS = (
    Check("end", gettext_lazy("No end written"), FIRM & Q(ended_at__isnull=True)),
    Check("device", gettext_lazy("No device written"), FIRM & Q(device__isnull=True)),
    Check("operator", gettext_lazy("No operator written"), FIRM & Q(operator__isnull=True)),
    Check("application", gettext_lazy("No application written"), FIRM & ~Q(_of(Application))),
    Check("duration", gettext_lazy("Time with current missing"), FIRM & Q(_of(Phase, duration_min__isnull=True))),
    Check(
        "side",
        gettext_lazy("Observation at a site without its side"),
        FIRM & Q(Exists(Observation.objects.filter(session=OuterRef("pk"), side="").exclude(site=""))),
    ),
    Check("event_site", gettext_lazy("Adverse event without its site"), FIRM & Q(_of(AdverseEvent, site=""))),
    Check("twice", gettext_lazy("Figure typed twice"), FIRM & (_twice(Phase) | _twice(Observation) | _twice(Result))),
    Check("late", gettext_lazy("Late record"), Q(record_status__in=SIGNED, late_record=True)),
    Check("draft", gettext_lazy("Not signed"), Q(record_status=RecordStatus.PRELIMINARY)),
    Check("amended", gettext_lazy("Amended"), Q(record_status=RecordStatus.AMENDED)),
    Check("error", gettext_lazy("Entered in error"), Q(record_status=RecordStatus.IN_ERROR)),
)


def build(asked: Asked) -> Built:
    """How many sessions show each; for those who may see names, which."""
    found = sessions_within(asked.chosen)
    counts = found.aggregate(
        all=Count("pk"), **{f"n_{check.code}": Count("pk", filter=check.holds) for check in CHECKS}
    )
    far = _far_apart(found)
    tables = [_counts(counts, len(far))]
    if asked.identities:
        tables.append(_list(found, far, whole=asked.whole))
    missing = sum(counts[f"n_{check.code}"] for check in CHECKS[:7])
    return Built(tuple(tables), (Headline(counts["all"], _("sessions")), Headline(missing, _("gaps"))))


def _counts(counts: dict[str, int], far: int) -> Table:
    columns = (
        Column("check", _("What to read again")),
        Column("sessions", _("Sessions"), "number"),
        Column("share", _("Share of all sessions"), "number", "%"),
    )
    numbers = [(str(check.title), counts[f"n_{check.code}"]) for check in CHECKS]
    numbers.append((_("Figure ten times another one of the course"), far))
    rows = [Row((title, number, per_hundred(number, counts["all"]))) for title, number in numbers]
    return Table("counts", _("What to read again"), columns, rows)


def _far_apart(found: QuerySet[Session]) -> dict[int, list[str]]:
    """Sessions with a figure at least ten times another one of the same course, and which figures these are."""
    firm = found.filter(FIRM).order_by()
    phases = Phase.objects.filter(application__session__course__in=firm.values("course"))
    phases = phases.filter(
        application__session__record_status__in=SIGNED, application__session__status__in=PERFORMED
    ).order_by()
    limits = {name: (Min(name, filter=Q(**{f"{name}__gt": 0})), Max(name)) for name in FIGURES}
    named = {f"{end}_{name}": pair[place] for name, pair in limits.items() for place, end in enumerate(("low", "high"))}
    suspects = Q()
    for name in FIGURES:
        suspects |= Q(**{f"high_{name}__gte": F(f"low_{name}") * TIMES})
    courses = list(
        phases.values("application__session__course")
        .annotate(**named)
        .filter(suspects)
        .values("application__session__course", *named)
    )
    # SQLite takes a condition of a thousand parts and no more.
    sessions: dict[int, list[str]] = {}
    for start in range(0, len(courses), COURSES_AT_ONCE):
        sessions |= _which(firm, courses[start : start + COURSES_AT_ONCE])
    return sessions


def _which(firm: QuerySet[Session], courses: list[dict[str, Any]]) -> dict[int, list[str]]:
    """The sessions of these courses that hold the larger figures."""
    wide = Q()
    for course in courses:
        for name in FIGURES:
            low, high = course[f"low_{name}"], course[f"high_{name}"]
            if low and high >= low * TIMES:
                wide |= Q(
                    application__session__course=course["application__session__course"], **{f"{name}__gte": low * TIMES}
                )
    sessions: dict[int, list[str]] = defaultdict(list)
    if not wide:
        return sessions
    phases = Phase.objects.filter(wide, application__session__in=firm.values("pk"))
    bounds = {course["application__session__course"]: course for course in courses}
    columns = ("application__session", "application__session__course", *FIGURES)
    for session, course, *values in phases.order_by(
        "application__session", "application__number", "number", "pk"
    ).values_list(*columns):
        for (name, title), value in zip(FIGURES.items(), values, strict=True):
            low, high = bounds[course][f"low_{name}"], bounds[course][f"high_{name}"]
            if (
                value is not None
                and low
                and high >= low * TIMES
                and value >= low * TIMES
                and str(title) not in sessions[session]
            ):
                sessions[session].append(str(title))
    return sessions


def _list(found: QuerySet[Session], far: dict[int, list[str]], *, whole: bool) -> Table:
    columns = (
        Column("started_at", _("Start"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("indication", _("Indication")),
        Column("number", _("Session"), "number"),
        Column("physician", _("Physician")),
        Column("what", _("What to read again")),
    )
    shows = Q(pk__in=list(far))
    for check in CHECKS:
        shows |= check.holds
    rows = found.filter(shows).select_related("patient", "course", "physician")
    flags = {f"shows_{check.code}": check.holds for check in CHECKS}
    rows = rows.annotate(**flags).order_by(F("started_at").desc(nulls_last=True), "-pk")
    sessions = list(rows if whole else rows[: FIRST_ROWS + 1])
    return Table(
        "list",
        _("Sessions to read again"),
        columns,
        [_line(session, far.get(session.pk, [])) for session in sessions],
        empty=_("Nothing was found within these limits."),
        names_people=True,
        route="logbook:session",
    )


def _line(session: Session, far: list[str]) -> Row:
    what = [str(check.title) for check in CHECKS if getattr(session, f"shows_{check.code}")]
    what += [_("ten times: %(figures)s") % {"figures": ", ".join(far)}] if far else []
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
