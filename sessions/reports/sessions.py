"""Sessions per month, physician, indication, site and device, and their list (domain 5.2, report 1).

Counted are signed sessions that were performed (completed or stopped early), in the month of their start in
the clinic's time zone. A session with two sites counts once in all, and once for each site in the table of
sites. Drafts stand apart; what was entered in error is never counted.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Indication, Site
from sessions.measures.words import RecordStatus, Status
from sessions.models import Application, Device
from sessions.reports.session_filter import SessionFilter, sessions_within
from sessions.reports.session_list import PAGE_SIZE, Cursor, listed

LONGEST_GAP_MONTHS = 24


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

    def add(self, words: tuple[Any, ...], number: int) -> None:
        """Count `number` sessions more; `words`: what happened, how firm the record is, whether it is a late one."""
        status, record_status, late = words
        if record_status == RecordStatus.PRELIMINARY:
            self.drafts += number
            return
        name = {Status.COMPLETED: "completed", Status.STOPPED: "stopped", Status.NOT_DONE: "not_done"}[Status(status)]
        setattr(self, name, getattr(self, name) + number)
        self.late += number if late else 0

    def values(self) -> tuple[int, ...]:
        return (self.performed, self.completed, self.stopped, self.not_done, self.late, self.drafts)


@dataclass(frozen=True)
class SessionReport:
    """The tables, whom the list shows, and where its next page begins."""

    total: Counts
    months: Table
    groups: tuple[Table, ...]
    list: Table | None
    patient_ids: tuple[int, ...]
    following: Cursor | None

    def all_counts(self) -> Table:
        """Every count in one table, its first column saying by what, as a file needs it."""
        columns = (Column("by", _("Counted by")), Column("of", _("Value")), *COUNT_COLUMNS)
        rows = [
            Row((str(table.title), _shown(row.values[0], table.columns[0].kind), *row.values[1:]))
            for table in (self.months, *self.groups)
            for row in table.rows
        ]
        rows.append(Row((_("All"), "", *self.total.values())))
        return Table("counts", _("Sessions, counts"), columns, rows)


COUNT_COLUMNS = (
    Column("performed", gettext_lazy("Performed"), "number"),
    Column("completed", gettext_lazy("Completed"), "number"),
    Column("stopped", gettext_lazy("Stopped early"), "number"),
    Column("not_done", gettext_lazy("Not done"), "number"),
    Column("late", gettext_lazy("Late records"), "number"),
    Column("drafts", gettext_lazy("Drafts, not counted"), "number"),
)


def build(
    chosen: SessionFilter, *, identities: bool, after: Cursor | None = None, size: int | None = PAGE_SIZE
) -> SessionReport:
    """The report. With `identities` there is a list that names the patients; `size=None` gives it whole."""
    found = sessions_within(chosen)
    cube = _cube(found)
    total = Counts()
    for key, number in cube:
        total.add(key[-3:], number)
    shown, patient_ids, following = listed(chosen, after, size) if identities else (None, (), None)
    return SessionReport(total, _months(cube, total), _groups(cube, found), shown, patient_ids, following)


Cube = list[tuple[tuple[Any, ...], int]]


def _cube(found: Any) -> Cube:
    """Every combination that occurs, with its number: month, physician, indication, device, then the three words."""
    names = ("month", "physician_id", "course__indication", "device_id", "status", "record_status", "late_record")
    counted = found.standing().order_by().values_list(*names).annotate(number=Count("id"))
    return [(tuple(row[:-1]), row[-1]) for row in counted]


def _summed(cube: Cube, place: int) -> dict[Any, Counts]:
    sums: dict[Any, Counts] = defaultdict(Counts)
    for key, number in cube:
        sums[key[place]].add(key[-3:], number)
    return sums


def _months(cube: Cube, total: Counts) -> Table:
    sums = _summed(cube, 0)
    undated = sums.pop(None, None)
    rows = [Row((month, *sums.get(month, Counts()).values())) for month in _without_gaps(sorted(sums))]
    if undated:
        rows.append(Row((_("no start written yet"), *undated.values())))
    columns = (Column("month", _("Month of start"), "month"), *COUNT_COLUMNS)
    return Table("months", _("Per month"), columns, rows, totals=Row((_("All"), *total.values())))


def _without_gaps(months: list[date]) -> Iterable[date]:
    """A month without a session is an answer too; a start typed a century off is not a hundred years of zeros."""
    for place, month in enumerate(months):
        yield month
        following = months[place + 1] if place + 1 < len(months) else month
        gap = (following.year - month.year) * 12 + following.month - month.month
        if gap <= LONGEST_GAP_MONTHS:
            for step in range(1, gap):
                index = month.month - 1 + step
                yield date(month.year + index // 12, index % 12 + 1, 1)


def _groups(cube: Cube, found: Any) -> tuple[Table, ...]:
    names = ("site", "session__status", "session__record_status", "session__late_record")
    sites = (
        Application.objects.filter(session__in=found.standing().order_by().values("pk"))
        .order_by()
        .values_list(*names)
        .annotate(number=Count("session", distinct=True))
    )
    site_cube: Cube = [(tuple(row[:-1]), row[-1]) for row in sites]
    physicians, devices = _summed(cube, 1), _summed(cube, 3)
    people = {user.pk: user.get_full_name() for user in get_user_model().objects.filter(pk__in=list(physicians))}
    machines = {device.pk: str(device) for device in Device.objects.filter(pk__in=[pk for pk in devices if pk])}
    machines[None] = _("no device written")  # type: ignore[index]
    return (
        _group("physician", _("Physician"), physicians, people),
        _group("indication", _("Indication"), _summed(cube, 2), dict(Indication.choices)),
        _group(
            "site",
            _("Site"),
            _summed(site_cube, 0),
            dict(Site.choices),
            _("A session with two sites stands in two rows."),
        ),
        _group("device", _("Device"), devices, machines),
    )


def _group(name: str, title: str, sums: dict[Any, Counts], words: dict[Any, Any], note: str = "") -> Table:
    rows = sorted(
        (Row((str(words[key]), *counts.values())) for key, counts in sums.items()), key=lambda row: row.values[0]
    )
    return Table(name, title, (Column(name, title), *COUNT_COLUMNS), rows, note=note)


def _shown(value: Any, kind: str) -> str:
    return f"{value:%Y-%m}" if kind == "month" and isinstance(value, date) else str(value)
