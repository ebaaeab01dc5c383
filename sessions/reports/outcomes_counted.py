"""First and last values counted by place, physician and device, which way each measure went, and what is missing.

A calendar year and all time are read from the stored tallies, anything else from the outcomes one by one: the same numbers
either way (`tests/reports/test_right_numbers.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from sessions.measures.counted import PART, CoursesBy, Direction, OutcomesBy
from sessions.measures.outcomes import BY_CODE
from sessions.measures.responses import Response
from sessions.measures.sites import Side
from sessions.models import CourseFigures, CourseTally, Outcome, OutcomeTally
from sessions.reports.session_filter import SessionFilter, counted_within, whole_year

OPPOSITE: dict[str, str] = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
OF_VALUES = (OutcomesBy.PLACE, OutcomesBy.PHYSICIAN, OutcomesBy.DEVICE)
# Measure, scale, unit.
Measured = tuple[str, str, str]
# Scale, unit, place or person or device, first value, last value.
Alike = tuple[str, str, str, Decimal, Decimal | None]


@dataclass(frozen=True)
class Pair:
    """A first and a last value that some outcomes have in common, on one scale and in one unit, and how many there are.

    `which` is their site and side with a bar between, the key of their physician, or that of their device (0 for none).
    """

    scale: str
    unit: str
    which: str
    first: Decimal
    last: Decimal | None
    number: int


@dataclass
class Outcomes:
    """The outcomes of one definition, by what they are counted by, and of every measure which way it went."""

    pairs: dict[OutcomesBy, list[Pair]] = field(default_factory=lambda: defaultdict(list))
    directions: dict[Measured, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    without_value: int = 0


def outcomes_counted(chosen: SessionFilter, used: Response) -> Outcomes:
    """What stands within the limits; courses without a value are those that could have the measure of the definition."""
    year = whole_year(chosen)
    return one_by_one(chosen, used) if year is None else stored(year, used)


def _of(used: Response) -> Q:
    """Of the measure of the definition, and of its unit where it names one."""
    return Q(measure=used.measure, **({"unit": used.unit} if used.unit else {}))


# --- Stored --------------------------------------------------------------------------------------


def stored(year: int, used: Response) -> Outcomes:
    """From the tallies of a year, or of all time where it is 0."""
    found, tallies = Outcomes(), OutcomeTally.objects.filter(year=year)
    columns = ("counted_by", "scale", "unit", "which", "first_value", "last_value", "has_last", "number")
    for by, scale, unit, which, first, last, has_last, number in (
        tallies.filter(_of(used), counted_by__in=OF_VALUES).order_by().values_list(*columns)
    ):
        found.pairs[OutcomesBy(by)].append(Pair(scale, unit, which, first, last if has_last else None, number))
    directions = tallies.filter(counted_by=OutcomesBy.DIRECTION).order_by()
    for measure, scale, unit, which, number in directions.values_list("measure", "scale", "unit", "which", "number"):
        found.directions[measure, scale, unit][which] = number
    could = CourseTally.objects.filter(year=year, indication__in=BY_CODE[used.measure].indications).order_by()
    valued = (
        Q(counted_by=CoursesBy.UNIT, which=PART.join((used.measure, used.unit)))
        if used.unit
        else Q(counted_by=CoursesBy.MEASURE, which=used.measure)
    )
    sums = could.aggregate(seen=Sum("number", filter=Q(counted_by=CoursesBy.SEEN)), valued=Sum("number", filter=valued))
    found.without_value = (sums["seen"] or 0) - (sums["valued"] or 0)
    return found


# --- One by one ----------------------------------------------------------------------------------


def one_by_one(chosen: SessionFilter, used: Response) -> Outcomes:
    """From the outcomes within any limits."""
    outcomes = outcomes_within(chosen)
    return Outcomes(_pairs(outcomes, used), _directions(outcomes), _courses_without_value(chosen, used))


def outcomes_within(chosen: SessionFilter) -> QuerySet[Outcome]:
    """The outcomes of the courses within these limits, at the site and side that they name."""
    found = Outcome.objects.filter(_courses(chosen, "day"))
    if chosen.site:
        found = found.filter(site__in=[chosen.site, ""])
    opposite = OPPOSITE.get(chosen.side)
    return found.exclude(side=opposite) if opposite else found


def _courses(chosen: SessionFilter, last_day: str) -> Q:
    """The courses within these limits, asked of the stored figures of courses; `last_day` is that of their last session."""
    days = {f"{last_day}__gte": chosen.from_date, f"{last_day}__lte": chosen.to_date}
    limits = (
        Q(**{name: day for name, day in days.items() if day})
        if any(days.values())
        else Q(**{f"{last_day}__isnull": False})
    )
    others = replace(chosen, from_date=None, to_date=None)
    return limits & Q(course__in=counted_within(others).order_by().values("course")) if others.names else limits


def _pairs(outcomes: QuerySet[Outcome], used: Response) -> dict[OutcomesBy, list[Pair]]:
    """Equal first and last values counted together: few rows for a score, whatever the number of courses."""
    names = ("scale", "unit", "site", "side", "physician", "device", "first_value", "last_value")
    counts: dict[OutcomesBy, Counter[Alike]] = {by: Counter() for by in OF_VALUES}
    rows: Iterable[tuple[Any, ...]] = (
        outcomes.filter(_of(used)).order_by().values_list(*names).annotate(times=Count("pk"))
    )
    for scale, unit, site, side, physician, device, first, last, number in rows:
        which = PART.join((site, side)), str(physician), str(device or 0)
        for by, one in zip(OF_VALUES, which, strict=True):
            counts[by][scale, unit, one, first, last] += number
    return {by: [Pair(*key, number) for key, number in found.items()] for by, found in counts.items()}


def _directions(outcomes: QuerySet[Outcome]) -> dict[Measured, dict[str, int]]:
    first = F("first_value")
    ways = {
        Direction.FELL: Q(last_value__lt=first),
        Direction.SAME: Q(last_value=first),
        Direction.ROSE: Q(last_value__gt=first),
        Direction.MISSING: Q(last_value__isnull=True),
    }
    rows = outcomes.order_by().values_list("measure", "scale", "unit")
    counted = rows.annotate(**{way.value: Count("pk", filter=holds) for way, holds in ways.items()})
    return {(row[0], row[1], row[2]): dict(zip(ways, row[3:], strict=True)) for row in counted}


def _courses_without_value(chosen: SessionFilter, used: Response) -> int:
    could = Q(indication__in=BY_CODE[used.measure].indications)
    every = CourseFigures.objects.filter(_courses(chosen, "last_day"), could).count()
    valued = Outcome.objects.filter(_courses(chosen, "day"), could, _of(used))
    return every - valued.order_by().values("course").distinct().count()
