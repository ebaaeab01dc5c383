"""Charts as pictures: every figure at its place, every text as it was typed, and nothing that the content policy forbids."""

import io
import itertools
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils import translation
from pypdf import PdfReader

from clinic.lib.as_pdf import Frame, chart_block, document
from clinic.lib.as_svg import described, draw, drawn
from clinic.lib.axis import axis_of, axis_text
from clinic.lib.chart import Chart, Series
from clinic.lib.drawing import fitted, width_of
from clinic.lib.plot import NARROW, WIDE

SVG = "{http://www.w3.org/2000/svg}"
BLOCKS = Path(__file__).resolve().parents[2] / "sessions" / "typst" / "letter.typ"
MONTHS = tuple(date(2025 + (place + 9) // 12, (place + 9) % 12 + 1, 1) for place in range(5))
ALLOWED = {
    "id", "class", "x", "y", "x1", "x2", "y1", "y2", "d", "points", "width", "height", "viewBox", "role", "fill",
    "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "text-anchor", "font-size", "font-weight",
    "font-family", "aria-labelledby", "patternUnits",
}  # fmt: skip


def a_chart(kind="bars", labels=MONTHS, series=((3, 0, None, 12, 7),), names="abcdef", **values):
    given = {"name": "one", "title": "Sessions", "label_kind": "month" if labels is MONTHS else "text"}
    lines = tuple(Series(name, tuple(of_line)) for name, of_line in zip(names, series, strict=False))
    return Chart(kind=kind, labels=tuple(labels), series=lines, **(given | values))


def tree(chart, paper=WIDE):
    return read(draw(chart, paper))


def read(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def words(root):
    """What stands on the drawing, without the tooltips."""
    return [(text[0].tail if len(text) else text.text) or "" for text in root.iter(f"{SVG}text")]


def bars(root):
    """Left, top, width, height of each bar, without the ground of the hatches."""
    found = [rect for rect in root.iter(f"{SVG}rect") if "url(#" in rect.get("fill", "")]
    return [tuple(float(rect.get(name)) for name in ("x", "y", "width", "height")) for rect in found]


def value_at(root, y):
    """The figure that the axis has at the height `y`, by its own level lines and their figures."""
    levels = [
        (float(line.get("y1")), float(text.text.replace("−", "-").replace(",", ".").replace("\u00a0", "")))
        for line, text in zip(
            [line for line in root.iter(f"{SVG}line") if line.get("y1") == line.get("y2")],
            [text for text in root.iter(f"{SVG}text") if text.get("text-anchor") == "end"],
            strict=False,
        )
    ]
    (y1, low), (y2, high) = levels[0], levels[-1]
    return low + (y1 - y) / (y1 - y2) * (high - low)


def lines(root):
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in root.iter(f"{SVG}polyline")
    ]


@pytest.mark.parametrize(
    ("figures", "given", "axis"),
    [
        ([3, 12], {"whole": True}, (0, 15, 5)),
        ([1], {"whole": True}, (0, 1, 1)),
        ([0], {"whole": True}, (0, 1, 1)),
        ([], {}, (0, 1, "0.2")),
        ([2], {"whole": True}, (0, 2, 1)),
        ([Decimal("0.3")], {}, (0, "0.3", "0.1")),
        ([Decimal("57.4"), Decimal("59")], {"from_zero": False}, (57, 59, "0.5")),
        ([70], {"from_zero": False}, (60, 80, 20)),
        ([2, 3], {"whole": True, "least": 1, "most": 4}, (1, 4, 1)),
        ([5], {"whole": True, "least": 1, "most": 4}, (1, 5, 1)),
        ([12], {"whole": True, "least": 0, "most": 30}, (0, 30, 10)),
        ([-3, 4], {}, (-4, 4, 2)),
        ([-7], {}, (-8, 0, 2)),
        ([999_999], {"whole": True}, (0, 1_000_000, 200_000)),
    ],
)
def test_axis_has_round_steps_around_its_figures(figures, given, axis):
    found = axis_of(figures, **given)
    assert (found.low, found.high, found.step) == tuple(Decimal(end) for end in axis)


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1234567, "1,234,567", "1\u00a0234\u00a0567"),
        (Decimal("12345.50"), "12,345.5", "12\u00a0345,5"),
        (Decimal("-0.5"), "−0.5", "−0,5"),
        (0, "0", "0"),
        (Decimal("1E+3"), "1,000", "1\u00a0000"),
    ],
)
def test_figures_of_an_axis_are_written_in_the_language(value, english, french):
    with translation.override("en"):
        assert axis_text(value) == english
    with translation.override("fr"):
        assert axis_text(value) == french


def test_bars_end_at_their_figures_and_a_missing_one_is_no_zero():
    root = tree(a_chart())
    found = bars(root)
    assert [round(value_at(root, top), 1) for _x, top, _width, _height in found] == [3, 0, 12, 7]
    assert {round(value_at(root, top + height)) for _x, top, _width, height in found} == {0}
    middles = [x + width / 2 for x, _top, width, _height in found]
    slot = middles[1] - middles[0]
    assert [round((middle - middles[0]) / slot, 2) for middle in middles] == [0, 1, 3, 4]
    assert "–" in words(root)


def test_stacked_bars_stand_on_each_other_and_their_sum_above():
    root = tree(a_chart("stacked", ("a", "b"), ((2, None), (3, 4), (0, 1))))
    found = [
        (round(value_at(root, top + height), 1), round(value_at(root, top), 1))
        for _x, top, _w, height in bars(root)[3:]
    ]
    assert found == [(0, 2), (2, 5), (0, 4), (4, 5)]
    assert words(root)[-4:] == ["5", "5", "a", "b"]


def test_line_breaks_where_a_figure_is_missing_and_a_lone_figure_has_its_mark():
    chart = a_chart("lines", "123456", ((4, 2, None, 3, None, 0),))
    root = tree(chart)
    assert [[round(value_at(root, y), 1) for _x, y in line] for line in lines(root)] == [[4, 2]]
    marks = [mark.find(f"{SVG}title").text for mark in root.iter(f"{SVG}path") if mark.find(f"{SVG}title") is not None]
    assert marks == ["1 · 4", "2 · 2", "4 · 3", "6 · 0"]


def test_bridged_line_is_thin_over_a_gap_and_equal_points_of_two_lines_stand_side_by_side():
    root = tree(a_chart("lines", "1234", ((4, 2, None, 3), (4, 2, 1, 3)), bridged=True))
    drawn = list(root.iter(f"{SVG}polyline"))[2:]  # the first two stand beside the names
    assert [(line.get("stroke-width"), len(line.get("points").split())) for line in drawn] == [
        ("0.9", 2), ("1.75", 2), ("1.75", 4),
    ]  # fmt: skip
    thin, first, second = lines(root)[2:]
    assert [round(value_at(root, y), 1) for _x, y in thin] == [2, 3]
    assert [second[0][0] - first[0][0], second[3][0] - thin[1][0]] == pytest.approx([6, 6], abs=0.05)
    assert first[0][1] == second[0][1]


def test_lines_are_told_apart_without_a_colour():
    root = tree(
        a_chart(
            "lines", "123", tuple((place, place + 1, 2) for place in range(6)), names=("A", "B", "C", "D", "E", "F")
        )
    )
    assert len({line.get("stroke-dasharray") for line in root.iter(f"{SVG}polyline")}) == 6
    bars_root = tree(a_chart("stacked", "12", ((1, 1),) * 6))
    hatches = [
        "".join(ElementTree.tostring(child).decode() for child in hatch) for hatch in bars_root.iter(f"{SVG}pattern")
    ]
    assert len({re.sub(r"#\w{6}|(?:fill|line)-s\d", "", hatch) for hatch in hatches}) == 6


def test_scale_with_ends_of_its_own_is_drawn_whole():
    root = tree(a_chart("lines", "12", ((2, 3),), least=1, most=4))
    assert [text for text in words(root) if text in "0123456"] == ["1", "2", "3", "4", "1", "2"]


def test_one_point_and_no_point():
    assert [mark.find(f"{SVG}title").text for mark in tree(a_chart("lines", "1", ((7,),))).iter(f"{SVG}path")] == [
        "1 · 7"
    ]
    with translation.override("en"):
        assert words(tree(a_chart("lines", (), ()))) == ["There is nothing to draw."]
        assert words(tree(a_chart("bars", "12", ((None, None),), empty="No sessions."))) == ["No sessions."]


@pytest.mark.parametrize("paper", [WIDE, NARROW])
@pytest.mark.parametrize("count", [1, 2, 13, 47, 120])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_labels_of_many_months_do_not_touch(paper, count, language):
    months = tuple(date(2020 + (place + 11) // 12, (place + 11) % 12 + 1, 1) for place in range(count))
    with translation.override(language):
        root = tree(a_chart("bars", months, (tuple(range(count)),), label_kind="month"), paper)
    rows = {}
    for text in root.iter(f"{SVG}text"):
        if text.get("text-anchor") == "middle":
            half = width_of(text[0].tail if len(text) else text.text, paper.size) / 2
            rows.setdefault(text.get("y"), []).append((float(text.get("x")) - half, float(text.get("x")) + half))
    below = [spans for y, spans in rows.items() if float(y) > paper.plot_height]
    assert below
    assert [(a, b) for spans in below for a, b in itertools.pairwise(spans) if a[1] > b[0]] == []
    assert float(root.get("width")) >= paper.width


def test_months_are_named_in_the_language_with_the_year_below_where_it_begins():
    with translation.override("fr"):
        assert words(tree(a_chart()))[-7:] == ["oct.", "2025", "nov.", "déc.", "jan.", "2026", "fév."]
    with translation.override("en"):
        assert words(tree(a_chart()))[-7:] == ["Oct.", "2025", "Nov.", "Dec.", "Jan.", "2026", "Feb."]


def test_long_names_stand_beside_bars_that_lie_and_are_cut_with_their_whole_in_the_tooltip():
    long = "irritation à la ligne d'eau sous l'électrode de retour et tout autour de la main droite"
    root = tree(a_chart("bars", (long, "prurit"), ((6, 3),)))
    first, second = bars(root)
    assert (first[0], round(first[2] / second[2], 2)) == (second[0], 2)
    cut = next(text for text in root.iter(f"{SVG}text") if len(text))
    assert (cut[0].text, cut[0].tail[-1], long.startswith(cut[0].tail[:-1])) == (long, "…", True)


@pytest.mark.parametrize(
    ("text", "room", "expected"), [("prurit", 100, "prurit"), ("prurit", 30, "pr…"), ("x", 1, "…")]
)
def test_text_is_cut_to_its_room(text, room, expected):
    assert fitted(text, room, 13) == expected


HOSTILE = '</text><script>alert(1)</script> & "q" \' <style>*{}</style>'


@pytest.mark.parametrize("kind", ["bars", "stacked", "lines"])
@pytest.mark.parametrize("paper", [WIDE, NARROW])
def test_what_was_typed_is_text_and_nothing_else(kind, paper):
    chart = a_chart(
        kind, (HOSTILE, "b\x00\x0b"), ((1, 2), (3, 4)), names=(HOSTILE, HOSTILE + "2"), title=HOSTILE, unit=HOSTILE,
        x_title=HOSTILE, y_title=HOSTILE,
    )  # fmt: skip
    root = tree(chart, paper)
    assert root.find(f"{SVG}title").text == HOSTILE
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "rect", "path", "line", "polyline", "text",
    }  # fmt: skip
    assert {name for node in root.iter() for name in node.attrib} - ALLOWED == set()


@pytest.mark.parametrize("kind", ["bars", "stacked", "lines"])
def test_ids_are_unique_and_name_the_drawing(kind):
    series = ((1, 2), (3, 4))
    both = [a_chart(kind, "12", series), a_chart(kind, "12", series, name="two")]
    drawings = [read(picture.svg) for chart in both for picture in drawn(chart)]
    ids = [node.get("id") for root in drawings for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    for root in drawings:
        own = {node.get("id"): node for node in root.iter() if node.get("id")}
        names = [own[name].tag.removeprefix(SVG) for name in root.get("aria-labelledby").split()]
        assert (root.get("role"), names) == ("img", ["title", "desc"])
        used = {node.get("fill")[5:-1] for node in root.iter() if node.get("fill", "").startswith("url(")}
        assert used == {name for name in own if "-hatch" in name}


def test_same_chart_gives_the_same_text_and_only_a_wide_one_scrolls():
    chart = a_chart("bars", tuple(map(str, range(120))), (range(120),))
    assert draw(chart) == draw(a_chart("bars", tuple(map(str, range(120))), (range(120),)))
    assert [(picture.paper, picture.scrolls) for picture in drawn(chart)] == [("wide", False), ("narrow", True)]


def test_description_says_what_is_seen():
    chart = a_chart("lines", "12", ((Decimal("1.5"), None),), unit="mg")
    with translation.override("en"):
        assert described(chart) == (
            "Lines. 2 places on the axis, figures from 1.5\u00a0mg to 1.5\u00a0mg. The table has the same numbers."
        )


def test_table_has_the_same_numbers():
    table = a_chart("stacked", "12", ((1, None), (3, 4)), unit="mg", x_title="session").table
    assert [column.heading for column in table.columns] == ["session", "a (mg)", "b (mg)"]
    assert [row.values for row in table.rows] == [("1", 1, 3), ("2", None, 4)]


def test_series_has_one_figure_for_each_label():
    with pytest.raises(ValueError, match="3 values for 2 labels"):
        a_chart("lines", "12", ((1, 2, 3),))


@pytest.mark.parametrize("kind", ["bars", "stacked", "lines"])
def test_document_carries_the_picture_and_its_words(kind):
    chart = a_chart(kind, ("palm", "🩹" + HOSTILE), ((1, 2), (3, 4)), note="A note.")
    frame = Frame("Report", "en", datetime(2026, 11, 22, tzinfo=UTC), "Lou Leroy")
    with translation.override("en"):
        content = document(BLOCKS, {"blocks": [chart_block(chart)]}, frame)
        again = document(BLOCKS, {"blocks": [chart_block(chart)]}, frame)
    assert content == again
    reader = PdfReader(io.BytesIO(content))
    printed = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert ("palm" in printed, "A note." in printed, "[U+1FA79]" in printed) == (True, True, True)
    about = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.findall(r"<pdf(?:aid|uaid):(\w+)>(\w+)<", about) == [("part", "2"), ("conformance", "A"), ("part", "1")]
    with translation.override("en"):
        assert said_for_pictures(reader) == [f"Sessions. {described(chart)}"]


def said_for_pictures(reader):
    """The words in place of each picture, from the tree that screen readers read."""
    found, waiting = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            found += [str(node["/Alt"])] if "/Alt" in node else []
            waiting += [node["/K"]] if "/K" in node else []
    return found


def test_picture_that_is_tall_stays_on_one_page():
    chart = a_chart(
        "bars", tuple(f"a very long name of a thing that was counted, number {n}" for n in range(30)), (range(30),) * 4
    )
    block = chart_block(chart, wide=True)
    ratio = [float(end) for end in re.search(r'viewBox="0 0 (\S+) (\S+)"', block["svg"]).groups()]
    assert block["width"] * ratio[1] / ratio[0] < 131
    frame = Frame("Report", "en", datetime(2026, 11, 22, tzinfo=UTC), "Lou Leroy", wide=True)
    assert len(PdfReader(io.BytesIO(document(BLOCKS, {"blocks": [block]}, frame))).pages) == 1


def test_tooltips_are_for_those_who_point():
    chart = a_chart("bars", "12", ((1, 2),))
    titles = [[title.text for title in tree(chart, paper).iter(f"{SVG}title")] for paper in (WIDE, NARROW)]
    assert titles == [["Sessions", "1 · 1", "2 · 2"], ["Sessions"]]
