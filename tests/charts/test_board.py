"""The response board: what was signed, as it was measured and documented, and nothing else."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.formats import date_format
from pypdf import PdfReader

from clinic.lib.as_pdf import Frame, document
from clinic.lib.drawing import width_of
from clinic.lib.plot import NARROW, WIDE
from sessions.actions.session import log_session, mark_in_error
from sessions.actions.session_rows import Entry, Row
from sessions.actions.signature import sign_session
from sessions.charts.board import board_block, board_drawing, board_note, board_pictures, board_svg, described
from sessions.reports.board import Applied, Event, Lane, Line, Panel, ResponseBoard, Stop, response_board
from tests.factories import a_draft, a_phase, a_signed_session, an_application, an_observation, at, ready
from tests.lib.test_as_svg import ALLOWED, BLOCKS, HOSTILE, SVG, said_for_pictures, value_at

MONDAY = date(2026, 1, 12)


def seen(*scores, **values):
    """Scores of both palms, and one mass of sweat of the right one."""
    sides = ("right", "left")
    rows = [
        an_observation(value=score, side=side, index=place)
        for place, (score, side) in enumerate(zip(scores, sides, strict=True))
    ]
    return (*rows, an_observation(measure="GRAV", value="85.5", unit="mg", collection_minutes=5, index=2, **values))


def a_missed_session(*, by, course, day, reason="absent", note=""):
    values = {
        "started_at": at(day),
        "physician": by,
        "status": "not-done",
        "outcome_reason": reason,
        "outcome_note": note,
    }
    draft = log_session(by=by, course=course, entry=Entry(values=values), key=uuid4())
    return sign_session(by=by, session=draft, version=draft.version, key=uuid4())


@pytest.fixture
def course(physician):
    """Four signed sessions, one of them missed; beside them a draft and one that was entered in error."""
    _patient, course, device = ready(by=physician)
    event = Row({"term": "erythema", "severity": "mild", "serious": "no", "site": "palm", "side": "right"})
    given = {"by": physician, "course": course, "device": device}
    a_signed_session(**given, started=at(MONDAY), observations=seen("4", "3"))
    a_signed_session(
        **given, started=at(MONDAY + timedelta(2)), observations=(), events_answer="observed", events=(event,),
        applications=(an_application(phases=(a_phase(current="12.5", voltage_v=Decimal("30")),), medium="saline"),),
    )  # fmt: skip
    a_missed_session(by=physician, course=course, day=MONDAY + timedelta(4))
    a_signed_session(
        **given, started=at(MONDAY + timedelta(7)), observations=seen("2", "2"), course_phase="maintenance"
    )
    wrong = a_signed_session(**given, started=at(MONDAY + timedelta(8)), observations=seen("1", "1"))
    mark_in_error(by=physician, session=wrong, version=wrong.version, reason="another patient's")
    a_draft(**given, started=at(MONDAY + timedelta(9)), observations=seen("1", "1"))
    return course


@pytest.mark.django_db
def test_board_has_what_was_signed_and_no_more(course):
    with translation.override("en"):
        board = response_board(course)
    assert [(stop.number, stop.day, stop.status, stop.reason, stop.phase) for stop in board.stops] == [
        (1, date(2026, 1, 12), "completed", "", "induction"),
        (2, date(2026, 1, 14), "completed", "", "induction"),
        (3, date(2026, 1, 16), "not-done", "patient did not come", ""),
        (4, date(2026, 1, 19), "completed", "", "maintenance"),
    ]
    assert [(panel.measure, panel.moment, panel.unit, panel.least, panel.most) for panel in board.panels] == [
        ("HDSS severity scale (1–4)", "before the session", "", 1, 4),
        ("gravimetry", "before the session", "mg / 5 min", None, None),
    ]
    assert [(line.place, line.values) for panel in board.panels for line in panel.lines] == [
        ("palm (hand) left", ((3,), (), (), (2,))),
        ("palm (hand) right", ((4,), (), (), (2,))),
        ("palm (hand) right", ((Decimal("85.5"),), (), (), (Decimal("85.5"),))),
    ]
    assert [(lane.place, lane.setting, lane.unit, lane.values) for lane in board.lanes] == [
        ("palm (hand) both sides", "current, set", "mA", ((15, Decimal("14.5")), (Decimal("12.5"),), (), (15, Decimal("14.5")))),
        ("palm (hand) both sides", "voltage", "V", ((), (30,), (), ())),
        ("palm (hand) both sides", "time with current", "min", ((10, 10), (10,), (), (10, 10))),
    ]  # fmt: skip
    assert board.applied == (
        Applied(
            "palm (hand) both sides",
            ("tap water · direct (galvanic)", "saline · direct (galvanic)", "", "tap water · direct (galvanic)"),
        ),
    )
    assert board.events == (Event(1, "erythema", "mild", "mild", False),)
    assert (board.drafts, board.not_done) == (1, 1)


@pytest.mark.django_db
def test_board_of_any_course_takes_four_queries(course, physician):
    with CaptureQueriesContext(connection) as four:
        response_board(course)
    a_missed_session(by=physician, course=course, day=MONDAY + timedelta(10), reason="other", note="snow on the road")
    with CaptureQueriesContext(connection) as five:
        board = response_board(course)
    assert (len(four), len(five), board.stops[-1].reason) == (4, 4, "snow on the road")


@pytest.mark.django_db
def test_scales_are_never_mixed(physician):
    _patient, course, device = ready(by=physician)
    for day, name, maximum in ((0, "Hund", 3), (2, "Glent", 4), (4, "Hund", 3)):
        row = an_observation(measure="MINOR", value="2", scale_name=name, scale_maximum=maximum)
        a_signed_session(
            by=physician, course=course, device=device, started=at(MONDAY + timedelta(day)), observations=(row,)
        )
    with translation.override("en"):
        board = response_board(course)
    assert [(panel.measure, panel.least, panel.most, panel.lines[0].values) for panel in board.panels] == [
        ("Minor starch-iodine test, Glent, highest grade 4", 0, 4, ((), (2,), ())),
        ("Minor starch-iodine test, Hund, highest grade 3", 0, 3, ((2,), (), (2,))),
    ]


@pytest.mark.django_db
def test_course_without_a_signed_session_has_no_drawing(physician):
    _patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device, observations=seen("4", "4"))
    board = response_board(course)
    assert (board.drafts, board_pictures(board), board_svg(course)) == (1, [], "")


@pytest.mark.django_db
def test_drawing_says_what_was_measured_set_and_seen(course):
    with translation.override("en"):
        root = read(board_svg(course))
    texts = [(text[0].tail if len(text) else text.text) for text in root.iter(f"{SVG}text")]
    assert [text for text in texts if not text[0].isdigit()] == [
        "palm (hand) left", "palm (hand) right", "induction", "maintenance", "HDSS severity scale (1–4)",
        "before the session", "gravimetry (mg / 5 min)", "before the session", "not done", "patient did not come",
        "adverse events", "mild", "erythema", "No.", "Settings as documented", "palm (hand) both sides",
        "tap water · direct (galvanic)", "saline · direct (galvanic)", "tap water · direct (galvanic)",
        "current, set (mA)", "voltage (V)", "time with current (min)",
    ]  # fmt: skip
    assert [text for text in texts if text in {"15 / 14.5", "12.5", "30"}] == ["15 / 14.5", "12.5", "15 / 14.5", "30"]
    said = [title.text for title in root.iter(f"{SVG}title")]
    assert [text for text in said if "palm (hand) left" in text] == [
        "Session 1, 12 Jan 2026 · palm (hand) left · 3",
        "Session 4, 19 Jan 2026 · palm (hand) left · 2",
    ]
    assert "Session 1, 12 Jan 2026 · palm (hand) both sides · current, set · 15 / 14.5\u00a0mA" in said
    assert "Session 2, 14 Jan 2026 · erythema, mild" in said
    assert "Session 3, 16 Jan 2026 · not done · patient did not come" in said


@pytest.mark.django_db
def test_drawing_and_note_are_written_in_french(course):
    with translation.override("fr"):
        board = response_board(course)
        texts = [text.text for text in read(board_svg(course)).iter(f"{SVG}text")]
        assert ("14/01/2026" in texts, "12,5" in texts, "15 / 14,5" in texts) == (True, True, True)
        assert "85,5\u00a0mg / 5 min" in described(board)


@pytest.mark.django_db
def test_description_and_note_say_it_in_words(course):
    with translation.override("en"):
        board = response_board(course)
        assert described(board) == (
            "4 signed sessions, 1 of them not done, 1 adverse event. "
            "HDSS severity scale (1–4), palm (hand) left, before the session, first 3, last 2. "
            "HDSS severity scale (1–4), palm (hand) right, before the session, first 4, last 2. "
            "gravimetry, palm (hand) right, before the session, first 85.5\u00a0mg / 5 min, last 85.5\u00a0mg / 5 min. "
            "The table of sessions has the same numbers."
        )
        assert board_note(board).endswith("1 draft is not drawn: it counts once it is signed.")


@pytest.mark.django_db
def test_document_carries_the_same_drawing(course):
    frame = Frame("Course", "en", datetime(2026, 11, 22, tzinfo=UTC), "Lou Leroy")
    with translation.override("en"):
        board = response_board(course)
        block = board_block(board)
        content = document(Path(BLOCKS), {"blocks": [block]}, frame)
        assert block["svg"] == board_svg(course) == str(board_pictures(board)[0].svg)
        assert said_for_pictures(PdfReader(io.BytesIO(content))) == [f"Response board. {described(board)}"]


def read(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def a_board(count, *, words="palm (hand) left", phase="maintenance", values=None, **given):
    """A board of `count` sessions, one a day."""
    stops = tuple(
        Stop(
            UUID(int=place),
            place + 1,
            MONDAY + timedelta(place),
            "not-done" if place % 7 == 3 else "completed",
            words,
            phase,
        )
        for place in range(count)
    )
    drawn = values or tuple(() if place % 7 == 3 else (Decimal(place % 4 + 1),) for place in range(count))
    parts = {
        "panels": (Panel(words, words, words, None, None, True, (Line(words, drawn), Line(words + "2", drawn))),),
        "lanes": (Lane(words, words, words, drawn),),
        "applied": (Applied(words, (words,) * count),),
        "events": tuple(Event(place, words, severity, words, True) for place, severity in enumerate(("mild", "moderate", "severe")[:count])),
        "drafts": 0,
    }  # fmt: skip
    return ResponseBoard(stops=stops, **(parts | given))


def test_marks_stand_at_their_values_and_a_thin_line_passes_over_the_gap():
    values = ((Decimal(4),), (Decimal(3),), (), (Decimal(1), Decimal(2)))
    line = Line("palm", values)
    board = a_board(
        4,
        phase="",
        panels=(Panel("m", "", "", Decimal(1), Decimal(4), True, (line,)),),
        lanes=(),
        applied=(),
        events=(),
    )
    root = read(board_drawing(board).svg())
    found = [
        [
            (x, round(value_at(root, y), 2))
            for x, y in (map(float, point.split(",")) for point in one.get("points").split())
        ]
        for one in root.iter(f"{SVG}polyline")
    ][1:]
    assert [[y for _x, y in one] for one in found] == [[3, 2], [4, 3]]
    assert found[0][1][0] - found[1][0][0] == pytest.approx(3 * (found[1][1][0] - found[1][0][0]), abs=0.05)
    marks = [title.text for path in root.iter(f"{SVG}path") for title in path.iter(f"{SVG}title")]
    assert sorted(text[-5:] for text in marks if "· palm ·" in text) == ["1 / 2", "1 / 2", "m · 3", "m · 4"]


@pytest.mark.parametrize("paper", [WIDE, NARROW])
@pytest.mark.parametrize("count", [1, 2, 20, 120])
def test_board_of_any_length_keeps_within_its_sheet(paper, count):
    drawing = board_drawing(a_board(count), paper)
    root = read(drawing.svg())
    across = [float(node.get(name)) for node in root.iter() for name in ("x", "x1", "x2") if node.get(name)]
    down = [float(node.get(name)) for node in root.iter() for name in ("y", "y1", "y2") if node.get(name)]
    assert (min(across) >= 0, max(across) <= drawing.width, min(down) >= 0, max(down) <= drawing.height) == (True,) * 4
    assert [
        text for text in root.iter(f"{SVG}text") if not 0 <= _end(text, -1) < _end(text, 1) <= drawing.width + 1
    ] == []
    assert (drawing.width > paper.width) == (count == 120 and paper is NARROW)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("paper", [WIDE, NARROW])
def test_days_of_a_board_never_run_into_each_other(paper, language):
    with translation.override(language):
        for count in range(1, 60):
            drawing = board_drawing(a_board(count), paper)
            texts = [text for text in read(drawing.svg()).iter(f"{SVG}text") if text.text and "2026" in text.text]
            ends = [(_end(text, -1), _end(text, 1)) for text in texts]
            assert [pair for pair in pairwise(ends) if pair[0][1] > pair[1][0]] == []
            assert texts[-1].text == date_format(MONDAY + timedelta(count - 1), "SHORT_DATE_FORMAT")


def _end(text, way):
    """How far to the left or to the right a text goes."""
    wide = width_of(text[0].tail if len(text) else text.text, float(text.get("font-size")))
    share = {"start": (0, 1), "middle": (0.5, 0.5), "end": (1, 0)}[text.get("text-anchor")][way == 1]
    return float(text.get("x")) + way * share * wide


def test_what_was_typed_is_text_and_nothing_else():
    root = read(board_drawing(a_board(9, words=HOSTILE)).svg())
    assert {name for node in root.iter() for name in node.attrib} - ALLOWED == set()
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "rect",
        "path",
        "line",
        "polyline",
        "text",
    }


def test_ids_of_both_drawings_are_unique():
    ids = [
        node.get("id") for picture in board_pictures(a_board(5)) for node in read(picture.svg).iter() if node.get("id")
    ]
    assert sorted(ids) == ["board-narrow-desc", "board-narrow-title", "board-wide-desc", "board-wide-title"]


@pytest.mark.parametrize(
    ("phases", "shown"),
    [
        (["a", "", "a", "b"], ["a", "b"]),
        (["", "a", "", "b"], ["a", "b"]),
        (["a", "b", "a", ""], ["a", "b", "a"]),
        (["", ""], []),
    ],
)
def test_session_without_a_phase_belongs_to_those_around_it(phases, shown):
    board = a_board(4)
    stops = tuple(
        Stop(stop.uid, stop.number, stop.day, "completed", "", phase)
        for stop, phase in zip(board.stops, phases, strict=False)
    )
    bare = ResponseBoard(stops, (), (), (), (), 0)
    texts = [text.text for text in read(board_drawing(bare).svg()).iter(f"{SVG}text")]
    assert [text for text in texts if text in {"a", "b"}] == shown
