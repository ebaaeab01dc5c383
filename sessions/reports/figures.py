"""Every stored figure worked out anew from the record alone, and where what is stored differs (docs/adr/0013).

Written apart from the acts that store them (`sessions/actions/figures.py`), so that a fault of theirs shows: here the
database counts whole parts of a table at once, and asks no stored figure, but for the tallies of courses and outcomes. The
day in the clinic's time zone comes from the shifts of that zone against UTC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions.measures.gaps import COMPARED_FIGURES, TIMES_FAR_APART, Gap
from sessions.measures.words import PERFORMED, SIGNED, Moment, OutcomeReason, Status, YesNo
from sessions.models import (
    Course,
    CourseFigures,
    CourseTally,
    Outcome,
    OutcomeTally,
    PeriodTally,
    Session,
    SessionFigures,
    Tally,
)
from sessions.models.figures import Counted, Figure
from sessions.reports.course_period_figures import tallies_of_courses, tallies_of_outcomes
from sessions.reports.period_figures import tallies_of_periods

SESSIONS_AT_ONCE, COURSES_AT_ONCE = 20_000, 2_000
# So many are named of each table; the rest is counted.
MOST_NAMED = 500
Said = tuple[str, str, str]


@dataclass(frozen=True)
class Difference:
    """One row that is not as it should be: what it is about, and the columns that differ (none: `fault` says it all)."""

    model: type[Figure]
    key: tuple[Any, ...]
    fault: str
    columns: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The record whose figure it is, as a finding names it."""
        if self.model is Tally:
            return f"month:{str(self.key[1])[:7]}"
        if self.model in (PeriodTally, CourseTally, OutcomeTally):
            return f"year:{self.key[0]:04}" if self.key[0] else "years:all"
        record: type[models.Model] = Session if self.model is SessionFigures else Course
        found = models.QuerySet(record).filter(pk=self.key[0]).values_list("uid", flat=True).first()
        return f"{record._meta.model_name}:{found or self.key[0]}"

    @property
    def words(self) -> str:
        if self.fault == "missing":
            return _("The stored figure is missing (%(table)s).") % {"table": self.model.__name__}
        if self.fault == "added":
            return _("The stored figure is of nothing that is recorded (%(table)s).") % {"table": self.model.__name__}
        return _("The stored figure differs from what the record says (%(table)s: %(columns)s).") % {
            "table": self.model.__name__,
            "columns": ", ".join(self.columns),
        }


def check_figures() -> Iterator[Said]:
    """Every figure that differs as (kind, record, words), for the verifier."""
    for model, found in groupby(differences(), key=lambda one: one.model):
        for one in islice(found, MOST_NAMED):
            yield "figure", one.about, one.words
        if more := sum(1 for _one in found):
            words = _("As many stored figures more differ (%(table)s): %(number)s.")
            yield "figure", "database", words % {"table": model.__name__, "number": more}


def differences() -> Iterator[Difference]:
    """Every difference between what is stored and what the record says, table by table.

    What is counted from figures that are wrong themselves is left out: their fault is named once.
    """
    wrong: set[type[Figure]] = set()
    for part in counted():
        if wrong.intersection(part.counted_from):
            continue
        for difference in _differing(part):
            wrong.add(part.model)
            yield difference


def _differing(part: Counted) -> Iterator[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(_comparing(part), (*part.values, *part.within))
        rows = cursor.fetchall()
    right = {row[1 : 1 + part.keys]: row[1:] for row in rows if not row[0]}
    stored = {row[1 : 1 + part.keys]: row[1:] for row in rows if row[0]}
    for key in sorted(right.keys() | stored.keys(), key=str):
        if key not in stored:
            yield Difference(part.model, key, "missing")
        elif key not in right:
            yield Difference(part.model, key, "added")
        else:
            pairs = zip(part.columns, right[key], stored[key], strict=True)
            yield Difference(part.model, key, "differs", tuple(name for name, one, other in pairs if one != other))


def counted() -> Iterator[Counted]:
    """What every table of figures should hold, part by part."""
    shifts = _shifts()
    for within in _ranges(Session, SESSIONS_AT_ONCE):
        yield _sessions(shifts, within)
    yield _tallies(shifts)
    yield tallies_of_periods(*_dated(shifts, _SIGNED))
    for within in _ranges(Course, COURSES_AT_ONCE):
        yield _courses(shifts, within)
    for within in _ranges(Course, COURSES_AT_ONCE):
        yield _outcomes(shifts, within)
    # These are counted from the figures of courses and their outcomes: after them.
    yield tallies_of_courses(*_dated(shifts, _SIGNED))
    yield tallies_of_outcomes()


def _comparing(part: Counted) -> str:
    """One statement sees one state of the database, whoever writes meanwhile."""
    table, columns = part.model._meta.db_table, ", ".join(part.columns)
    return (
        f"WITH counted AS MATERIALIZED ({part.select}), "  # noqa: S608 -- names of our own tables
        f"stored AS MATERIALIZED (SELECT {columns} FROM {table} WHERE {part.where}) "
        "SELECT 0, a.* FROM (SELECT * FROM counted EXCEPT SELECT * FROM stored) a "
        "UNION ALL SELECT 1, b.* FROM (SELECT * FROM stored EXCEPT SELECT * FROM counted) b"
    )


def _ranges(record: type[models.Model], size: int) -> Iterator[tuple[int | None, int | None]]:
    """Keys from, not included, to, in parts of `size` records; the first and the last part have no end."""
    last: int | None = None
    keys: models.QuerySet[Any, int] = models.QuerySet(record).order_by("pk").values_list("pk", flat=True)
    while True:
        following = keys.filter(pk__gt=last) if last is not None else keys
        upper = next(iter(following[size - 1 : size]), None)
        yield last, upper
        if upper is None:
            return
        last = upper


def _within(column: str, ends: tuple[int | None, int | None]) -> str:
    """SQL: the column lies in this part; the numbers are keys that the database itself gave."""
    first, last = ends
    limits = [f"{column} > {first}" if first is not None else "", f"{column} <= {last}" if last is not None else ""]
    return " AND ".join(filter(None, limits)) or "TRUE"


# --- The day in the clinic's time zone -----------------------------------------------------------


def _shifts() -> list[tuple[datetime, datetime, int]]:
    """By how many seconds the clinic's clock is ahead of UTC, from when and until when, over all that is recorded."""
    zone = ZoneInfo(str(timezone.get_default_timezone()))
    ends = Session.objects.aggregate(first=Min("started_at"), last=Max("started_at"))
    day = timedelta(days=1)
    first = (ends["first"] or timezone.now()).astimezone(UTC) - day
    last = max(ends["last"] or timezone.now(), timezone.now()).astimezone(UTC) + day
    changes = [datetime(1, 1, 2, tzinfo=UTC)]
    days = [first + number * day for number in range((last - first).days + 2)]
    changes += [_change(zone, *pair) for pair in pairwise(days) if _ahead(zone, pair[0]) != _ahead(zone, pair[1])]
    changes.append(datetime(9999, 12, 30, tzinfo=UTC))
    return [(begin, end, _ahead(zone, max(begin, first))) for begin, end in pairwise(changes)]


def _ahead(zone: ZoneInfo, moment: datetime) -> int:
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second on which the clock shows what it shows at `after`."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _ahead(zone, middle) == _ahead(zone, before) else (before, middle)
    return after


def _dated(shifts: Sequence[tuple[datetime, datetime, int]], where: str) -> tuple[str, tuple[Any, ...]]:
    """SQL that begins a statement: `dated` has the sessions with the day of their start, NULL where there is none."""
    if connection.vendor == "postgresql":
        day = "CAST((s.started_at AT TIME ZONE 'UTC') + z.seconds * interval '1 second' AS date)"
    else:
        day = "date(substr(s.started_at, 1, 19), z.seconds || ' seconds')"
    rows = ", ".join(["(%s, %s, %s)"] * len(shifts))
    adapted = connection.ops.adapt_datetimefield_value
    values = tuple(value for begin, end, seconds in shifts for value in (adapted(begin), adapted(end), seconds))
    return (
        f"WITH shifts (begins, ends, seconds) AS (VALUES {rows}), dated AS (SELECT s.*, {day} AS day "  # noqa: S608 -- names of our own tables
        f"FROM logbook_session s LEFT JOIN shifts z ON s.started_at >= z.begins AND s.started_at < z.ends WHERE {where})"
    ), values


def _month(day: str) -> str:
    if connection.vendor == "postgresql":
        return f"CAST(date_trunc('month', {day}) AS date)"
    return f"date({day}, 'start of month')"


def _age(birth_date: str, day: str) -> str:
    """SQL: completed years; nobody has an age before being born."""
    if connection.vendor == "postgresql":
        years = f"CAST(date_part('year', age({day}, {birth_date})) AS integer)"
    else:
        over = f"strftime('%%m-%%d', {day}) < strftime('%%m-%%d', {birth_date})"
        years = f"strftime('%%Y', {day}) - strftime('%%Y', {birth_date}) - ({over})"
    return f"CASE WHEN {day} >= {birth_date} THEN {years} END"


def _words(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# --- One table each ------------------------------------------------------------------------------

_SIGNED = f"s.record_status IN ({_words(SIGNED)})"
_PERFORMED = f"CASE WHEN s.status IN ({_words(PERFORMED)}) THEN 1 ELSE 0 END"


def _sessions(shifts: Any, ends: tuple[int | None, int | None]) -> Counted:
    begin, values = _dated(shifts, _within("s.id", ends))
    columns = {
        "session_id": "s.id",
        "started_at": "s.started_at",
        "day": "s.day",
        "month": _month("s.day"),
        "patient_id": "s.patient_id",
        "course_id": "s.course_id",
        "physician_id": "s.physician_id",
        "operator_id": "s.operator_id",
        "device_id": "s.device_id",
        "indication": "c.indication",
        "status": "s.status",
        "record_status": "s.record_status",
        "late_record": "s.late_record",
        "sex": "p.sex",
        "age": _age("p.birth_date", "s.day"),
        "events": "COALESCE(e.events, 0)",
        "serious": "COALESCE(e.serious, 0)",
        "site": "COALESCE(a.site, '')",
        "sites": "COALESCE(v.sites, '')",
        "absent": f"s.status = '{Status.NOT_DONE}' AND s.outcome_reason = '{OutcomeReason.ABSENT}'",
        "gaps": " + ".join(
            f"CASE WHEN {_SIGNED} AND ({holds}) THEN {gap.value} ELSE 0 END" for gap, holds in _GAPS.items()
        ),
    }
    events = (
        f"SELECT session_id, COUNT(*) AS events, SUM(CASE WHEN serious = '{YesNo.YES}' THEN 1 ELSE 0 END) AS serious, "  # noqa: S608 -- as above
        "MAX(CASE WHEN site = '' THEN 1 ELSE 0 END) AS nowhere "
        f"FROM logbook_adverseevent WHERE {_within('session_id', ends)} GROUP BY session_id"
    )
    sites = (
        "SELECT session_id, site, ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY number, id) AS place "  # noqa: S608 -- as above
        f"FROM logbook_application WHERE {_within('session_id', ends)}"
    )
    select = (
        f"{begin} SELECT {', '.join(columns.values())} FROM dated s JOIN logbook_course c ON c.id = s.course_id "  # noqa: S608 -- as above
        f"JOIN logbook_patient p ON p.id = s.patient_id LEFT JOIN ({events}) e ON e.session_id = s.id "
        f"LEFT JOIN ({sites}) a ON a.session_id = s.id AND a.place = 1 "
        f"LEFT JOIN ({_each_site(ends)}) v ON v.session_id = s.id {_gaps(ends)}"
    )
    return Counted(SessionFigures, tuple(columns), 1, select, values, _within("session_id", ends))


def _each_site(ends: tuple[int | None, int | None]) -> str:
    """SQL: of each session its sites, each once, by name."""
    distinct = f"SELECT DISTINCT session_id, site FROM logbook_application WHERE {_within('session_id', ends)}"  # noqa: S608 -- as above
    if connection.vendor == "postgresql":
        joined = "string_agg(site, ',' ORDER BY site COLLATE \"C\")"
    else:
        distinct, joined = f"{distinct} ORDER BY session_id, site", "group_concat(site, ',')"
    return f"SELECT session_id, {joined} AS sites FROM ({distinct}) d GROUP BY session_id"  # noqa: S608 -- as above


_TYPED = "MAX(CASE WHEN retyped <> '[]' THEN 1 ELSE 0 END) AS twice"
_GAPS = {
    Gap.END: "s.ended_at IS NULL",
    Gap.APPLICATION: "v.session_id IS NULL",
    Gap.DURATION: "h.open = 1",
    Gap.SIDE: "b.nowhere = 1",
    Gap.EVENT_SITE: "e.nowhere = 1",
    Gap.TWICE: "h.twice = 1 OR b.twice = 1 OR r.twice = 1",
}


def _gaps(ends: tuple[int | None, int | None]) -> str:
    """SQL: joins what `_GAPS` asks of phases, observations and results, one row for each session."""
    within = _within("session_id", ends)
    phases = (
        f"SELECT session_id, MAX(CASE WHEN duration_min IS NULL THEN 1 ELSE 0 END) AS open, {_TYPED} "  # noqa: S608 -- as above
        f"FROM logbook_phase JOIN logbook_application ON logbook_application.id = application_id WHERE {within} GROUP BY session_id"
    )
    observations = (
        f"SELECT session_id, MAX(CASE WHEN side = '' AND site <> '' THEN 1 ELSE 0 END) AS nowhere, {_TYPED} "  # noqa: S608 -- as above
        f"FROM logbook_observation WHERE {within} GROUP BY session_id"
    )
    results = (
        f"SELECT session_id, {_TYPED} FROM logbook_result JOIN logbook_sample ON logbook_sample.id = logbook_result.sample_id "  # noqa: S608 -- as above
        f"WHERE {within} GROUP BY session_id"
    )
    joined = {"h": phases, "b": observations, "r": results}
    return " ".join(f"LEFT JOIN ({rows}) {name} ON {name}.session_id = s.id" for name, rows in joined.items())


def _tallies(shifts: Any) -> Counted:
    begin, values = _dated(shifts, _SIGNED)
    key = f"{_month('s.day')}, s.physician_id, c.indication, COALESCE(s.device_id, 0), s.status, s.late_record"
    each = "FROM dated s JOIN logbook_course c ON c.id = s.course_id"
    sites = "JOIN (SELECT DISTINCT session_id, site FROM logbook_application) a ON a.session_id = s.id"
    select = (
        f"{begin} SELECT '', {key}, COUNT(*) {each} GROUP BY {key} "
        f"UNION ALL SELECT a.site, {key}, COUNT(*) {each} {sites} GROUP BY a.site, {key}"
    )
    columns = ("site", "month", "physician_id", "indication", "device", "status", "late_record", "number")
    return Counted(Tally, columns, 7, select, values)


def _courses(shifts: Any, ends: tuple[int | None, int | None]) -> Counted:
    begin, values = _dated(shifts, f"{_SIGNED} AND {_within('s.course_id', ends)}")
    absent = f"s.status = '{Status.NOT_DONE}' AND s.outcome_reason = '{OutcomeReason.ABSENT}'"
    each = (
        f"SELECT s.course_id, s.day, s.course_phase, c.indication, {_PERFORMED} AS performed, "  # noqa: S608 -- as above
        f"CASE WHEN s.status = '{Status.NOT_DONE}' THEN 1 ELSE 0 END AS not_done, "
        f"CASE WHEN {absent} THEN 1 ELSE 0 END AS absent, "
        f"ROW_NUMBER() OVER (PARTITION BY s.course_id, {_PERFORMED} ORDER BY s.started_at DESC, s.id DESC) AS place "
        "FROM dated s JOIN logbook_course c ON c.id = s.course_id"
    )
    columns = {
        "course_id": "course_id",
        "performed": "SUM(performed)",
        "not_done": "SUM(not_done)",
        "absent": "SUM(absent)",
        "first_day": "MIN(CASE WHEN performed = 1 THEN day END)",
        "last_day": "MAX(CASE WHEN performed = 1 THEN day END)",
        "last_phase": "COALESCE(MAX(CASE WHEN performed = 1 AND place = 1 THEN course_phase END), '')",
        "indication": "MAX(indication)",
        "far_apart": f"course_id IN ({_far_apart(ends)})",
    }
    select = f"{begin} SELECT {', '.join(columns.values())} FROM ({each}) each_one GROUP BY course_id"  # noqa: S608 -- as above
    return Counted(CourseFigures, tuple(columns), 1, select, values, _within("course_id", ends))


def _far_apart(ends: tuple[int | None, int | None]) -> str:
    """SQL: the courses in which a figure is ten times another one, each figure for itself; their rows are read once."""
    ten_times = (
        f"MAX(h.{name}) >= MIN(CASE WHEN h.{name} > 0 THEN h.{name} END) * {TIMES_FAR_APART}"
        for name in COMPARED_FIGURES
    )
    return (
        f"SELECT s.course_id FROM logbook_phase h JOIN logbook_application a ON a.id = h.application_id "  # noqa: S608 -- as above
        f"JOIN logbook_session s ON s.id = a.session_id WHERE {_SIGNED} AND s.status IN ({_words(PERFORMED)}) "
        f"AND {_within('s.course_id', ends)} GROUP BY s.course_id HAVING {' OR '.join(ten_times)}"
    )


def _outcomes(shifts: Any, ends: tuple[int | None, int | None]) -> Counted:
    begin, values = _dated(shifts, f"{_SIGNED} AND {_within('s.course_id', ends)}")
    same = ("course_id", "measure", "scale", "unit", "site", "side")
    moment = f"CASE o.moment WHEN '{Moment.BEFORE}' THEN 0 WHEN '{Moment.DURING}' THEN 1 ELSE 2 END"
    each = (
        "SELECT s.course_id, s.patient_id, c.indication, s.id AS session_id, s.started_at, s.day, s.physician_id, s.device_id, "  # noqa: S608 -- as above
        f"l.day AS course_day, o.measure, o.unit, o.site, o.side, o.value, o.number, {moment} AS moment, {_scale()} AS scale "
        "FROM dated s JOIN logbook_course c ON c.id = s.course_id JOIN logbook_observation o ON o.session_id = s.id "
        f"LEFT JOIN (SELECT course_id, MAX(day) AS day FROM dated WHERE status IN ({_words(PERFORMED)}) GROUP BY course_id) l "
        "ON l.course_id = s.course_id"
    )
    among = f"PARTITION BY {', '.join(same)}"
    order = ("started_at", "session_id", "moment", "number")
    placed = (
        f"SELECT each_one.*, ROW_NUMBER() OVER ({among} ORDER BY {', '.join(order)}) AS up, "  # noqa: S608 -- as above
        f"ROW_NUMBER() OVER ({among} ORDER BY {', '.join(f'{name} DESC' for name in order)}) AS down "
        f"FROM ({each}) each_one"
    )
    first, last = (
        partial("MAX(CASE WHEN {0} THEN {1} END)".format, which) for which in ("up = 1", "down = 1 AND up > 1")
    )
    columns = {name: name for name in (*same, "patient_id", "indication")} | {
        "number": "COUNT(*)",
        "first_value": first("value"),
        "first_day": first("day"),
        "first_session_id": first("session_id"),
        "last_value": last("value"),
        "last_day": last("day"),
        "last_session_id": last("session_id"),
        "physician_id": "MAX(CASE WHEN down = 1 THEN physician_id END)",
        "device_id": "MAX(CASE WHEN down = 1 THEN device_id END)",
        "day": "MAX(course_day)",
    }
    select = (
        f"{begin} SELECT {', '.join(columns.values())} FROM ({placed}) placed "  # noqa: S608 -- as above
        f"GROUP BY {', '.join(same)}, patient_id, indication"
    )
    return Counted(Outcome, tuple(columns), len(same), select, values, _within("course_id", ends))


def _scale() -> str:
    """SQL: what must be equal for two values to be compared, in one text."""
    bare = "CAST(trim_scale({}) AS text)" if connection.vendor == "postgresql" else "CAST({} AS text)"
    figures = [f"COALESCE({bare.format(f'o.{name}')}, '')" for name in ("scale_maximum", "collection_minutes")]
    return " || '|' || ".join(["o.scale_version", "o.scale_name", *figures])
