"""What every report is: what it is called, what it counts, and what it hands over for page, chart and file alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from clinic.lib.canonical import canonical_json
from clinic.lib.chart import Chart
from clinic.lib.table import Table
from sessions.reports.session_filter import SessionFilter

Text = str | Promise


@dataclass(frozen=True)
class Asked:
    """What somebody asks of a report: which sessions, seen from which moment.

    `identities`: the person may see names. `whole`: for a file, every row of a list; a page shows the first ones.
    `definition`: which of the report's definitions is asked for, where there are several.
    """

    chosen: SessionFilter
    at: datetime
    identities: bool = False
    whole: bool = False
    definition: str = ""


@dataclass(frozen=True)
class Headline:
    """One figure that stands large over a report, and what it is."""

    figure: Any
    words: Text


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
    has several, the first one being used unless another is asked for. `names_people`: there is nothing in it for those
    who may not see names.
    """

    code: str
    title: Text
    purpose: Text
    version: str
    definition: tuple[Text, ...]
    build: Callable[[Asked], Built]
    limits: frozenset[str]
    definitions: Callable[[], list[tuple[str, Text]]] | None = None
    names_people: bool = False


def seen_by(built: Built, *, identities: bool) -> Built:
    """What a person may see of it: tables that name people only with `identities`."""
    return built if identities else replace(built, tables=tuple(t for t in built.tables if not t.names_people))


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
