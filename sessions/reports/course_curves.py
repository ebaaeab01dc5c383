"""A measure over the sessions of courses: median and number of values at session 1, 2, 3 …, per site and side.

Domain 5.2, report 4. Values are grouped by the database; a point without values is a gap, never zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.outcomes import BY_CODE, MEASURES, Measure
from sessions.measures.quantities import QUANTITIES
from sessions.measures.words import PERFORMED, SIGNED, Moment
from sessions.reports.documented import Labels
from sessions.reports.outcomes_counted import OPPOSITE
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.response import median, plain
from sessions.reports.responses import first_documented
from sessions.reports.scales import scale_words, unit_words
from sessions.reports.session_filter import ALL_LIMITS, SessionFilter, counted_within

# More lines than this are not told apart; the table has all of them.
LINES_OF_A_CHART = 8
CHARTS_OF_A_PAGE = 6
# A session number typed a thousand off is not a thousand gaps.
LONGEST_AXIS = 200
# What tells one line from another; figures among it.
OF_A_PLACE = (
    "scale_version", "scale_name", "scale_maximum", "unit", "collection_minutes", "moment", "site", "side",
)  # fmt: skip
OF_FIGURES = ("scale_maximum", "collection_minutes")
# Stands in no text that was typed (`clinic/lib/text.py`).
PART = "\x1f"
_MOMENTS = {moment: place for place, moment in enumerate(Moment.values)}
DEFINITION = (
    gettext_lazy(
        "Every value of the measure from signed sessions within the limits that were completed or stopped early, at the "
        "number that the session has in its course."
    ),
    gettext_lazy(
        "Values are put together only where scale, unit, moment (before, during, after), site and side are the same. "
        "A limit on the site leaves out values of other sites, one on the left or right side those of the opposite side."
    ),
    gettext_lazy(
        "The courses behind two points are not the same ones: who ends early is not in the later points. "
        "A point of few values says little."
    ),
    gettext_lazy("What was entered in error, and drafts, are never counted."),
)


@dataclass(frozen=True)
class Place:
    """What one line stands for: one scale and unit, taken at one moment, at one site and side."""

    version: str
    scale: str
    maximum: Decimal | None
    unit: str
    minutes: Decimal | None
    moment: str
    site: str
    side: str

    @property
    def panel(self) -> tuple[Any, ...]:
        """What shares an axis."""
        return (self.version, self.scale, self.maximum, self.unit, self.minutes, self.moment)

    @property
    def order(self) -> tuple[Any, ...]:
        return (_MOMENTS[self.moment], *map(str, self.panel), self.site, self.side)


@dataclass
class Curve:
    """The values of a place at each session number, each with how often it is there."""

    points: dict[int, list[tuple[Decimal, int]]] = field(default_factory=lambda: defaultdict(list))

    def number(self, session: int) -> int:
        return sum(times for _value, times in self.points.get(session, ()))

    def median(self, session: int) -> Decimal | None:
        return median(self.points.get(session, ()))


def build(asked: Asked) -> Built:
    """The curves of the measure that was asked for."""
    measure = BY_CODE[asked.definition or MEASURES[0].code]
    curves = _curves(asked.chosen, measure)
    places = sorted(curves, key=lambda place: place.order)
    numbers = sorted({number for curve in curves.values() for number in curve.points})
    values = sum(curve.number(number) for curve in curves.values() for number in curve.points)
    table = _table(measure, curves, places)
    headline = Headline(values, ngettext("value", "values", values))
    charts = tuple(
        _chart(place, measure, panel, curves, numbers) for place, panel in enumerate(_panels(places), start=1)
    )
    return Built((table,), (headline,), charts, (_("Measure: %(measure)s") % {"measure": measure.name},), measure.code)


def measures() -> list[tuple[str, str | Promise]]:
    """Every measure, as the choices of the report."""
    return [(measure.code, measure.name) for measure in MEASURES]


def usual_measure() -> str:
    """The first measure of which something is documented."""
    return first_documented([(measure.code, measure.code, "") for measure in MEASURES])


def measure_named(code: str) -> str:
    """The measure of this code in words; the code where there is none any more."""
    measure = BY_CODE.get(code)
    return str(measure.name) if measure else code


def _curves(chosen: SessionFilter, measure: Measure) -> dict[Place, Curve]:
    """Equal values of one place and session number come counted together: few rows, whatever the number of sessions."""
    # Both engines sort and compare one column of text quicker than nine.
    columns = [f"COALESCE(CAST(o.{name} AS text), '')" if name in OF_FIGURES else f"o.{name}" for name in OF_A_PLACE]
    place = f" || '{PART}' || ".join([*columns, "s.number"])
    counted, values = _counted(chosen)
    conditions = [counted, "o.measure = %s"]
    values.append(measure.code)
    if chosen.site:
        conditions.append("o.site IN (%s, '')")
        values.append(chosen.site)
    if opposite := OPPOSITE.get(chosen.side):
        conditions.append("o.side <> %s")
        values.append(opposite)
    statement = (
        f"SELECT {place} AS place, o.value, COUNT(*) FROM logbook_observation o "  # noqa: S608 -- names of our own tables
        f"JOIN logbook_session s ON s.id = o.session_id WHERE {' AND '.join(conditions)} GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    curves: dict[Place, Curve] = defaultdict(Curve)
    for text, value, times in rows:
        *said, number = text.split(PART)
        curves[_place(said)].points[int(number)].append((_figure("value", value), times))
    return curves


def _counted(chosen: SessionFilter) -> tuple[str, list[Any]]:
    """SQL: the sessions within the limits that are counted; where there is no limit they say so themselves."""
    if chosen.names:
        within, values = counted_within(chosen).order_by().values("session").query.sql_with_params()
        return f"s.id IN ({within})", list(values)
    words = (SIGNED, PERFORMED)
    signed, performed = (", ".join(["%s"] * len(those)) for those in words)
    return f"s.record_status IN ({signed}) AND s.status IN ({performed})", [word for those in words for word in those]


def _place(said: Sequence[str]) -> Place:
    values = [
        (_figure(name, text) if text else None) if name in OF_FIGURES else text
        for name, text in zip(OF_A_PLACE, said, strict=True)
    ]
    return Place(*values)  # type: ignore[arg-type]


def _figure(name: str, value: Any) -> Decimal:
    """With the places that its column has: SQLite drops zeros at the end."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-QUANTITIES[name].places))


def _panels(places: Sequence[Place]) -> list[list[Place]]:
    panels: dict[tuple[Any, ...], list[Place]] = defaultdict(list)
    for place in places:
        panels[place.panel].append(place)
    return list(panels.values())[:CHARTS_OF_A_PAGE]


def _table(measure: Measure, curves: dict[Place, Curve], places: Iterable[Place]) -> Table:
    labels = Labels()
    rows = []
    for place in places:
        said = (labels.place(place.site, place.side) or _("whole person"), _moment(place), _scale(measure, place))
        curve = curves[place]
        for number in sorted(curve.points):
            found = [value for value, _times in curve.points[number]]
            rows.append(
                Row((*said, number, curve.number(number), curve.median(number), plain(min(found)), plain(max(found))))
            )
    columns = (
        Column("place", _("Site and side")),
        Column("moment", _("When")),
        Column("scale", _("Scale, unit")),
        Column("session", _("Session of the course"), "number", counts=False),
        Column("values", _("Values"), "number"),
        Column("median", _("Median"), "number"),
        # The lowest and the highest value are each somebody's own.
        Column("lowest", _("Lowest"), "number", inside=True),
        Column("highest", _("Highest"), "number", inside=True),
    )
    empty = _("No value of this measure within these limits.")
    title = capfirst(_("%(measure)s by session") % {"measure": measure.name})
    return Table("curves", title, columns, rows, empty=empty)


def _chart(
    place: int, measure: Measure, panel: list[Place], curves: dict[Place, Curve], numbers: Sequence[int]
) -> Chart:
    """The medians of one scale, unit and moment, a line for each site and side."""
    labels, first = Labels(), panel[0]
    until = max(max(curves[one].points) for one in panel)
    sessions = [number for number in numbers if number <= until]
    if until - sessions[0] < LONGEST_AXIS:
        sessions = list(range(sessions[0], until + 1))
    said = ", ".join(part for part in (str(measure.name), _scale(measure, first), _moment(first)) if part)
    series = tuple(
        Series(labels.place(one.site, one.side) or _("whole person"), tuple(curves[one].median(n) for n in sessions))
        for one in panel[:LINES_OF_A_CHART]
    )
    return Chart(
        f"curve-{place}",
        _("Median by session: %(what)s") % {"what": said},
        "lines",
        tuple(str(number) for number in sessions),
        series,
        unit=unit_words(first.unit, first.minutes),
        x_title=_("Session of the course"),
        y_title=_("Median"),
        note=_(
            "The number of values behind each point stands in the table. A thin line passes over sessions without one."
        ),
        # A weight or a girth is read by its change, which an axis from zero would hide.
        from_zero=measure.lower_is_better is not None,
        least=measure.least if measure.least is not None or first.maximum is None else Decimal(0),
        most=measure.most if measure.most is not None else first.maximum,
        bridged=True,
    )


def _moment(place: Place) -> str:
    return str(Moment(place.moment).label)


def _scale(measure: Measure, place: Place) -> str:
    said = scale_words(measure.code, place.version, place.scale, place.maximum)
    return ", ".join(part for part in (said, unit_words(place.unit, place.minutes)) if part)


REPORT = Report(
    code="course-curves",
    title=gettext_lazy("Course curves"),
    purpose=gettext_lazy("How a measure goes from session to session: median and number of values, per site and side."),
    version="1",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
    definitions=measures,
    choice=gettext_lazy("Measure"),
    usual=usual_measure,
    named=measure_named,
)
