"""A chart as SVG text, for pages and for documents: bars, stacked bars and lines, in the active language."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.lib.axis import Axis, axis_of, axis_text
from clinic.lib.chart import Chart, Figure, Label
from clinic.lib.drawing import Drawing, width_of
from clinic.lib.plot import (
    GAP,
    NARROW,
    WIDE,
    Paper,
    Plot,
    label_text,
    labels_below,
    legend,
    line_of,
    vertical_axis,
    with_unit,
)

MOST_LYING = 30


@dataclass(frozen=True)
class Picture:
    """One drawing of a chart as a page shows it; a wide one on a narrow sheet is scrolled sideways."""

    paper: str
    svg: SafeString
    scrolls: bool


def drawn(chart: Chart) -> list[Picture]:
    """The drawings of a page: one for a desk and for paper, one for a phone."""
    return [picture(drawing_of(chart, paper), paper) for paper in (WIDE, NARROW)]


def picture(drawing: Drawing, paper: Paper) -> Picture:
    """A drawing as a page shows it."""
    return Picture(paper.code, drawing.svg(), drawing.width > paper.width)


def draw(chart: Chart, paper: Paper = WIDE) -> SafeString:
    """The drawing of `chart` as SVG text."""
    return drawing_of(chart, paper).svg()


def drawing_of(chart: Chart, paper: Paper = WIDE) -> Drawing:
    """The drawing of `chart`; one without a figure says so in words."""
    drawing = Drawing(
        f"chart-{chart.name}-{paper.code}", paper.width, 0, chart.title, described(chart), paper.size, paper is WIDE
    )
    if not chart.figures:
        drawing.height = paper.size * 3
        drawing.words(0, paper.size * 2, chart.empty or _("There is nothing to draw."))
    elif _lies(chart, paper):
        _lying(drawing, chart, paper)
    else:
        _upright(drawing, chart, paper)
    return drawing


def described(chart: Chart) -> str:
    """What a person hears in place of the picture."""
    kinds = {"bars": _("Bars."), "stacked": _("Stacked bars."), "lines": _("Lines.")}
    if not chart.figures:
        return f"{kinds[chart.kind]} {chart.empty or _('There is nothing to draw.')}"
    facts = _("%(labels)s places on the axis, figures from %(least)s to %(most)s. The table has the same numbers.") % {
        "labels": len(chart.labels),
        "least": with_unit(min(chart.figures), chart.unit),
        "most": with_unit(max(chart.figures), chart.unit),
    }
    return f"{kinds[chart.kind]} {facts}"


def _upright(drawing: Drawing, chart: Chart, paper: Paper) -> None:
    """Labels along the bottom, figures upwards."""
    axis = _axis(chart)
    left = max(width_of(axis_text(tick), paper.size) for tick in axis.ticks) + 2 * GAP
    least_slot = 2.0 if chart.kind == "lines" else 3.0 + 3 * _side_by_side(chart)
    width = max(paper.width - left - GAP, least_slot * len(chart.labels))
    drawing.width = left + width + GAP
    top = _head(drawing, chart)
    plot = Plot(left, top + paper.size * 0.5, width, paper.plot_height, axis, len(chart.labels))
    vertical_axis(drawing, plot)
    if chart.kind == "lines":
        _lines(drawing, chart, plot)
    else:
        _bars(drawing, chart, plot)
    bottom = labels_below(drawing, chart.labels, chart.label_kind, plot)
    if str(chart.x_title):
        bottom += paper.size * 1.5
        drawing.words(left + width, bottom, chart.x_title, anchor="end", room=width)
    drawing.height = bottom + paper.size * 0.6


def _head(drawing: Drawing, chart: Chart) -> float:
    """The series and what is measured, above the plot; where the plot may begin."""
    top = 0.0
    if len(chart.series) > 1:
        names = [(place, str(one.name)) for place, one in enumerate(chart.series)]
        top = legend(drawing, names, top=0, bars=chart.kind != "lines")
    measured = _measured(chart)
    if measured:
        drawing.words(0, top + drawing.size, measured, room=drawing.width)
        top += drawing.size * 1.6
    return top


def _measured(chart: Chart) -> str:
    title, unit = str(chart.y_title), str(chart.unit)
    return f"{title} ({unit})" if title and unit else title or unit


def _axis(chart: Chart) -> Axis:
    figures = _totals(chart) if chart.kind == "stacked" else chart.figures
    present = [figure for figure in figures if figure is not None]
    from_zero = chart.from_zero or chart.kind != "lines"
    return axis_of(present, whole=chart.counts, from_zero=from_zero, least=chart.least, most=chart.most)


def _totals(chart: Chart) -> list[Figure]:
    """The sum over each label; None where no series has a figure."""
    found: list[Figure] = []
    for values in zip(*(one.values for one in chart.series), strict=True):
        present = [value for value in values if value is not None]
        found.append(sum(present) if present else None)
    return found


def _side_by_side(chart: Chart) -> int:
    return 1 if chart.kind == "stacked" else len(chart.series)


def _bars(drawing: Drawing, chart: Chart, plot: Plot) -> None:
    beside = _side_by_side(chart)
    thick = min(plot.slot * (0.7 if plot.slot > 8 else 0.85), 56 * beside) / beside
    above = _totals(chart) if chart.kind == "stacked" else (chart.series[0].values if beside == 1 else ())
    widest = max((width_of(axis_text(value), drawing.size) for value in above if value is not None), default=0)
    for index, label in enumerate(chart.labels):
        base = plot.axis.low if plot.axis.low > 0 else 0
        for place, one in enumerate(chart.series):
            value = one.values[index]
            if value is None or (chart.kind == "stacked" and not value):
                continue
            end = base + value if chart.kind == "stacked" else value
            x = plot.x(index) + ((place - beside / 2) if chart.kind == "bars" else -0.5) * thick
            low, high = sorted((plot.y(base), plot.y(end)))
            said = tooltip_of(chart, label, place, index)
            drawing.bar(x, low, thick, high - low, place, said)
            base = end if chart.kind == "stacked" else base
        if above and widest + 4 <= plot.slot:
            top = above[index]
            drawing.words(plot.x(index), plot.y(top) - 4, with_unit(top, ""), anchor="middle", look="ink")


def _lines(drawing: Drawing, chart: Chart, plot: Plot) -> None:
    for place, one in enumerate(chart.series):
        aside = plot.aside(place, len(chart.series)) if chart.bridged else 0
        points = [
            None if value is None else (plot.x(index) + aside, plot.y(value)) for index, value in enumerate(one.values)
        ]
        said = [tooltip_of(chart, label, place, index) for index, label in enumerate(chart.labels)]
        line_of(drawing, points, place, said, bridged=chart.bridged)


def tooltip_of(chart: Chart, label: Label, place: int, index: int) -> str:
    """One figure in words: its label, its series, the figure with its unit."""
    one = chart.series[place]
    name = str(one.name) if len(chart.series) > 1 else ""
    parts = (label_text(label, chart.label_kind), name, with_unit(one.values[index], chart.unit))
    return " · ".join(part for part in parts if part)


def _lies(chart: Chart, paper: Paper) -> bool:
    """Long names of few things are read beside bars that lie."""
    if chart.kind == "lines" or chart.label_kind != "text" or len(chart.labels) > MOST_LYING:
        return False
    slot = (paper.width - 60) / len(chart.labels)
    return any(width_of(str(label), paper.size) + GAP > slot for label in chart.labels)


def _lying(drawing: Drawing, chart: Chart, paper: Paper) -> None:
    """Labels at the left (on a phone above their bars), figures to the right."""
    size, top = paper.size, _head(drawing, chart)
    axis, above = _axis(chart), paper is NARROW
    widest = max(width_of(str(label), size) for label in chart.labels)
    left = 0 if above else min(widest, paper.width * 0.38) + GAP
    ends = _totals(chart) if chart.kind == "stacked" else chart.figures
    right = max(width_of(with_unit(value, ""), size) for value in ends) + GAP
    width = paper.width - left - right - 1
    beside = _side_by_side(chart)
    thick = size * (1.3 if beside == 1 else 0.9)
    row = thick * beside + size * (1.9 if above else 0.7)

    def x(value: Figure) -> float:
        return left + 1 + width * axis.share(value or 0)

    y = top + size * 0.5
    for index, label in enumerate(chart.labels):
        bars = y + size * 1.3 if above else y
        middle = bars + thick * beside / 2 + size * 0.35
        drawing.words(
            GAP / 2 if above else left - GAP, y + size if above else middle, label_text(label), look="ink",
            anchor="start" if above else "end", room=paper.width - GAP / 2 if above else left - GAP,
        )  # fmt: skip
        base: Figure = 0
        for place, one in enumerate(chart.series):
            value = one.values[index]
            if value is None or (chart.kind == "stacked" and not value):
                continue
            end = (base or 0) + value if chart.kind == "stacked" else value
            start, stop = sorted((x(base), x(end)))
            bar_top = bars + (place * thick if chart.kind == "bars" else 0)
            drawing.bar(start, bar_top, stop - start, thick * 0.92, place, tooltip_of(chart, label, place, index))
            if chart.kind == "bars":
                drawing.words(stop + 5, bar_top + thick / 2 + size * 0.32, with_unit(value, ""), look="ink")
            base = end if chart.kind == "stacked" else 0
        if chart.kind == "stacked":
            drawing.words(x(base) + 5, middle, with_unit(_totals(chart)[index], ""), look="ink")
        y += row
    drawing.line(x(0), top, x(0), y, "edge")
    drawing.height = y + size * 0.3
