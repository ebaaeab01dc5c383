"""Response by one definition, and for every measure how many fell and rose (domain 5.2, report 3).

Counted of the stored outcomes, one row for each course, measure, scale, unit, site and side (`outcomes_counted.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.lib.chart import Chart, Series
from clinic.lib.table import Column, Row, Table
from sessions.measures.counted import PART, Direction, OutcomesBy
from sessions.measures.outcomes import BY_CODE, MEASURES
from sessions.measures.responses import Response
from sessions.reports.documented import Labels
from sessions.reports.outcomes_counted import Outcomes, Pair, outcomes_counted
from sessions.reports.rates import devices_named, people_named, per_hundred
from sessions.reports.report import Asked, Built, Headline, Report
from sessions.reports.responses import choices, definition, named, rule_in_words, usual_definition
from sessions.reports.scales import scale_words, unit_words
from sessions.reports.session_filter import ALL_LIMITS

DEFINITION = (
    gettext_lazy(
        "Counted once: each course, site and side with a first and a last value of the same measure, on the same scale, "
        "in the same unit. These are the first and last value of the whole course, from its signed sessions."
    ),
    gettext_lazy(
        "Which courses: those whose last signed session that was completed or stopped early lies within the dates, so that a "
        "course stands in one period alone; with other limits, those with such a session within them. A limit on the "
        "site leaves out values of other sites, one on the left or right side those of the opposite side."
    ),
    gettext_lazy(
        "Missing: what has a first value only (of a percentage also: whose first value is 0), and courses of an indication "
        "of this measure without any value. Neither is in the share."
    ),
    gettext_lazy("Physician and device are those of the session of the last value, or of the only one."),
    gettext_lazy("What was entered in error, and drafts, are never counted."),
)


@dataclass
class Share:
    """How many reached it, of those that can be told; the others are missing."""

    reached: int = 0
    judged: int = 0
    missing: int = 0

    def add(self, reached: bool | None, number: int) -> None:
        if reached is None:
            self.missing += number
        else:
            self.judged += number
            self.reached += number * reached

    @property
    def rate(self) -> Decimal | None:
        return per_hundred(self.reached, self.judged)

    @property
    def values(self) -> tuple[Any, ...]:
        return (self.judged, self.reached, self.rate, self.missing)

    @property
    def of_all(self) -> tuple[Any, ...]:
        """The same for a line of totals, which shows nothing where there is nothing."""
        return tuple("" if value is None else value for value in self.values)


SHARE_COLUMNS = (
    Column("judged", gettext_lazy("First and last value"), "number"),
    Column("reached", gettext_lazy("Response"), "number"),
    Column("rate", gettext_lazy("Share"), "number", "%"),
    Column("missing", gettext_lazy("Last value missing"), "number"),
)


def build(asked: Asked) -> Built:
    """The share that reached the definition, in all and by place, physician and device; and every measure."""
    used = definition(asked.definition)
    found = outcomes_counted(asked.chosen, used)
    total, without = _share(found.pairs[OutcomesBy.PLACE], used), found.without_value
    places = _places(found.pairs[OutcomesBy.PLACE], used, total)
    judged, unjudged = _measures(found)
    tables = (places, *_groups(found, used, total), _missing(total, without), judged, unjudged)
    said = {"reached": total.reached, "judged": total.judged}
    headline = (
        Headline(total.rate if total.rate is not None else "–", _("%% response: %(reached)s of %(judged)s") % said),
        Headline(total.missing, ngettext("last value missing", "last values missing", total.missing)),
        Headline(without, ngettext("course without any value", "courses without any value", without)),
    )
    return Built(tables, headline, (_chart(places, used),), (in_words(used),), used.key)


def in_words(used: Response) -> str:
    """The definition with its version and source, as a report prints it."""
    return _("Response: “%(name)s”, version %(version)s: %(rule)s. Source: %(source)s") % {
        "name": used.name,
        "version": used.version,
        "rule": rule_in_words(used),
        "source": used.source,
    }


def median(values: Iterable[tuple[Decimal, int]]) -> Decimal | None:
    """The middle of values, each with how often it is there; between two of them their mean. None of nothing."""
    ordered = sorted((value, number) for value, number in values if number)
    size = sum(number for _value, number in ordered)
    if not size:
        return None
    low, high = _at(ordered, (size - 1) // 2), _at(ordered, size // 2)
    return plain((low + high) / 2)


def plain(value: Decimal) -> Decimal:
    """The same figure without zeros at its end: as many places as it was typed with are stored, not shown."""
    return Decimal(f"{value.normalize():f}")


def _at(ordered: Sequence[tuple[Decimal, int]], place: int) -> Decimal:
    for value, number in ordered:
        if place < number:
            return value
        place -= number
    raise IndexError(place)


# --- Counting ------------------------------------------------------------------------------------


def _share(pairs: Iterable[Pair], used: Response) -> Share:
    share = Share()
    for pair in pairs:
        share.add(used.reached(pair.first, pair.last), pair.number)
    return share


def _measures(found: Outcomes) -> tuple[Table, Table]:
    """For every measure how many fell, stayed and rose: as better and worse where lower or higher is better."""
    order = {measure.code: place for place, measure in enumerate(MEASURES)}
    judged, unjudged = [], []
    for measure, scale, unit in sorted(found.directions, key=lambda key: (order[key[0]], *key[1:])):
        ways = found.directions[measure, scale, unit]
        fell, same, rose, missing = (ways.get(way, 0) for way in Direction)
        better = BY_CODE[measure].lower_is_better
        what = (str(BY_CODE[measure].name), scale_and_unit(measure, scale, unit), fell + same + rose)
        if better is None:
            unjudged.append(Row((*what, fell, same, rose, missing)))
        else:
            gained, lost = (fell, rose) if better else (rose, fell)
            judged.append(Row((*what, gained, same, lost, missing)))
    return (
        _measure_table("measures", _("Every measure: better, same, worse"), (_("Better"), _("Worse")), judged),
        _measure_table("directions", _("Measures without a better direction"), (_("Fell"), _("Rose")), unjudged),
    )


def _measure_table(name: str, title: str, words: tuple[str, str], rows: list[Row]) -> Table:
    columns = (
        Column("measure", _("Measure")),
        Column("scale", _("Scale, unit")),
        Column("both", _("First and last value"), "number"),
        Column("first-word", words[0], "number"),
        Column("same", _("Same"), "number"),
        Column("last-word", words[1], "number"),
        Column("missing", _("Last value missing"), "number"),
    )
    return Table(name, title, columns, rows, empty=_("No such value within these limits."))


def scale_and_unit(measure: str, scale: str, unit: str) -> str:
    """The scale and the unit of a stored outcome, in words; empty where the measure has one scale and no unit."""
    version, rest = scale.split("|", 1)
    name, maximum, minutes = rest.rsplit("|", 2)
    said = scale_words(measure, version, name, Decimal(maximum) if maximum else None)
    shown = unit_words(unit, Decimal(minutes) if minutes else None)
    return ", ".join(part for part in (said, shown) if part)


# --- Tables and chart ----------------------------------------------------------------------------


def _places(pairs: list[Pair], used: Response, total: Share) -> Table:
    """By site and side, one line for each scale and unit: medians of different scales are never mixed."""
    labels, places = Labels(), defaultdict(list)
    for pair in pairs:
        places[*pair.which.split(PART), pair.scale, pair.unit].append(pair)
    rows = []
    for site, side, scale, unit in sorted(places):
        here = places[site, side, scale, unit]
        both = [pair for pair in here if pair.last is not None]
        rows.append(
            Row(
                (
                    labels.place(site, side) or _("whole person"),
                    scale_and_unit(used.measure, scale, unit),
                    *_share(here, used).values,
                    median((pair.first, pair.number) for pair in both),
                    median((pair.last, pair.number) for pair in both if pair.last is not None),
                )
            )
        )
    columns = (
        Column("place", _("Site and side")),
        Column("scale", _("Scale, unit")),
        *SHARE_COLUMNS,
        Column("median_first", _("Median, first"), "number"),
        Column("median_last", _("Median, last"), "number"),
    )
    totals = Row((_("All"), "", *total.of_all, "", ""))
    empty = _("No value of this measure within these limits.")
    note = _("The medians are of those that have both values.")
    return Table("places", _("Response by site and side"), columns, rows, totals if rows else None, note, empty)


def _groups(found: Outcomes, used: Response, total: Share) -> tuple[Table, Table]:
    physicians, devices = (_by_key(found.pairs[by]) for by in (OutcomesBy.PHYSICIAN, OutcomesBy.DEVICE))
    people, machines = people_named(physicians), devices_named(devices)
    mix = _("Patients differ from one line to the next: the lines are not a comparison.")
    return (
        _group("physicians", _("Response by physician"), _("Physician"), physicians, people, used, total, mix),
        _group("devices", _("Response by device"), _("Device"), devices, machines, used, total, mix),
    )


def _by_key(pairs: Iterable[Pair]) -> dict[int, list[Pair]]:
    groups: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[int(pair.which)].append(pair)
    return groups


def _group(
    name: str, title: str, heading: str, groups: Any, words: Any, used: Response, total: Share, note: str
) -> Table:
    found = sorted((words[key], key, _share(pairs, used)) for key, pairs in groups.items())
    rows = [Row((shown, *share.values)) for shown, _key, share in found]
    columns = (Column("name", heading), *SHARE_COLUMNS)
    totals = Row((_("All"), *total.of_all)) if rows else None
    return Table(name, title, columns, rows, totals, note, _("No value of this measure within these limits."))


def _missing(total: Share, without: int) -> Table:
    rows = [
        Row((_("First and last value (site and side of a course)"), total.judged)),
        Row((_("Last value missing (site and side of a course)"), total.missing)),
        Row((_("Courses of an indication of this measure without any value"), without)),
    ]
    columns = (Column("what", _("What is there")), Column("number", _("Number"), "number"))
    return Table("missing", _("What is there and what is missing"), columns, rows)


def _chart(places: Table, used: Response) -> Chart:
    """The share by site and side, with the number behind each bar."""
    told = [row.values for row in places.rows if row.values[2]]
    labels = tuple(f"{', '.join(filter(None, values[:2]))} (n = {values[2]})" for values in told)
    return Chart(
        "response",
        _("Share with a response"),
        "bars",
        labels,
        (Series(str(used.name), tuple(values[4] for values in told)),),
        unit="%",
        x_title=_("Site and side"),
        y_title=_("Share"),
        empty=_("Nothing has a first and a last value within these limits."),
        least=0,
        most=100,
    )


REPORT = Report(
    code="response",
    title=gettext_lazy("Response"),
    purpose=gettext_lazy("How many courses reached a response, by a definition with its source, and what is missing."),
    version="2",
    definition=DEFINITION,
    build=build,
    limits=ALL_LIMITS,
    definitions=choices,
    usual=usual_definition,
    named=named,
)
