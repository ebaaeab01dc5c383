"""Which courses are going on, first courses apart from maintenance (domain 5.2, report 2)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication, Site
from sessions.measures.words import CoursePhase, CourseStatus
from sessions.models import Course, CourseSite
from sessions.models.course import OPEN
from sessions.reports.rates import courses_within, people_named
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS

DEFINITION = (
    gettext_lazy(
        "Active: a course that has not ended and is not entered in error. Where the clinic has set a number of days "
        "(CLINIC_ACTIVE_DAYS), its last session performed lies no longer ago than that; a course without any session yet "
        "is counted from its opening."
    ),
    gettext_lazy(
        "Maintenance: the phase of its last session performed is maintenance; where no phase was noted, the course follows "
        "an earlier one. Every other course is a first one."
    ),
    gettext_lazy("With limits, only courses with a signed session within them that was performed."),
)


@dataclass(frozen=True)
class Active:
    """One course that is going on."""

    course: Course
    performed: int
    last_day: date | None
    phase: str

    @property
    def is_maintenance(self) -> bool:
        return self.phase == CoursePhase.MAINTENANCE if self.phase else self.course.previous_id is not None


def active_within(asked: Asked) -> QuerySet[Course]:
    """The courses that are active at the moment asked for."""
    found = courses_within(asked.chosen).filter(status__in=OPEN)
    if settings.ACTIVE_DAYS is None:
        return found
    since = timezone.localdate(asked.at) - timedelta(days=settings.ACTIVE_DAYS)
    waits = Q(figures__last_day__isnull=True, opened_date__gte=since)
    return found.filter(Q(figures__last_day__gte=since) | waits)


def build(asked: Asked) -> Built:
    """The numbers by physician and indication, and for those who may see names the courses one by one."""
    found = active_within(asked).select_related("patient", "physician")
    found = found.annotate(done=F("figures__performed"), last=F("figures__last_day"), phase=F("figures__last_phase"))
    courses = [
        Active(course, course.done or 0, course.last, course.phase or "")
        for course in found.order_by(F("figures__last_day").desc(nulls_last=True), "-pk")
    ]
    people = people_named(one.course.physician_id for one in courses)
    by_physician = _counts("physician", _("Physician"), courses, [people[one.course.physician_id] for one in courses])
    words = dict(Indication.choices)
    by_indication = _counts(
        "indication", _("Indication"), courses, [str(words[one.course.indication]) for one in courses]
    )
    tables = [by_physician, by_indication]
    if asked.identities:
        tables.append(_list(courses, timezone.localdate(asked.at)))
    headline = (
        Headline(len(courses), _("active courses")),
        Headline(sum(not one.is_maintenance for one in courses), _("first courses")),
        Headline(sum(one.is_maintenance for one in courses), _("maintenance")),
    )
    return Built(tuple(tables), headline, notes=_notes(), used=_used())


def _used() -> str:
    """The clinic's own number, which a receipt keeps with the version."""
    return f"days={settings.ACTIVE_DAYS}" if settings.ACTIVE_DAYS else ""


def _notes() -> tuple[str, ...]:
    days = settings.ACTIVE_DAYS
    if days is None:
        return (_("The clinic has set no number of days: every course that has not ended is active."),)
    return (ngettext("Set by the clinic: %(days)s day.", "Set by the clinic: %(days)s days.", days) % {"days": days},)


COUNT_COLUMNS = (
    Column("active", gettext_lazy("Active"), "number"),
    Column("first", gettext_lazy("First"), "number"),
    Column("maintenance", gettext_lazy("Maintenance"), "number"),
    Column("on_hold", gettext_lazy("Of these on hold"), "number"),
)


def _counts(name: str, title: str, courses: list[Active], words: list[str]) -> Table:
    active, maintenance, on_hold = Counter(words), Counter[str](), Counter[str]()
    for one, word in zip(courses, words, strict=True):
        maintenance[word] += one.is_maintenance
        on_hold[word] += one.course.status == CourseStatus.ON_HOLD

    def counts(number: int, kept: int, held: int) -> tuple[int, ...]:
        return (number, number - kept, kept, held)

    rows = [Row((word, *counts(active[word], maintenance[word], on_hold[word]))) for word in sorted(active)]
    totals = Row((_("All"), *counts(active.total(), maintenance.total(), on_hold.total())))
    return Table(name, title, (Column(name, title), *COUNT_COLUMNS), rows, totals=totals)


def _list(courses: list[Active], today: date) -> Table:
    sites: dict[int, list[str]] = {}
    found = CourseSite.objects.filter(course__in=[one.course.pk for one in courses]).order_by("course_id", "pk")
    for course, site in found.values_list("course_id", "site"):
        sites.setdefault(course, []).append(str(Site(site).label))
    columns = (
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("indication", _("Indication")),
        Column("sites", _("Sites")),
        Column("phase", _("Phase")),
        Column("opened", _("Opened"), "date"),
        Column("last", _("Last session"), "date"),
        Column("ago", _("Days since"), "number"),
        Column("done", _("Sessions done"), "number"),
        Column("planned", _("Planned"), "number"),
        Column("physician", _("Physician")),
    )
    rows = [_line(one, sites.get(one.course.pk, []), today) for one in courses]
    empty = _("No course is active within these limits.")
    return Table("list", _("Courses"), columns, rows, empty=empty, names_people=True, route="logbook:course")


def _line(one: Active, sites: list[str], today: date) -> Row:
    course = one.course
    return Row(
        (
            str(course.patient),
            course.patient.record_number,
            course.get_indication_display(),
            ", ".join(sites),
            str(CoursePhase(one.phase).label) if one.phase else "",
            course.opened_date,
            one.last_day,
            (today - one.last_day).days if one.last_day else None,
            one.performed,
            course.planned_sessions,
            course.physician.get_full_name(),
        ),
        key=course.uid,
        person=course.patient_id,
    )


REPORT = Report(
    code="active-courses",
    title=gettext_lazy("Active courses"),
    purpose=gettext_lazy("Which courses are going on, first ones and maintenance, and when each had its last session."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
