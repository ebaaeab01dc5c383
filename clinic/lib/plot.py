"""What every drawing of figures needs: the sheet, the place of a figure on it, its axes, its lines and their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil

from django.utils import translation
from django.utils.formats import date_format

from clinic.lib.axis import Axis, axis_text
from clinic.lib.chart import Figure, Label
from clinic.lib.drawing import Drawing, width_of

LONGEST_UPRIGHT_LABEL = 90
# With more points than this, only some carry a mark: the line would vanish under them.
MOST_MARKS = 40
GAP = 8
THIN = 0.9


@dataclass(frozen=True)
class Paper:
    """How wide a drawing is made, and how large its words are: a desk and a printed page, or a phone."""

    code: str
    width: float
    size: float
    plot_height: float


WIDE, NARROW = Paper("wide", 880, 13, 250), Paper("narrow", 340, 12, 190)


@dataclass(frozen=True)
class Plot:
    """Where the figures stand on the sheet."""

    left: float
    top: float
    width: float
    height: float
    axis: Axis
    count: int

    @property
    def slot(self) -> float:
        return self.width / max(self.count, 1)

    def x(self, place: int) -> float:
        """The middle of the place of a label."""
        return self.left + self.slot * (place + 0.5)

    def y(self, value: Figure) -> float:
        return self.top + self.height * (1 - self.axis.share(value or 0))

    def aside(self, order: int, lines: int) -> float:
        """How far from the middle a point of line `order` of `lines` stands: equal points are both seen."""
        return (order - (lines - 1) / 2) * min(self.slot * 0.14, 6)


def with_unit(value: Figure, unit: object) -> str:
    """A figure with its unit, never broken apart; a figure that is not there is a dash."""
    if value is None:
        return "–"
    return f"{axis_text(value)}\u00a0{unit}" if str(unit) else axis_text(value)


def label_text(label: Label, kind: str = "text") -> str:
    """A label of the axis in full."""
    if isinstance(label, date):
        return date_format(label, "F Y" if kind == "month" else "SHORT_DATE_FORMAT")
    return str(label)


def legend(drawing: Drawing, names: Sequence[tuple[int, str]], *, top: float, bars: bool, left: float = 0) -> float:
    """The names of the series with their marks, in as many lines as they need; the height that they took."""
    x, y, row = left, top + drawing.size, drawing.size * 1.7
    for place, name in names:
        swatch = drawing.size if bars else drawing.size * 2.2
        wide = swatch + 6 + width_of(name, drawing.size) + 2 * GAP
        if x > left and x + wide > drawing.width:
            x, y = left, y + row
        middle = y - drawing.size * 0.35
        if bars:
            drawing.bar(x, middle - swatch / 2, swatch, swatch, place)
        else:
            drawing.polyline([(x, middle), (x + swatch, middle)], place)
            drawing.mark(x + swatch / 2, middle, place)
        drawing.words(x + swatch + 6, y, name, look="ink", room=drawing.width - x - swatch - 6)
        x += wide
    return y - top + row - drawing.size if names else 0


def vertical_axis(drawing: Drawing, plot: Plot) -> None:
    """Level lines with their figures at the left."""
    for tick in plot.axis.ticks:
        y = plot.y(tick)
        drawing.line(plot.left, y, plot.left + plot.width, y, "edge" if tick == 0 else "grid")
        drawing.words(plot.left - GAP, y + drawing.size * 0.35, axis_text(tick), anchor="end")


def line_of(
    drawing: Drawing,
    points: Sequence[tuple[float, float] | None],
    place: int,
    tooltips: Sequence[str],
    *,
    bridged: bool = False,
) -> None:
    """A line that breaks where there is no figure, or is thin there where it is `bridged`.

    A point that stands alone has its mark always.
    """
    every = max(1, ceil(len(points) / MOST_MARKS))
    runs = _runs(points)
    if bridged:
        for before, after in pairwise(runs):
            drawing.polyline([points[before[-1]], points[after[0]]], place, width=THIN)  # type: ignore[list-item]
    for run in runs:
        if len(run) > 1:
            drawing.polyline([points[index] for index in run], place)  # type: ignore[misc]  # a run holds points alone
        for index in run:
            if len(run) == 1 or index in (run[0], run[-1]) or index % every == 0:
                x, y = points[index]  # type: ignore[misc]
                drawing.mark(x, y, place, tooltip=tooltips[index])


def _runs(points: Sequence[object]) -> list[list[int]]:
    runs: list[list[int]] = [[]]
    for index, point in enumerate(points):
        if point is None:
            runs.append([])
        else:
            runs[-1].append(index)
    return [run for run in runs if run]


def labels_below(drawing: Drawing, labels: Sequence[Label], kind: str, plot: Plot) -> float:
    """As many labels as have room, evenly thinned; where they end."""
    size, y = drawing.size, plot.top + plot.height + drawing.size * 1.4
    texts = [short_label(label, kind) for label in labels]
    widest = min(max(width_of(text, size) for text in texts), LONGEST_UPRIGHT_LABEL)
    if kind == "month":
        widest = max(widest, width_of("2000", size))
    every = max(1, ceil((widest + GAP) / plot.slot))
    year = ""
    for index in range(0, len(labels), every):
        x = plot.x(index)
        if every > 1:
            drawing.line(x, plot.top + plot.height, x, plot.top + plot.height + 4, "edge")
        drawing.words(x, y, texts[index], anchor="middle", room=every * plot.slot - 4 if every > 1 else plot.slot)
        label = labels[index]
        if kind == "month" and isinstance(label, date) and str(label.year) != year:
            year = str(label.year)
            drawing.words(x, y + size * 1.3, year, anchor="middle", look="ink")
    return y + (size * 1.3 if year else 0)


def short_label(label: Label, kind: str) -> str:
    """A label as short as it can be said: the month without its year, which stands below."""
    if kind == "month" and isinstance(label, date):
        text = date_format(label, "N")
        return text.lower() if (translation.get_language() or "").startswith("fr") else text
    return label_text(label, kind)
