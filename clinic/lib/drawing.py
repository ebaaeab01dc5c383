"""A drawing as SVG text: shapes, words, marks and hatches. What is written into it is escaped here, and nowhere else.

Presentation attributes alone carry the look, so that the strict content policy of the pages holds and the typesetter
draws the same. The classes let the style sheet give the colours of the night; without it those of the day stand.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString, mark_safe

from clinic.lib.table import Text

FONT = "Inter, DejaVu Sans, sans-serif"
INK, LIGHT, HAIRLINE, EDGE, SHEET, WASH = "#1b1d22", "#555a64", "#dcd9d0", "#7f848e", "#fbfaf6", "#f2f0ea"
LOOKS = {"ink": INK, "light": LIGHT, "grid": HAIRLINE, "edge": EDGE, "back": SHEET, "wash": WASH, "bad": "#a1121b"}
# Told apart by their lightness too; a dash, a mark and a hatch say the same again.
COLOURS = ("#1d4291", "#b5500f", "#0b7a68", "#8a3f8f", "#5b6069", "#7a6100")
DASHES = ("", "7 3", "2 3", "10 3 2 3", "12 4", "4 2 1 2")
MARKS = ("circle", "square", "triangle", "diamond", "cross", "plus")
# What XML cannot hold; nothing that was stored has it, and a drawing with it would not be drawn at all.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW, _WIDE = frozenset("iljtfrI.,:;|!'’()[] \u00a0\u202f-/°·"), frozenset("mwMW@%—…")


@dataclass
class Drawing:
    """A sheet of `width` by `height`; `ident` begins every id, so that many drawings may stand on one page."""

    ident: str
    width: float
    height: float
    title: Text
    description: Text
    size: float = 13
    tooltips: bool = True
    parts: list[SafeString] = field(default_factory=list)
    hatched: set[int] = field(default_factory=set)

    def add(self, *elements: SafeString) -> None:
        self.parts.extend(elements)

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str = "grid", width: float = 1) -> None:
        self.add(element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke_width=width, **paint(line=look)))

    def words(
        self,
        x: float,
        y: float,
        text: Text,
        *,
        anchor: str = "start",
        look: str = "light",
        bold: bool = False,
        size: float | None = None,
        room: float | None = None,
    ) -> None:
        """Text on the base line `y`; where it is longer than `room` it ends in "…", and whole in its tooltip."""
        size = size or self.size
        shown = str(text) if room is None else fitted(str(text), room, size)
        whole = (element("title", str(text)),) if shown != str(text) else ()
        weight = {"font_weight": "600"} if bold else {}
        self.add(
            element(
                "text", *whole, shown, x=x, y=y, text_anchor=anchor, font_size=size, **weight, **paint(fill=look)
            )
        )  # fmt: skip

    def told(self, tooltip: str) -> tuple[SafeString, ...]:
        """The tooltip of a shape, where there is a pointer to ask for it."""
        return (element("title", tooltip),) if tooltip and self.tooltips else ()

    def bar(self, x: float, y: float, width: float, height: float, place: int, tooltip: str = "") -> None:
        """A bar of the series `place`, in its colour and hatch."""
        self.hatched.add(place)
        whole = self.told(tooltip)
        self.add(
            element(
                "rect", *whole, x=x, y=y, width=max(width, 0.5), height=max(height, 0.5), stroke_width=1,
                fill=f"url(#{self.ident}-hatch{place})", **paint(line=place),
            )
        )  # fmt: skip

    def polyline(self, points: Iterable[tuple[float, float]], place: int, width: float = 1.75) -> None:
        """The line of the series `place`, in its colour and dash."""
        dash = {"stroke_dasharray": DASHES[place % 6]} if DASHES[place % 6] else {}
        joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.add(
            element(
                "polyline", points=joined, fill="none", stroke_width=width, stroke_linejoin="round", **dash,
                **paint(line=place),
            )
        )  # fmt: skip

    def mark(self, x: float, y: float, place: int, *, size: float = 4, tooltip: str = "") -> None:
        """The mark of the series `place`: its shape says which one it is without a colour."""
        whole = self.told(tooltip)
        shape = MARKS[place % len(MARKS)]
        look = {"fill": "none", **paint(line=place)} if shape in {"cross", "plus"} else paint(fill=place, line=place)
        self.add(
            element(
                "path",
                *whole,
                d=outline(shape, x, y, size),
                stroke_width=2 if shape in {"cross", "plus"} else 1,
                **look,
            )
        )

    def svg(self) -> SafeString:
        """The drawing as a text that may stand in a page and in a document."""
        defs = element("defs", *(self._hatch(place) for place in sorted(self.hatched))) if self.hatched else ""
        names = f"{self.ident}-title", f"{self.ident}-desc"
        return element(
            "svg", element("title", str(self.title), id=names[0]), element("desc", str(self.description), id=names[1]),
            defs, *self.parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {number(self.width)} {number(self.height)}",
            width=self.width, height=self.height, role="img", aria_labelledby=" ".join(names), font_family=FONT,
        )  # fmt: skip

    def _hatch(self, place: int) -> SafeString:
        """The ground of the bars of one series: full, lines, dots, thick lines, a grid, level lines."""
        ground = element("rect", width=8, height=8, **paint(fill="back"))
        strokes = {
            1: "M0,8 L8,0 M-1,1 L1,-1 M7,9 L9,7",
            3: "M0,0 L8,8 M-1,7 L1,9 M7,-1 L9,1",
            4: "M0,4 H8 M4,0 V8",
            5: "M0,2 H8 M0,6 H8",
        }
        if place % 6 == 0:
            drawn = element("rect", width=8, height=8, **paint(fill=place))
        elif place % 6 == 2:
            drawn = element("path", d=outline("circle", 2, 2, 1.3) + outline("circle", 6, 6, 1.3), **paint(fill=place))
        else:
            width = 3.4 if place % 6 == 3 else 1.6
            drawn = element("path", d=strokes[place % 6], stroke_width=width, fill="none", **paint(line=place))
        return element(
            "pattern", ground, drawn, id=f"{self.ident}-hatch{place}", width=8, height=8, patternUnits="userSpaceOnUse"
        )


def element(name: str, *inside: str, **attributes: str | float) -> SafeString:
    """One element; texts and values are escaped, elements stand as they are. `stroke_width` is `stroke-width`."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_written(value)}"' for key, value in attributes.items())
    content = "".join(part if isinstance(part, SafeString) else _escaped(part) for part in inside)
    # Names are this program's own; all that came from elsewhere went through `_escaped`.
    return mark_safe(f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>")  # noqa: S308


def paint(*, fill: str | int | None = None, line: str | int | None = None) -> dict[str, str]:
    """The attributes that fill an element, and draw its edge, in a look or in the colour of a series."""
    said = {
        "class_": " ".join(
            f"{kind}-{_name(look)}" for kind, look in (("fill", fill), ("line", line)) if look is not None
        )
    }
    if fill is not None:
        said["fill"] = _colour(fill)
    if line is not None:
        said["stroke"] = _colour(line)
    return said


def number(value: float) -> str:
    """A coordinate with two places at most: the same text on every machine."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def width_of(text: str, size: float) -> float:
    """About how wide `text` is in our font; rather too wide than too narrow."""
    share = sum(0.32 if sign in _NARROW else 0.9 if sign in _WIDE else 0.7 if sign.isupper() else 0.6 for sign in text)
    return share * size


def fitted(text: str, room: float, size: float) -> str:
    """`text`, cut short with "…" where it is wider than `room`."""
    if width_of(text, size) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def outline(shape: str, x: float, y: float, size: float) -> str:
    """The path of a mark around a point."""
    r = size
    corners = {
        "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        "triangle": [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
        "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    }
    if shape in corners:
        return "M" + " L".join(f"{number(x + dx * r)},{number(y + dy * r)}" for dx, dy in corners[shape]) + " Z"
    if shape == "circle":
        arc = f"a{number(r)},{number(r)} 0 1 0"
        return f"M{number(x - r)},{number(y)} {arc} {number(2 * r)},0 {arc} {number(-2 * r)},0 Z"
    crossed = [(-1.0, -1.0, 1.0, 1.0), (-1.0, 1.0, 1.0, -1.0)]
    ends = crossed if shape == "cross" else [(-1.2, 0.0, 1.2, 0.0), (0.0, -1.2, 0.0, 1.2)]
    return " ".join(
        f"M{number(x + a * r)},{number(y + b * r)} L{number(x + c * r)},{number(y + d * r)}" for a, b, c, d in ends
    )


def _written(value: str | float) -> str:
    return number(value) if isinstance(value, int | float) else _escaped(value)


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", str(text)))


def _name(look: str | int) -> str:
    return look if isinstance(look, str) else f"s{look % len(COLOURS)}"


def _colour(look: str | int) -> str:
    return LOOKS[look] if isinstance(look, str) else COLOURS[look % len(COLOURS)]
