"""Which courses are going on, first courses apart from maintenance (domain 5.2, report 2)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.counted import PART, CoursesBy
from sessions.measures.sites import Indication, Site
from sessions.measures.words import CoursePhase, CourseStatus
from sessions.models import Course, CourseFigures, CourseSite, CourseTally
from sessions.models.course import OPEN
from sessions.reports.rates import courses_within, people_named, seen_within, sums
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report, days_named
from sessions.reports.session_filter import ALL_LIMITS, OF_DAYS, whole_year

COURSES_AT_ONCE = 2_000
DEFINITION = (
    gettext_lazy(
        "Active: a course that has not ended and is not entered in error. Where the clinic has set a number of days, "
        "its last session performed lies no longer ago than that; a course without any session yet is counted from its "
        "opening."
    ),
    gettext_lazy(
        "Maintenance: the phase of its last session performed is maintenance; where no phase was noted, the course follows "
        "an earlier one. Every other course is a first one."
    ),
    gettext_lazy("With limits, only courses with a signed session within them that was performed."),
)


@dataclass(frozen=True)
class Alike:
    """Courses that are going on alike, and how many; `phase` is that of the last session performed."""

    physician: int
    indication: str
    status: str
    phase: str | None
    is_first: bool
    number: int

    @property
    def is_maintenance(self) -> bool:
        return self.phase == CoursePhase.MAINTENANCE if self.phase else not self.is_first

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Active, first, maintenance, on hold."""
        kept = self.number * self.is_maintenance
        return self.number, self.number - kept, kept, self.number * (self.status == CourseStatus.ON_HOLD)


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
    alike = _alike(asked)
    people, words = people_named(one.physician for one in alike), dict(Indication.choices)
    tables = [
        _counts(
            "physician", _("By physician"), _("Physician"), alike, lambda one: (people[one.physician], one.physician)
        ),
        _counts("indication", _("By indication"), _("Indication"), alike, lambda one: (str(words[one.indication]), 0)),
    ]
    active, first, maintenance, _on_hold = sums(one.counts for one in alike) if alike else (0, 0, 0, 0)
    if asked.identities:
        tables.append(_list(asked, active))
    headline = (
        Headline(active, ngettext("active course", "active courses", active)),
        Headline(first, ngettext("first course", "first courses", first)),
        Headline(maintenance, ngettext("maintenance course", "maintenance courses", maintenance)),
    )
    return Built(tuple(tables), headline, notes=_notes(), used=_used())


def _alike(asked: Asked) -> list[Alike]:
    year = whole_year(asked.chosen) if settings.ACTIVE_DAYS is None else None
    return one_by_one(asked) if year is None else stored(year)


def stored(year: int) -> list[Alike]:
    """From the tallies of a year, or of all time where it is 0."""
    rows = CourseTally.objects.filter(year=year, counted_by=CoursesBy.OPEN).order_by()
    alike = []
    for physician, indication, which, number in rows.values_list("physician", "indication", "which", "number"):
        status, phase, first = which.split(PART)
        alike.append(Alike(physician, indication, status, phase, bool(first), number))
    return alike


def one_by_one(asked: Asked) -> list[Alike]:
    """From the courses within any limits."""
    is_first = ExpressionWrapper(Q(previous__isnull=True), output_field=BooleanField())
    columns = ("physician", "indication", "status", "figures__last_phase", "is_first")
    rows = (
        active_within(asked).annotate(is_first=is_first).order_by().values_list(*columns).annotate(number=Count("pk"))
    )
    return [Alike(*row) for row in rows]


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


def _counts(name: str, title: str, heading: str, alike: list[Alike], of: Callable[[Alike], tuple[str, int]]) -> Table:
    """One line for each word and key that `of` gives: two physicians of one name are two."""
    groups: dict[tuple[str, int], list[tuple[int, ...]]] = defaultdict(list)
    for one in alike:
        groups[of(one)].append(one.counts)
    rows = [Row((key[0], *sums(groups[key]))) for key in sorted(groups)]
    totals = sums(one.counts for one in alike) if alike else (0, 0, 0, 0)
    return Table(name, title, (Column(name, heading), *COUNT_COLUMNS), rows, totals=Row((_("All"), *totals)))


def _list(asked: Asked, length: int) -> Table:
    today = timezone.localdate(asked.at)
    courses = _told(active_within(asked)).iterator(COURSES_AT_ONCE) if asked.whole else _first(asked, length)
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
    return Table(
        "list",
        _("Courses"),
        columns,
        [_line(course, today) for course in courses],
        empty=_("No course is active within these limits."),
        names_people=True,
        route="logbook:course",
        length=length,
    )


def _told(found: QuerySet[Course]) -> QuerySet[Course]:
    """With all that a line shows, the latest session first; then those without any."""
    found = found.annotate(done=F("figures__performed"), last=F("figures__last_day"), phase=F("figures__last_phase"))
    found = found.select_related("patient", "physician").order_by(F("figures__last_day").desc(nulls_last=True), "-pk")
    return found.prefetch_related(Prefetch("sites", CourseSite.objects.order_by("pk")))


def _first(asked: Asked, length: int) -> Iterable[Course]:
    """The lines of a page; by days alone found along those of the last sessions, so that no other course is sorted."""
    if not length:
        return []
    found = active_within(asked)
    if settings.ACTIVE_DAYS is not None or not asked.chosen.names <= OF_DAYS:
        return _told(found)[:ROWS_ON_A_PAGE]
    is_open = Exists(Course.objects.order_by().filter(pk=OuterRef("course"), status__in=OPEN))
    seen = CourseFigures.objects.filter(seen_within(asked.chosen), is_open).order_by("-last_day", "-course")
    keys = list(seen.values_list("course", flat=True)[:ROWS_ON_A_PAGE])
    if len(keys) < min(length, ROWS_ON_A_PAGE):
        without = found.filter(figures__last_day__isnull=True).order_by("-pk")
        keys += without.values_list("pk", flat=True)[: ROWS_ON_A_PAGE - len(keys)]
    return _told(Course.objects.filter(pk__in=keys))


def _line(course: Any, today: date) -> Row:
    return Row(
        (
            str(course.patient),
            course.patient.record_number,
            course.get_indication_display(),
            ", ".join(str(Site(one.site).label) for one in course.sites.all()),
            str(CoursePhase(course.phase).label) if course.phase else "",
            course.opened_date,
            course.last,
            (today - course.last).days if course.last else None,
            course.done or 0,
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
    named=days_named,
)
