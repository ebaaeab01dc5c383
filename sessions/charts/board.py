"""The response board as one drawing: outcomes above, what went wrong below them, documented settings as a strip."""

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.lib.as_pdf import picture_block, shown
from clinic.lib.as_svg import Picture, picture
from clinic.lib.axis import Axis, axis_of, axis_text
from clinic.lib.drawing import Drawing, element, paint, width_of
from clinic.lib.plot import GAP, NARROW, WIDE, Paper, Plot, legend, line_of, vertical_axis, with_unit
from sessions.charts.sheet import LEAST_WORDS, Sheet
from sessions.measures.words import Status
from sessions.models import Course
from sessions.reports.board import Line, Panel, ResponseBoard, Stop, response_board

LEAST_SLOT = 7.0
PANEL_HEIGHT = {WIDE.code: 110.0, NARROW.code: 95.0}


def board_pictures(board: ResponseBoard) -> list[Picture]:
    """The drawings of a page: one for a desk and for paper, one for a phone."""
    return [picture(board_drawing(board, paper), paper) for paper in (WIDE, NARROW)] if board.stops else []


def board_svg(course: Course) -> str:
    """The drawing of a course as SVG text, for a document; empty where no session is signed."""
    board = response_board(course)
    return str(board_drawing(board).svg()) if board.stops else ""


def board_block(board: ResponseBoard, *, wide: bool = False) -> dict[str, object]:
    """The drawing as the block of kind "picture" of a document in the active language."""
    return picture_block(board_drawing(board), wide=wide, note=board_note(board))


def board_drawing(board: ResponseBoard, paper: Paper = WIDE) -> Drawing:
    """The drawing of a board that has signed sessions."""
    drawing = Drawing(
        f"board-{paper.code}", paper.width, 0, _("Response board"), described(board), paper.size, paper is WIDE
    )
    _Board(drawing, board, paper).draw()
    return drawing


def board_note(board: ResponseBoard) -> str:
    """How to read the drawing, and what is not in it."""
    said = [
        _(
            "Values as measured, settings as documented; nothing is judged. A thin line passes over sessions without this value."
        )
    ]
    if board.drafts:
        said.append(
            ngettext(
                "%(number)s draft is not drawn: it counts once it is signed.",
                "%(number)s drafts are not drawn: they count once they are signed.",
                board.drafts,
            )
            % {"number": board.drafts}
        )
    return " ".join(said)


def described(board: ResponseBoard) -> str:
    """What a person hears in place of the drawing: how many sessions, and each line's first and last value."""
    stops, missed, events = len(board.stops), board.not_done, len(board.events)
    counted = [
        ngettext("%(number)s signed session", "%(number)s signed sessions", stops) % {"number": stops},
        ngettext("%(number)s of them not done", "%(number)s of them not done", missed) % {"number": missed},
        ngettext("%(number)s adverse event", "%(number)s adverse events", events) % {"number": events},
    ]
    said = [f"{', '.join(counted)}."]
    for panel in board.panels:
        for line in panel.lines:
            values = [of_stop[-1] for of_stop in line.values if of_stop]
            said.append(
                _("%(measure)s, %(place)s, %(moment)s, first %(first)s, last %(last)s.")
                % {
                    "measure": panel.measure, "place": line.place, "moment": panel.moment,
                    "first": with_unit(values[0], panel.unit), "last": with_unit(values[-1], panel.unit),
                }
            )  # fmt: skip
    return " ".join([*said, _("The table of sessions has the same numbers.")])


class _Board(Sheet):
    """The outcomes, and below them what the sheet has in its lanes."""

    def draw(self) -> None:
        size, stops = self.paper.size, self.board.stops
        axes = [_axis_of(panel) for panel in self.board.panels]
        ticks = [axis_text(tick) for axis in axes for tick in axis.ticks]
        self.left = max(width_of(text, size) for text in [*ticks, _("No.")]) + 2 * GAP
        self.width = max(self.paper.width - self.left - GAP, LEAST_SLOT * len(stops))
        self.drawing.width = self.left + self.width + GAP
        self.legend()
        self.phases()
        top, below = self.y, len(self.drawing.parts)
        for panel, axis in zip(self.board.panels, axes, strict=True):
            self.panel(panel, axis)
        self.columns(top, below)
        self.missed()
        self.events()
        self.sessions()
        self.strip()
        self.drawing.height = self.y + size * 0.5

    @property
    def places(self) -> dict[str, int]:
        """Every site and side has its own look, the same in every panel."""
        names = dict.fromkeys(line.place for panel in self.board.panels for line in panel.lines)
        return {name: place for place, name in enumerate(names)}

    def legend(self) -> None:
        names = [(place, name) for name, place in self.places.items()]
        self.y += legend(self.drawing, names, top=0, bars=False)

    def phases(self) -> None:
        """The phases of the course, each over its sessions."""
        size, end = self.paper.size, 0
        phases = _phases(self.board.stops)
        if not any(phases):
            return
        half = self.width / len(self.board.stops) / 2
        for phase, group in groupby(phases):
            start, end = end, end + len(list(group))
            x1, x2 = self.x(start) - half, self.x(end - 1) + half
            if phase:
                self.drawing.line(x1 + 1, self.y + size * 1.6, x2 - 1, self.y + size * 1.6, "edge", 2)
                room = x2 - x1 - 4
                if width_of("m" * LEAST_WORDS, size) <= room:
                    self.drawing.words(
                        (x1 + x2) / 2, self.y + size * 1.2, phase, anchor="middle", look="ink", room=room
                    )
        self.y += size * 2.2

    def columns(self, top: float, below: int) -> None:
        """A ground behind each session that was not done, as high as the outcomes; it lies under what is drawn since."""
        slot = self.width / len(self.board.stops)
        grounds = [
            element(
                "rect", x=self.x(place) - slot / 2, y=top, width=slot, height=self.y - top, **paint(fill="wash")
            )
            for place, stop in enumerate(self.board.stops)
            if stop.status == Status.NOT_DONE
        ]  # fmt: skip
        self.drawing.parts[below:below] = grounds if self.board.panels else []

    def panel(self, panel: Panel, axis: Axis) -> None:
        """One measure with its axis and a line for each site and side."""
        size = self.paper.size
        unit = f" ({panel.unit})" if panel.unit else ""
        self.drawing.words(0, self.y + size, f"{panel.measure}{unit}", look="ink", bold=True, room=self.paper.width)
        used = width_of(f"{panel.measure}{unit}", size) * 1.06 + GAP
        if used + width_of(panel.moment, size) < self.paper.width:
            self.drawing.words(used, self.y + size, panel.moment)
            self.y += size * 1.8
        else:
            self.drawing.words(0, self.y + size * 2.3, panel.moment, room=self.paper.width)
            self.y += size * 3.1
        plot = self.plot(axis, PANEL_HEIGHT[self.paper.code])
        vertical_axis(self.drawing, plot)
        for order, line in enumerate(panel.lines):
            self.line(panel, line, plot, plot.aside(order, len(panel.lines)))
        self.y += plot.height + size * 1.6

    def line(self, panel: Panel, line: Line, plot: Plot, aside: float) -> None:
        """The values of one site and side; a thin line passes over sessions without one."""
        place = self.places[line.place]
        points = [(plot.x(at) + aside, plot.y(values[-1])) if values else None for at, values in enumerate(line.values)]
        said = [self.said(at, line.place, values, panel.unit) for at, values in enumerate(line.values)]
        line_of(self.drawing, points, place, said, bridged=True)
        for at, values in enumerate(line.values):
            for value in values[:-1]:
                self.drawing.mark(plot.x(at) + aside, plot.y(value), place, size=3, tooltip=said[at])

    def said(self, at: int, place: str, values: Sequence[object], unit: str) -> str:
        return self.of_session(at, f"{place} · {' / '.join(map(shown, values))}\u00a0{unit}".rstrip("\u00a0"))

    def sessions(self) -> None:
        """The numbers and days of the sessions."""
        size, stops = self.paper.size, self.board.stops
        slot = self.width / len(stops)
        self.drawing.line(self.left, self.y, self.left + self.width, self.y, "edge")
        numbers = [str(stop.number) for stop in stops]
        every = max(1, ceil((max(width_of(text, size) for text in numbers) + 5) / slot))
        for place in range(0, len(stops), every):
            self.drawing.words(self.x(place), self.y + size * 1.3, numbers[place], anchor="middle", look="ink")
        days = [shown(stop.day) for stop in stops]
        wide = max(width_of(text, size * 0.92) for text in days) + GAP
        step, last = max(1, ceil(wide / slot)), len(stops) - 1
        if slot * len(stops) >= wide:
            free, until = 0.0, self._begin(last, wide - GAP)
            for place in [*range(0, last, step), last]:
                begin = self._begin(place, wide - GAP)
                if place != last and (begin < free or begin + wide > until):
                    continue
                free = begin + wide
                anchor, x = self._edge(place, wide - GAP)
                self.drawing.words(x, self.y + size * 2.6, days[place], anchor=anchor, size=size * 0.92)
        self.drawing.words(0, self.y + size * 1.3, _("No."), look="light", room=self.left - GAP)
        self.y += size * 3.6

    def _begin(self, place: int, wide: float) -> float:
        """Where a day begins; those at the edges stand nearer to the middle than their session."""
        return max(0.0, min(self.x(place) - wide / 2, self.drawing.width - wide))

    def _edge(self, place: int, wide: float) -> tuple[str, float]:
        """Where a day stands so that it keeps within the sheet."""
        x = self.x(place)
        if x - wide / 2 < 0:
            return "start", 0
        if x + wide / 2 > self.drawing.width:
            return "end", self.drawing.width
        return "middle", x


def _axis_of(panel: Panel) -> Axis:
    values = [value for line in panel.lines for of_stop in line.values for value in of_stop]
    whole = all(value == value.to_integral_value() for value in values)
    return axis_of(values, whole=whole, from_zero=panel.from_zero, least=panel.least, most=panel.most)


def _phases(stops: Sequence[Stop]) -> list[str]:
    """The phase of each session; one without a phase, such as one that was missed, belongs to those around it."""
    named = [(place, stop.phase) for place, stop in enumerate(stops) if stop.phase]
    found = [stop.phase for stop in stops]
    for (before, phase), (after, following) in pairwise(named):
        if phase == following:
            found[before:after] = [phase] * (after - before)
    return found
