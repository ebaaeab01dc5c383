"""A board as it grows downwards, and its lanes: what went wrong, and what was documented as set."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.utils.translation import gettext as _

from clinic.lib.as_pdf import shown
from clinic.lib.axis import Axis, axis_of
from clinic.lib.drawing import Drawing, element, number, outline, paint, width_of
from clinic.lib.plot import GAP, Paper, Plot
from sessions.measures.words import Severity, Status
from sessions.reports.board import Lane, ResponseBoard

LANE_HEIGHT = 16.0
# What is written along a lane has room for this many wide signs at least, or it is left to the tooltip and the table.
LEAST_WORDS = 3
SEVERITY_SIZE = {Severity.MILD: 4.0, Severity.MODERATE: 4.5, Severity.SEVERE: 5.5}


@dataclass
class Sheet:
    """The drawing as it grows downwards; `y` is where the next part begins."""

    drawing: Drawing
    board: ResponseBoard
    paper: Paper
    y: float = 0
    left: float = 0
    width: float = 0

    def plot(self, axis: Axis, height: float) -> Plot:
        return Plot(self.left, self.y, self.width, height, axis, len(self.board.stops))

    def x(self, place: int) -> float:
        return self.left + self.width / len(self.board.stops) * (place + 0.5)

    def of_session(self, place: int, words: str) -> str:
        """The tooltip of something that belongs to one session."""
        return f"{self.names[place]} · {words}" if self.drawing.tooltips else ""

    @cached_property
    def names(self) -> list[str]:
        """The sessions by number and day."""
        words = _("Session %(number)s, %(day)s")
        return [words % {"number": stop.number, "day": shown(stop.day)} for stop in self.board.stops]

    def missed(self) -> None:
        """A cross where a session was not done, a half where it was stopped, each with its reason."""
        stops = self.board.stops
        kinds = [kind for kind in (Status.NOT_DONE, Status.STOPPED) if any(stop.status == kind for stop in stops)]
        if not kinds:
            return
        self.title([(_status_mark(kind), "ink", str(kind.label)) for kind in kinds])
        noted = [(place, stop) for place, stop in enumerate(stops) if stop.status in kinds]
        y = self.y + LANE_HEIGHT / 2
        for place, stop in noted:
            words = self.of_session(place, f"{Status(stop.status).label} · {stop.reason}")
            self.sign(self.x(place), y, _status_mark(stop.status), "ink", words)
        self.along([(place, stop.reason) for place, stop in noted], y)
        self.y += LANE_HEIGHT + self.paper.size * 0.6

    def events(self) -> None:
        """A triangle for each session with adverse events: hollow, full, or large with a stroke under it if serious."""
        events = self.board.events
        if not events:
            return
        used = {event.severity for event in events}
        key = [(f"event-{word.value}", "bad", str(word.label)) for word in Severity if word.value in used]
        if any(event.serious for event in events):
            key.append(("serious", "bad", _("serious")))
        self.title(key, _("adverse events"))
        y, said = self.y + LANE_HEIGHT / 2, []
        for place, group in groupby(events, key=lambda event: event.place):
            found = list(group)
            worst = max(found, key=lambda event: list(Severity.values).index(event.severity))
            words = "; ".join(f"{event.words}, {event.severity_words}" for event in found)
            self.sign(
                self.x(place),
                y,
                f"event-{worst.severity}",
                "bad",
                self.of_session(place, words),
            )
            if any(event.serious for event in found):
                self.sign(self.x(place), y, "serious", "bad", "")
            said.append((place, "; ".join(event.words for event in found)))
        self.along(said, y)
        self.y += LANE_HEIGHT + self.paper.size * 0.6

    def title(self, key: Sequence[tuple[str, str, str]], words: str = "") -> None:
        """The name of a lane, and its signs with their words."""
        size, x = self.paper.size, 0.0
        if words:
            self.drawing.words(0, self.y + size, words, look="ink", bold=True)
            x = width_of(words, size) * 1.06 + 2 * GAP
        for sign, look, said in key:
            if x and x + width_of(said, size) + 20 > self.paper.width:
                x, self.y = 0.0, self.y + size * 1.5
            self.sign(x + 6, self.y + size * 0.65, sign, look, "")
            self.drawing.words(x + 16, self.y + size, said, look="light" if words else "ink", bold=not words)
            x += 16 + width_of(said, size) * 1.06 + 2 * GAP
        self.y += size * 1.6

    def sign(self, x: float, y: float, sign: str, look: str, tooltip: str) -> None:
        """One of the signs of the lanes; each has a shape of its own."""
        whole = self.drawing.told(tooltip)
        if sign == "serious":
            self.drawing.line(x - 6, y + 8, x + 6, y + 8, look, 2)
            return
        if sign.startswith("event-"):
            severity = Severity(sign.removeprefix("event-"))
            painted = paint(line=look, fill="back" if severity == Severity.MILD else look)
            path, width = outline("triangle", x, y, SEVERITY_SIZE[severity]), 1.4
        else:
            painted = {"fill": "none", **paint(line=look)} if sign == "cross" else paint(line=look, fill=look)
            path, width = outline(sign, x, y, 4), 2.0 if sign == "cross" else 1.0
        self.drawing.add(element("path", *whole, d=path, stroke_width=width, **painted))

    def along(self, said: Sequence[tuple[int, str]], y: float) -> None:
        """Words beside their marks as far as there is room up to the next mark."""
        size, end = self.paper.size * 0.92, self.left + self.width
        for index, (place, words) in enumerate(said):
            start = self.x(place) + 9
            until = self.x(said[index + 1][0]) - 9 if index + 1 < len(said) else end
            if words and until - start >= width_of("m" * LEAST_WORDS, size):
                self.drawing.words(start, y + size * 0.35, words, size=size, room=until - start)

    def strip(self) -> None:
        """What was documented as set, place by place."""
        size, board = self.paper.size, self.board
        if not board.lanes and not board.applied:
            return
        self.drawing.words(0, self.y + size, _("Settings as documented"), look="ink", bold=True)
        self.y += size * 1.9
        for applied in board.applied:
            if len(board.applied) > 1 or applied.place:
                self.drawing.words(0, self.y + size, applied.place, look="ink", room=self.drawing.width)
                self.y += size * 1.4
            if any(applied.words):
                self.changes(applied.words)
                self.y += size * 1.5
            for lane in board.lanes:
                if lane.place == applied.place:
                    self.lane(lane)
            self.y += size * 0.4

    def changes(self, words: Sequence[str]) -> None:
        """What stands at the first session that has it, and again where it changes, as far as there is room."""
        size = self.paper.size * 0.92
        last, end, limit = "", 0.0, self.left + self.width
        for place, text in enumerate(words):
            start = self.x(place) - min(self.width / len(words) / 2, 6)
            if not text or text == last or start < end:
                continue
            room = limit - start
            if width_of(text, size) > room and place:
                start = max(end, limit - width_of(text, size))
                room = limit - start
            if width_of(text, size) <= room or not place:
                self.drawing.words(start, self.y + size, text, size=size, room=room)
                last, end = text, start + width_of(text, size) + GAP

    def lane(self, lane: Lane) -> None:
        """One setting: a stroke for each phase, as high as its figure; the figure itself where it changes."""
        size = self.paper.size
        self.drawing.words(0, self.y + size, f"{lane.setting} ({lane.unit})", room=self.drawing.width)
        self.y += size * 1.3
        texts = [" / ".join(shown(value) for value in values) for values in lane.values]
        self.changes([" / ".join(dict.fromkeys(shown(value) for value in values)) for values in lane.values])
        self.y += size * 1.2
        axis = axis_of([value for values in lane.values for value in values])
        plot = self.plot(axis, LANE_HEIGHT)
        half = min(plot.slot * 0.35, 14)
        self.drawing.line(self.left, self.y + LANE_HEIGHT, self.left + self.width, self.y + LANE_HEIGHT, "grid")
        for place, values in enumerate(lane.values):
            if not values:
                continue
            strokes = " ".join(
                f"M{number(plot.x(place) - half)},{number(plot.y(value))} H{number(plot.x(place) + half)}"
                for value in dict.fromkeys(values)
            )
            words = self.of_session(place, f"{lane.place} · {lane.setting} · {texts[place]}\u00a0{lane.unit}")
            self.drawing.add(
                element("path", *self.drawing.told(words), d=strokes, stroke_width=2, fill="none", **paint(line="ink"))
            )
        self.y += LANE_HEIGHT + size * 0.7


def _status_mark(status: str) -> str:
    return "cross" if status == Status.NOT_DONE else "square"
