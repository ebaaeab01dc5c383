"""Who was given which substance, and from which batch (domain 5.2, report 9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.table import Column, Row, Table
from sessions.measures.sites import Side, Site
from sessions.models import Application
from sessions.reports.report import ROWS_ON_A_PAGE, Asked, Built, Headline, Report
from sessions.reports.session_filter import ALL_LIMITS, OF_AN_APPLICATION, SessionFilter, counted_within

# Stands in no text that was typed (`clinic/lib/text.py`).
PART = "\x1f"
# A database takes so many values in one question, and no more.
APPLICATIONS_AT_ONCE = 5_000
# The newest first.
ORDER = "ORDER BY f.day DESC, f.started_at DESC, f.session_id DESC, a.number, a.id"
DEFINITION = (
    gettext_lazy(
        "Applications with a substance or a batch, of signed sessions that were performed; a batch is told apart as it was written."
    ),
    gettext_lazy("Expired: the expiry date that was noted lies before the day of the session."),
)


def build(asked: Asked) -> Built:
    """The batches with their numbers; for those who may see names, who was given what."""
    given = _given(asked.chosen)
    batches = _batches(given)
    tables = [batches]
    if asked.identities:
        tables.append(_list(given, sum(row.values[4] for row in batches.rows), whole=asked.whole))
    number = len(batches.rows)
    headline = Headline(number, ngettext("substance and batch", "substances and batches", number))
    return Built(tuple(tables), (headline,))


# --- What is read --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """SQL: the applications within the limits as `a`, beside the figures of their sessions as `f`; and its values.

    `begin` stands before a statement that reads all of them.
    """

    figures: str
    begin: str
    sql: str
    values: tuple[Any, ...]

    @property
    def whole(self) -> str:
        """From all of them, where the statement has this beginning."""
        return f"{'chosen' if self.begin else self.figures} f {self.sql}"

    @property
    def each(self) -> str:
        return f"{self.figures} f {self.sql}"


def _given(chosen: SessionFilter) -> Given:
    columns = ("session_id", "patient_id", "day", "started_at")
    figures, values = counted_within(chosen).order_by().values_list(*columns).query.sql_with_params()
    limits = {name: value for name in OF_AN_APPLICATION if (value := getattr(chosen, name))}
    conditions = ["(a.substance <> '' OR a.substance_batch <> '')", *(f"a.{name} = %s" for name in limits)]
    sql = f"JOIN logbook_application a ON a.session_id = f.session_id WHERE {' AND '.join(conditions)}"
    begin = ""
    if connection.vendor == "sqlite" and (chosen.from_date or chosen.to_date):
        # It finds a period by its days; the applications lie on the disk by their sessions, and are read in that order.
        begin = (
            f"WITH chosen AS MATERIALIZED (SELECT session_id, patient_id, day FROM ({figures}) ORDER BY session_id) "  # noqa: S608 -- names of our own tables
        )
    return Given(f"({figures})", begin, sql, (*values, *limits.values()))


def _counted(given: Given) -> Iterator[tuple[Any, ...]]:
    """Each batch once for each session, then for each patient: so nothing is counted by sorting all of it again."""
    expiry = "a.substance_expiry_date"
    if connection.vendor == "postgresql":
        expiry = f"to_char({expiry}, 'YYYY-MM-DD')"
    # Both engines sort and compare one column of text much quicker than four.
    batch = f" || '{PART}' || ".join(("a.substance", "a.product", "a.substance_batch", f"COALESCE({expiry}, '')"))
    sessions = (
        f"SELECT {batch} AS batch, f.session_id, f.patient_id, f.day, COUNT(*) AS number "  # noqa: S608 -- names of our own tables
        f"FROM {given.whole} GROUP BY 1, 2, 3, 4"
    )
    people = (
        "SELECT batch, patient_id, SUM(number) AS number, COUNT(*) AS sessions, MIN(day) AS first, MAX(day) AS last "  # noqa: S608 -- as above
        f"FROM ({sessions}) s GROUP BY 1, 2"
    )
    statement = (
        f"{given.begin}SELECT batch, CAST(SUM(number) AS bigint), CAST(SUM(sessions) AS bigint), COUNT(*), MIN(first), MAX(last) "  # noqa: S608 -- as above
        f"FROM ({people}) p GROUP BY 1"
    )
    for row in _asked(statement, given.values):
        substance, product, number, expires = row[0].split(PART)
        yield (substance, product, number, _day(expires or None), *row[1:4], _day(row[4]), _day(row[5]))


def _newest(given: Given) -> list[int]:
    """The applications that a page shows, found by way of the days: those before the day of the last one are not sorted."""
    days = f"SELECT f.day FROM {given.each} ORDER BY f.day DESC LIMIT 1 OFFSET {ROWS_ON_A_PAGE - 1}"  # noqa: S608 -- as above
    since = [str(day) for (day,) in _asked(days, given.values)]
    limit = "AND f.day >= %s " if since else ""
    statement = f"SELECT a.id FROM {given.each} {limit}{ORDER} LIMIT {ROWS_ON_A_PAGE}"  # noqa: S608 -- as above
    return [key for (key,) in _asked(statement, [*given.values, *since])]


def _every(given: Given) -> list[int]:
    return [key for (key,) in _asked(f"SELECT a.id FROM {given.each} {ORDER}", given.values)]  # noqa: S608 -- as above


def _asked(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _day(value: date | str | None) -> date | None:
    """SQLite gives the first and the last of days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


# --- Tables --------------------------------------------------------------------------------------


def _batches(given: Given) -> Table:
    columns = (
        Column("substance", _("Substance")),
        Column("product", _("Product")),
        Column("batch", _("Batch")),
        Column("expiry", _("Expiry date"), "date"),
        Column("applications", _("Applications"), "number"),
        Column("sessions", _("Sessions"), "number"),
        Column("patients", _("Patients"), "number"),
        Column("first", _("First used"), "date"),
        Column("last", _("Last used"), "date"),
    )
    lines = sorted(
        _counted(given),
        key=lambda row: (
            row[0].casefold(),
            row[2].casefold(),
            row[1].casefold(),
            row[3] or date.min,
            row[0],
            row[2],
            row[1],
        ),
    )
    empty = _("No substance was noted within these limits.")
    return Table("batches", _("Substances and batches"), columns, [Row(tuple(line)) for line in lines], empty=empty)


def _list(given: Given, length: int, *, whole: bool) -> Table:
    keys = _every(given) if whole else _newest(given)
    columns = (
        Column("batch", _("Batch")),
        Column("substance", _("Substance")),
        Column("expiry", _("Expiry date"), "date"),
        Column("expired", _("Expired")),
        Column("started_at", _("Start"), "moment"),
        Column("patient", _("Patient")),
        Column("record_number", _("Record number")),
        Column("site", _("Site")),
        Column("side", _("Side")),
        Column("physician", _("Physician")),
    )
    parts = (keys[start : start + APPLICATIONS_AT_ONCE] for start in range(0, len(keys), APPLICATIONS_AT_ONCE))
    lines = [line for part in parts for line in _lines(part)]
    empty = _("No substance was noted within these limits.")
    return Table(
        "list",
        _("Who was given what"),
        columns,
        lines,
        empty=empty,
        names_people=True,
        route="logbook:session",
        length=length,
    )


READ = (
    "substance_batch", "substance", "substance_expiry_date", "session__started_at", "session__patient__family_name",
    "session__patient__given_names", "session__patient__record_number", "site", "side", "session__physician__full_name",
    "session__uid", "session__patient_id",
)  # fmt: skip


def _lines(keys: list[int]) -> Iterator[Row]:
    """The lines of these applications, in their order."""
    found = Application.objects.filter(pk__in=keys).order_by().values_list("pk", *READ)
    applications = {key: values for key, *values in found}
    sites = {site.value: str(site.label) for site in Site}
    sides = {side.value: str(side.label) for side in Side}
    late = _("expired")
    for key in keys:
        if values := applications.get(key):
            batch, substance, expiry, started, family, given, record_number, site, side, physician, uid, patient = (
                values
            )
            expired = expiry is not None and started is not None and expiry < timezone.localdate(started)
            person = (started, f"{family} {given}", record_number)
            said = (batch, substance, expiry, late if expired else "", *person, sites[site], sides[side], physician)
            yield Row(said, key=uid, person=patient)


REPORT = Report(
    code="substances",
    title=gettext_lazy("Substances and batches"),
    purpose=gettext_lazy("Which substance from which batch, when, and who was given it."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
)
