"""What every report is: what it is called, what it counts, and what it hands over for page, chart and file alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.canonical import canonical_json
from clinic.lib.chart import Chart
from clinic.lib.small_cells import HIDDEN, without_small_cells
from clinic.lib.table import Column, Table
from sessions.reports.session_filter import SessionFilter

Text = str | Promise
DEFINITION = gettext_lazy("Definition")
# A page shows the first rows of a long table; a file has all of them.
ROWS_ON_A_PAGE = 200


@dataclass(frozen=True)
class Asked:
    """What somebody asks of a report: which sessions, seen from which moment.

    `identities`: the person may see names. `whole`: for a file, every row of a list; a page shows the first ones.
    `records`: the person may read records, so that what they say in words is shown.
    `definition`: which of the report's definitions is asked for, where there are several. `shared`: to be handed on, so
    that small numbers are hidden.
    """

    chosen: SessionFilter
    at: datetime
    identities: bool = False
    records: bool = False
    whole: bool = False
    definition: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Headline:
    """One figure that stands large over a report, and what it is."""

    figure: Any
    words: Text

    @property
    def written(self) -> str:
        """The figure as it is read at a glance, its thousands apart, in the active language."""
        is_figure = isinstance(self.figure, int | Decimal)
        return number_format(self.figure, force_grouping=True) if is_figure else str(self.figure)


@dataclass(frozen=True)
class Built:
    """The numbers of a report, from one set of queries: the page, the charts and every file are made from them.

    `notes` are lines of the definition that depend on what was asked; `used` names the clinic's own definition with its
    version, where the report used one.
    """

    tables: tuple[Table, ...]
    headline: tuple[Headline, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[Text, ...] = ()
    used: str = ""

    def table(self, name: str) -> Table | None:
        """The table of this name, None where the report has none."""
        return next((table for table in self.tables if table.name == name), None)


@dataclass(frozen=True)
class Report:
    """One report of the clinic.

    `version` is raised when `definition` changes: what is counted, line by line. `limits` are the names of the limits
    that it takes; any other is refused, never passed over. `definitions` are the choices (code, name) where the clinic
    has several; `choice` says what they are, and `usual` which one a page offers unless another is asked for. `named`
    says in words what `Built.used` names. `names_people`: there is nothing in it for those who may not see names.
    """

    code: str
    title: Text
    purpose: Text
    version: str
    definition: tuple[Text, ...]
    build: Callable[[Asked], Built]
    limits: frozenset[str]
    definitions: Callable[[], list[tuple[str, Text]]] | None = None
    choice: Text = DEFINITION
    usual: Callable[[], str] | None = None
    named: Callable[[str], str] | None = None
    names_people: bool = False

    def version_in_words(self, used: str, version: str = "") -> str:
        """The version of what is counted, this one or an earlier one, with what the report used beside it."""
        said = _("version %(version)s") % {"version": version or self.version}
        return f"{said} · {self.named(used) if self.named else used}" if used else said


def answered(report: Report, asked: Asked) -> Built:
    """The report as a person may see it: what names people only with `identities`, small numbers not where it is shared."""
    identities = asked.identities and not asked.shared
    built = report.build(replace(asked, identities=identities))
    if not identities:
        built = replace(built, tables=tuple(table for table in built.tables if not table.names_people))
    built = replace(built, tables=tuple(table.without(partial(_is_hidden, asked)) for table in built.tables))
    return _to_be_shared(built, settings.SMALLEST_CELL or 0) if asked.shared else built


def _is_hidden(asked: Asked, column: Column) -> bool:
    return (column.of_record and (not asked.records or asked.shared)) or (column.inside and asked.shared)


def _to_be_shared(built: Built, least: int) -> Built:
    """Without the numbers that are under the clinic's least; a picture would show them, so there is none, and so would the
    words of a rate, which say of how many it is.
    """
    headline = tuple(
        replace(one, figure=HIDDEN) if 0 < one.figure < least else one
        for one in built.headline
        if isinstance(one.figure, int)
    )
    tables = tuple(without_small_cells(table, least) for table in built.tables)
    return replace(built, tables=tables, headline=headline, charts=())


def days_named(used: str) -> str:
    """The clinic's own number of days, which a report kept as `days=30`."""
    days = used.removeprefix("days=")
    return ngettext("%(days)s day", "%(days)s days", int(days)) % {"days": days} if days.isdecimal() else used


def numbers_of(tables: Iterable[Table]) -> str:
    """The numbers as canonical JSON: what stays the same as long as the record does, whatever file they stand in."""
    return canonical_json(
        [
            {
                "table": table.name,
                "columns": [[column.name, str(column.unit)] for column in table.columns],
                "rows": [[_bare(value) for value in row.values] for row in table.rows],
                "totals": [_bare(value) for value in table.totals.values] if table.totals else None,
            }
            for table in tables
        ]
    )


def _bare(value: Any) -> Any:
    return str(value) if isinstance(value, Promise) else value
