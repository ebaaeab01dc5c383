"""The trail as a file: one row for each changed field, one for each look; all within the limits, or a refusal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clinic.audit.changes import ADDED, REMOVED
from clinic.lib.problems import Problem, Refused
from clinic.lib.table import Column, Row, Table
from sessions.models import Patient
from sessions.reports.trail import ActLine, LookLine, act_lines, all_in_order, look_lines
from sessions.reports.trail_filter import (
    Sorting,
    TrailFilter,
    act_places,
    acts_within,
    in_order,
    look_places,
    looks_within,
)

MOST_ROWS = 200_000
# Wide rows of long texts: more of them take a PDF many seconds.
MOST_ROWS_OF_A_PDF = 2_000
ACTS_AT_ONCE = 200
LOOKS_AT_ONCE = 1000

CHANGE_COLUMNS = (
    Column("at", gettext_lazy("When"), "moment"),
    Column("at_utc", gettext_lazy("When (UTC)")),
    Column("who", gettext_lazy("Who")),
    Column("account", gettext_lazy("Account")),
    Column("what", gettext_lazy("What")),
    Column("record", pgettext_lazy("audit", "Record")),
    Column("patient", gettext_lazy("Patient")),
    Column("record_number", gettext_lazy("Record number")),
    Column("row", gettext_lazy("Row")),
    Column("change", gettext_lazy("Change")),
    Column("field", gettext_lazy("Field")),
    Column("old", gettext_lazy("Before")),
    Column("new", gettext_lazy("After")),
    Column("why", gettext_lazy("Why")),
    Column("number", gettext_lazy("Chain entry"), "number"),
)
LOOK_COLUMNS = (
    Column("at", gettext_lazy("When"), "moment"),
    Column("at_utc", gettext_lazy("When (UTC)")),
    Column("who", gettext_lazy("Who")),
    Column("account", gettext_lazy("Account")),
    Column("patient", gettext_lazy("Patient")),
    Column("record_number", gettext_lazy("Record number")),
    Column("what", gettext_lazy("What")),
    Column("detail", gettext_lazy("Detail")),
    Column("record", pgettext_lazy("audit", "Record")),
    Column("address", gettext_lazy("From where")),
    Column("route", gettext_lazy("Page")),
    Column("number", gettext_lazy("Access entry"), "number"),
)


def changes_table(chosen: TrailFilter, sorting: Sorting, most: int = MOST_ROWS) -> Table:
    """Every changed field of the acts asked for; an act that changed no field has one row too. Raises `Refused`."""
    ordered = in_order(acts_within(chosen).select_related("by"), act_places(), sorting)
    batches = all_in_order(ordered, sorting, ACTS_AT_ONCE)
    rows = (row for acts in batches for line in act_lines(acts) for row in _change_rows(line))
    return Table("trail", _("Trail: changes"), CHANGE_COLUMNS, _at_most(most, rows), empty=_("Nothing was found."))


def looks_table(chosen: TrailFilter, sorting: Sorting, most: int = MOST_ROWS) -> Table:
    """Every look asked for. Raises `Refused`."""
    ordered = in_order(looks_within(chosen).select_related("by"), look_places(), sorting)
    batches = all_in_order(ordered, sorting, LOOKS_AT_ONCE)
    rows = (_look_row(line) for found in batches for line in look_lines(found))
    return Table("looks", _("Trail: looks"), LOOK_COLUMNS, _at_most(most, rows), empty=_("Nothing was found."))


def most_rows(form: str) -> int:
    """How many rows a file of this format may hold."""
    return MOST_ROWS_OF_A_PDF if form == "pdf" else MOST_ROWS


def _at_most(most: int, rows: Iterator[Row]) -> list[Row]:
    """All rows, or none: a trail that is cut without a word is worse than none."""
    found = list(islice(rows, most + 1))
    if len(found) > most:
        said = _(
            "This file would hold more than %(most)s rows. Narrow the period or another limit, or take the CSV file."
        )
        raise Refused([Problem("", said % {"most": most}, "too-long")])
    return found


def _change_rows(line: ActLine) -> Iterator[Row]:
    act = line.act
    before = (*_moment(act.at), act.by_name, act.by.username, line.what, line.record.words, *_person(line.patient))
    after = (line.why, line.number)
    for row in line.rows:
        how = _("added") if row.sign == ADDED else _("removed") if row.sign == REMOVED else _("changed")
        for field in row.fields:
            yield Row((*before, row.name, how, field.name, field.old, field.new, *after))
    if not line.rows:
        yield Row((*before, "", "", "", "", "", *after))


def _look_row(line: LookLine) -> Row:
    look = line.look
    return Row(
        (
            *_moment(look.at),
            look.by_name,
            look.by.username if look.by else "",
            *_person(line.patient),
            line.what,
            line.detail,
            line.record.words,
            look.address or "",
            line.page,
            look.number,
        )
    )


def _moment(at: datetime) -> tuple[datetime, str]:
    """By the clinic's clock, and to the second in UTC: one hour of the year comes twice on a clock."""
    return at, f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _person(patient: Patient | None) -> tuple[Any, Any]:
    return (str(patient), patient.record_number) if patient else ("", "")
