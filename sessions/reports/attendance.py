"""Attendance and drop-out, from what was recorded (domain 5.2, report 6)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BooleanField, Case, Count, Q, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.counted import PART, CoursesBy
from sessions.measures.sites import Indication
from sessions.measures.words import SIGNED, CourseStatus, EndReason
from sessions.models import Course, CourseTally
from sessions.reports.rates import courses_within, people_named, per_hundred, sums
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, figures_within, whole_year
from sessions.reports.sessions import counted, without_gaps

DEFINITION = (
    gettext_lazy(
        "Booked: signed sessions, performed or not done. The logbook keeps no appointments, so that an appointment that was "
        "never written down as a session is not among them. A session of another day than planned is attended."
    ),
    gettext_lazy("Attended: completed or stopped early. Absent: not done, because the patient did not come."),
    gettext_lazy(
        "Drop-out: a course that ended before the number of sessions that the physician had planned, for another reason than "
        "the goal reached. Counted of the courses that have ended and had a planned number."
    ),
    gettext_lazy("The end of a course is taken from its date of end; its physician is that of the course."),
)
COLUMNS = (
    Column("booked", gettext_lazy("Booked"), "number"),
    Column("attended", gettext_lazy("Attended"), "number"),
    Column("rate", gettext_lazy("Attendance"), "number", "%"),
    Column("absent", gettext_lazy("Absent"), "number"),
    Column("other", gettext_lazy("Not done for another reason"), "number"),
)


def build(asked: Asked) -> Built:
    """Attendance by month, physician and indication; courses that ended, by reason; drop-outs by physician and indication."""
    months, physicians, indications = _attended(asked)
    total = sums(indications.values()) if indications else (0, 0, 0)
    people = people_named(physicians)
    words: dict[str, Any] = dict(Indication.choices)
    ended = _ended(asked)
    drops = _drop_outs(ended)
    tables = (
        _table(
            "months", _("Per month"), Column("month", _("Month of start"), "month"), months, total, lambda month: month
        ),
        _table(
            "physician", _("By physician"), Column("physician", _("Physician")), physicians, total, people.__getitem__
        ),
        _table(
            "indication",
            _("By indication"),
            Column("indication", _("Indication")),
            indications,
            total,
            lambda word: str(words[word]),
        ),
        drops,
        _reasons(ended),
    )
    _number, planned, dropped = sums(alike.counts for alike in ended) if ended else (0, 0, 0)
    headline = (
        Headline(
            _shown(per_hundred(total[1], total[0])), _("%% attendance: %(part)s of %(whole)s") % _of(total[1], total[0])
        ),
        Headline(
            _shown(per_hundred(dropped, planned)), _("%% drop-out: %(part)s of %(whole)s") % _of(dropped, planned)
        ),
    )
    return Built(tables, headline, (_chart(months),))


def _of(part: int, whole: int) -> dict[str, int]:
    return {"part": part, "whole": whole}


def _shown(rate: Any) -> Any:
    return "–" if rate is None else rate


Sums = dict[Any, tuple[int, ...]]


def _attended(asked: Asked) -> tuple[Sums, Sums, Sums]:
    """Booked, attended and absent by month, physician and indication."""
    names = ("month", "physician", "indication")
    missed = figures_within(asked.chosen).filter(absent=True, record_status__in=SIGNED)
    absent: dict[str, dict[Any, int]] = {name: defaultdict(int) for name in names}
    for *keys, number in missed.order_by().values_list(*names).annotate(number=Count("*")):
        for name, key in zip(names, keys, strict=True):
            absent[name][key] += number
    found = counted(asked.chosen)

    def sums_of(name: str) -> Sums:
        return {
            key: (counts.performed + counts.not_done, counts.performed, absent[name][key])
            for key, counts in found.by[name].items()
            if counts.performed + counts.not_done
        }

    return sums_of("month"), sums_of("physician"), sums_of("indication")


def _table(
    name: str, title: str, first: Column, found: Sums, total: tuple[int, ...], shown: Callable[[Any], Any]
) -> Table:
    lines = sorted((shown(key), counts) for key, counts in found.items())
    rows = [Row((word, *_counts(counts))) for word, counts in lines]
    return Table(name, title, (first, *COLUMNS), rows, totals=Row((_("All"), *_counts(total))))


def _counts(counts: tuple[int, ...]) -> tuple[Any, ...]:
    booked, attended, absent = counts
    return (booked, attended, per_hundred(attended, booked), absent, booked - attended - absent)


# --- Courses that ended --------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """Courses that ended alike, and how many."""

    physician: int
    indication: str
    reason: str
    planned: bool
    dropped: bool
    number: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """Ended, of these with a planned number, of these dropped out."""
        return self.number, self.number * self.planned, self.number * self.dropped


def _ended(asked: Asked) -> list[Ended]:
    """The courses that ended within the dates asked for; the other limits are those of their sessions."""
    year = whole_year(asked.chosen, Course.objects.exclude(status=CourseStatus.IN_ERROR), "ended_date")
    return one_by_one(asked) if year is None else stored(year)


def stored(year: int) -> list[Ended]:
    """From the tallies of a year, or of all time where it is 0."""
    rows = CourseTally.objects.filter(year=year, counted_by=CoursesBy.ENDED).order_by()
    ended = []
    for physician, indication, which, number in rows.values_list("physician", "indication", "which", "number"):
        reason, planned, dropped = which.split(PART)
        ended.append(Ended(physician, indication, reason, bool(planned), bool(dropped), number))
    return ended


def one_by_one(asked: Asked) -> list[Ended]:
    """From the courses within any limits."""
    # Who stops coming has the last session long before the end: the dates are those of the end alone.
    found = courses_within(replace(asked.chosen, from_date=None, to_date=None)).filter(ended_date__isnull=False)
    if asked.chosen.from_date:
        found = found.filter(ended_date__gte=asked.chosen.from_date)
    if asked.chosen.to_date:
        found = found.filter(ended_date__lte=asked.chosen.to_date)
    fewer = Q(planned_sessions__gt=Coalesce("figures__performed", 0)) & ~Q(end_reason=EndReason.GOAL)
    found = found.annotate(
        planned=_whether(Q(planned_sessions__gt=0)), dropped=_whether(Q(planned_sessions__gt=0) & fewer)
    )
    columns = ("physician", "indication", "end_reason", "planned", "dropped")
    return [Ended(*row) for row in found.order_by().values_list(*columns).annotate(number=Count("pk"))]


def _whether(holds: Q) -> Case:
    return Case(When(holds, then=True), default=False, output_field=BooleanField())


def _drop_outs(ended: list[Ended]) -> Table:
    people = people_named(alike.physician for alike in ended)
    words: dict[str, Any] = dict(Indication.choices)
    # Two physicians of one name are two.
    found: dict[tuple[str, str, int], list[tuple[int, ...]]] = defaultdict(list)
    for alike in ended:
        found[people[alike.physician], str(words[alike.indication]), alike.physician].append(alike.counts)
    columns = (
        Column("physician", _("Physician")),
        Column("indication", _("Indication")),
        Column("ended", _("Courses ended"), "number"),
        Column("planned", _("With a planned number"), "number"),
        Column("dropped", _("Drop-outs"), "number"),
        Column("rate", _("Drop-out"), "number", "%"),
    )
    lines = [((*key[:2], *_dropped(sums(counts)))) for key, counts in sorted(found.items())]
    total = sums(counts for group in found.values() for counts in group) if found else (0, 0, 0)
    rows = [Row(line) for line in lines]
    return Table("drop-out", _("Drop-out"), columns, rows, totals=Row((_("All"), "", *_dropped(total))))


def _dropped(counts: Iterable[int]) -> tuple[Any, ...]:
    ended, planned, dropped = counts
    return (ended, planned, dropped, per_hundred(dropped, planned))


def _reasons(ended: list[Ended]) -> Table:
    counts: dict[str, int] = defaultdict(int)
    for alike in ended:
        counts[alike.reason] += alike.number
    columns = (Column("reason", _("Reason for the end")), Column("courses", _("Courses ended"), "number"))
    rows = [Row((str(label), counts[word])) for word, label in EndReason.choices if counts[word]]
    return Table("reasons", _("Reasons for the end"), columns, rows, totals=Row((_("All"), sum(counts.values()))))


def _chart(months: Sums) -> Chart:
    labels = list(without_gaps(sorted(month for month in months if month)))
    nothing = (0, 0, 0)
    series = tuple(
        Series(name, tuple(figure(months.get(month, nothing)) for month in labels))
        for name, figure in (
            (_("attended"), lambda counts: counts[1]),
            (_("absent"), lambda counts: counts[2]),
            (_("not done for another reason"), lambda counts: counts[0] - counts[1] - counts[2]),
        )
    )
    return Chart(
        "attendance-per-month",
        _("Sessions attended and missed per month"),
        "stacked",
        tuple(labels),
        series if labels else (),
        x_title=_("Month of start"),
        y_title=_("Sessions"),
        empty=_("Nothing was counted within these limits."),
        label_kind="month",
    )


REPORT = Report(
    code="attendance",
    title=gettext_lazy("Attendance and drop-out"),
    purpose=gettext_lazy("How many of the sessions took place, who was absent, and which courses ended early and why."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
