"""Sessions per month, physician, indication, site and device, and their list (domain 5.2, report 1).

Whole months are read from the stored tally, what lies before and after them from the figures of each session: the same
numbers either way (`tests/reports/test_sessions.py`), in milliseconds over a clinic's whole life.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication, Site
from sessions.measures.words import SIGNED, RecordStatus, Status
from sessions.models import Device, SessionFigures, Tally
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.session_file import whole_list
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, figures_within
from sessions.reports.session_list import listed

LONGEST_GAP_MONTHS = 24
# What the tally knows of a session; any other limit is asked of the figures of each.
TALLIED = frozenset({"from_date", "to_date", "physician", "indication", "device", "status"})
DIMENSIONS = ("month", "physician", "indication", "device")


@dataclass
class Counts:
    """How many sessions; `performed` are those completed or stopped early. Late records are among the others."""

    completed: int = 0
    stopped: int = 0
    not_done: int = 0
    late: int = 0
    drafts: int = 0

    @property
    def performed(self) -> int:
        return self.completed + self.stopped

    def add(self, other: "Counts") -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def values(self) -> tuple[int, ...]:
        return (self.performed, self.completed, self.stopped, self.not_done, self.late, self.drafts)


COUNT_COLUMNS = (
    Column("performed", gettext_lazy("Performed"), "number"),
    Column("completed", gettext_lazy("Completed"), "number"),
    Column("stopped", gettext_lazy("Stopped early"), "number"),
    Column("not_done", gettext_lazy("Not done"), "number"),
    Column("late", gettext_lazy("Late records"), "number"),
    Column("drafts", gettext_lazy("Drafts, not counted"), "number"),
)
DEFINITION = (
    gettext_lazy("Performed: signed sessions that were completed or stopped early."),
    gettext_lazy("The month is that of the start, in the clinic's time zone."),
    gettext_lazy(
        "A session with two sites counts once in all, and once for each of its sites in the table of sites. "
        "One that was not done has no site unless an application was noted."
    ),
    gettext_lazy(
        "Late records are among the sessions performed. Drafts stand in their own column and are not counted. "
        "What was entered in error is never counted."
    ),
)


def build(asked: Asked) -> Built:
    """The counts, and for those who may see names the list behind them."""
    sums = counted(asked.chosen)
    total = sums.total()
    groups = _groups(sums)
    tables = [_months(sums, total), *groups]
    if asked.whole and not asked.shared:  # beside it, what the others hide could be worked out
        tables.append(_all_counts(tables, total))
    if asked.identities:
        tables.append(whole_list(asked.chosen) if asked.whole else listed(asked.chosen, whole=False))
    headline = Headline(total.performed, _("sessions performed") if total.performed != 1 else _("session performed"))
    return Built(tuple(tables), (headline,), (_chart(sums),))


# --- Counting ------------------------------------------------------------------------------------


class Sums:
    """Counts by month and indication, physician, device and site."""

    def __init__(self) -> None:
        self.by: dict[str, dict[Any, Counts]] = {name: defaultdict(Counts) for name in (*DIMENSIONS, "site")}
        self.by_month_and_indication: dict[tuple[Any, str], Counts] = defaultdict(Counts)

    def total(self) -> Counts:
        """Of every session, each once."""
        total = Counts()
        for counts in self.by["indication"].values():
            total.add(counts)
        return total

    def add(self, values: dict[str, Any], counts: Counts) -> None:
        """Add what was counted for these values; a dimension that is not among them was not asked."""
        for name in values:
            self.by[name][values[name]].add(counts)
        if "month" in values and "indication" in values:
            self.by_month_and_indication[values["month"], values["indication"]].add(counts)


def counted(chosen: SessionFilter) -> Sums:
    """Every count of the report."""
    sums = Sums()
    months = _whole_months(chosen) if chosen.names <= TALLIED else None
    if months:
        for names in (("month", "indication"), ("physician",), ("device",), ("site",)):
            _add_tallied(sums, chosen, months, names)
    found = figures_within(chosen)
    if months is None:
        _add_each(sums, found.filter(record_status__in=[*SIGNED, RecordStatus.PRELIMINARY]))
        return sums
    _add_each(sums, found.filter(record_status=RecordStatus.PRELIMINARY))
    if beyond := _beyond(chosen, months):
        _add_each(sums, found.filter(beyond, record_status__in=SIGNED))
    return sums


@dataclass(frozen=True)
class Months:
    """Whole months: the first and the last one by their first day, None where there is no end."""

    first: date | None
    last: date | None


def _whole_months(chosen: SessionFilter) -> Months | None:
    """The whole months of the period; None where it holds none."""
    first = last = None
    if chosen.from_date:
        first = chosen.from_date if chosen.from_date.day == 1 else _next_month(chosen.from_date)
    if chosen.to_date:
        following = chosen.to_date + timedelta(days=1)
        last = (following.replace(day=1) - timedelta(days=1)).replace(day=1)
    return Months(first, last) if first is None or last is None or first <= last else None


def _beyond(chosen: SessionFilter, months: Months) -> Q | None:
    """The days of the period before and after its whole months; None where there are none."""
    before = after = None
    if chosen.from_date and months.first and chosen.from_date < months.first:
        before = Q(day__lt=months.first)
    if chosen.to_date and months.last and chosen.to_date >= _next_month(months.last):
        after = Q(day__gte=_next_month(months.last))
    return before | after if before and after else before or after


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _add_tallied(sums: Sums, chosen: SessionFilter, months: Months, names: tuple[str, ...]) -> None:
    limits = {name: getattr(chosen, name) for name in TALLIED - {"from_date", "to_date"} if name in chosen.names}
    found = Tally.objects.filter(**limits)
    found = found.exclude(site="") if "site" in names else found.filter(site="")
    if months.first:
        found = found.filter(month__gte=months.first)
    if months.last:
        found = found.filter(month__lte=months.last)
    rows = found.order_by().values_list(*names, "status", "late_record").annotate(sessions=Sum("number"))
    for *values, status, late, number in rows:
        if number:
            sums.add(dict(zip(names, values, strict=True)), _counts(status, RecordStatus.FINAL, late, number))


def _add_each(sums: Sums, found: QuerySet[SessionFigures]) -> None:
    """Count these sessions one by one, and once for each of their sites; what the limits leave is read once."""
    words = ("status", "record_status", "late_record")
    rows = found.order_by().values_list(*DIMENSIONS, "sites", *words).annotate(sessions=Count("*"))
    alike: dict[str, Counter[tuple[Any, ...]]] = {"dimensions": Counter(), "site": Counter()}
    for *values, sites, status, record_status, late, number in rows:
        of_it = (status, record_status, late)
        alike["dimensions"][*values, *of_it] += number
        for site in filter(None, sites.split(",")):
            alike["site"][site, *of_it] += number
    for (*values, status, record_status, late), number in alike["dimensions"].items():
        named = {
            name: value or 0 if name == "device" else value for name, value in zip(DIMENSIONS, values, strict=True)
        }
        sums.add(named, _counts(status, record_status, late, number))
    for (site, status, record_status, late), number in alike["site"].items():
        sums.add({"site": site}, _counts(status, record_status, late, number))


def _counts(status: str, record_status: str, late: bool, number: int) -> Counts:
    if record_status == RecordStatus.PRELIMINARY:
        return Counts(drafts=number)
    name = {Status.COMPLETED: "completed", Status.STOPPED: "stopped", Status.NOT_DONE: "not_done"}[Status(status)]
    return Counts(**{name: number}, late=number if late else 0)


# --- Tables and chart ----------------------------------------------------------------------------


def _months(sums: Sums, total: Counts) -> Table:
    found = dict(sums.by["month"])
    undated = found.pop(None, None)
    rows = [Row((month, *found.get(month, Counts()).values())) for month in without_gaps(sorted(found))]
    if undated:
        rows.append(Row((_("no start written yet"), *undated.values())))
    columns = (Column("month", _("Month of start"), "month"), *COUNT_COLUMNS)
    return Table("months", _("Per month"), columns, rows, totals=Row((_("All"), *total.values())))


def without_gaps(months: list[date]) -> Iterable[date]:
    """A month without a session is an answer too; a start typed a century off is not a hundred years of zeros."""
    for place, month in enumerate(months):
        yield month
        following = months[place + 1] if place + 1 < len(months) else month
        gap = (following.year - month.year) * 12 + following.month - month.month
        if gap <= LONGEST_GAP_MONTHS:
            for step in range(1, gap):
                index = month.month - 1 + step
                yield date(month.year + index // 12, index % 12 + 1, 1)


def _groups(sums: Sums) -> tuple[Table, ...]:
    physicians, devices = sums.by["physician"], sums.by["device"]
    people = {user.pk: user.get_full_name() for user in get_user_model().objects.filter(pk__in=list(physicians))}
    machines = {device.pk: str(device) for device in Device.objects.filter(pk__in=[pk for pk in devices if pk])}
    machines[0] = _("no device written")
    once = _("A session with two sites stands in two rows.")
    return (
        _group("physician", _("By physician"), _("Physician"), physicians, people),
        _group("indication", _("By indication"), _("Indication"), sums.by["indication"], dict(Indication.choices)),
        _group("site", _("By site"), _("Site"), sums.by["site"], dict(Site.choices), once),
        _group("device", _("By device"), _("Device"), devices, machines),
    )


def _group(name: str, title: str, first: str, sums: dict[Any, Counts], words: dict[Any, Any], note: str = "") -> Table:
    rows = sorted(
        (Row((str(words[key]), *counts.values())) for key, counts in sums.items()), key=lambda row: row.values
    )
    return Table(name, title, (Column(name, first), *COUNT_COLUMNS), rows, note=note)


def _all_counts(tables: Iterable[Table], total: Counts) -> Table:
    """Every count in one table, its first column saying by what, as a file needs it."""
    columns = (Column("by", _("Counted by")), Column("of", _("Value")), *COUNT_COLUMNS)
    rows = [
        Row((_counted_by(table), _shown(row.values[0], table.columns[0].kind), *row.values[1:]))
        for table in tables
        for row in table.rows
    ]
    rows.append(Row((_("All"), "", *total.values())))
    return Table("counts", _("Sessions, counts"), columns, rows)


def _counted_by(table: Table) -> str:
    """What the rows of a table are, as files have said it since the first."""
    return str(table.title if table.name == "months" else table.columns[0].title)


def _shown(value: Any, kind: str) -> str:
    return f"{value:%Y-%m}" if kind == "month" and isinstance(value, date) else str(value)


def _chart(sums: Sums) -> Chart:
    """Sessions performed per month, by indication."""
    months = list(without_gaps(sorted(month for month in sums.by["month"] if month)))
    series = tuple(
        Series(
            label,
            tuple(sums.by_month_and_indication.get((month, word), Counts()).performed for month in months),
        )
        for word, label in Indication.choices
        if any(of == word and counts.performed for (_month, of), counts in sums.by_month_and_indication.items())
    )
    return Chart(
        "sessions-per-month",
        _("Sessions performed per month"),
        "stacked",
        tuple(months),
        series,
        x_title=_("Month of start"),
        y_title=_("Sessions"),
        empty=_("No session was performed within these limits."),
        label_kind="month",
    )


REPORT = Report(
    code="sessions",
    title=gettext_lazy("Sessions"),
    purpose=gettext_lazy("How many sessions, by month, physician, indication, site and device, and which."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
