"""Three clocks: what was performed, entered and signed when, and what was entered on another day."""

from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from sessions.actions.course import end_course
from sessions.actions.result import mark_result_in_error, record_result
from sessions.actions.session import log_session, mark_in_error, save_draft
from sessions.actions.session_rows import Row
from sessions.actions.signature import add_addendum, amend_session, review_session, sign_session
from sessions.models import Sample
from sessions.reports.clocks import distance_words, late_words
from sessions.reports.timeline import Line, cursor_of, cursor_text, page_of, table_of
from sessions.reports.timeline_lines import lines_of
from tests.factories import PARIS, a_consultation, a_course, a_device, a_patient, an_application, an_entry, at, ready

pytestmark = pytest.mark.django_db
START = date(2026, 3, 9)


def on(day: int, hour: int = 18, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def clock():
    with time_machine.travel(on(9, 9), tick=False) as travelled:
        yield travelled


def line(patient, kind: str) -> Line:
    """The one line of this kind."""
    (found,) = [each for each in lines_of(patient) if each.kind == kind]
    return found


def notes(found: Line) -> list[tuple[str, str, str]]:
    return [(note.text, note.tone, note.more) for note in found.notes]


@pytest.mark.parametrize(
    ("performed", "later", "late", "distance"),
    [
        (on(9, 14), on(9, 14), "", "at the same time"),
        (on(9, 14), on(9, 14, 25), "", "25 minutes after"),
        (on(9, 14), on(9, 15), "", "1 hour after"),
        (on(9, 14), on(9, 23, 59), "", "9 hours after"),
        (on(9, 23, 50), on(10, 0, 10), "entered 1 day after", "1 day after"),
        (on(9, 14), on(12, 9), "entered 3 days after", "3 days after"),
        (on(9, 14), on(9, 13, 30), "", "30 minutes before"),
        (on(9, 14), on(9, 11), "", "3 hours before"),
        (on(10, 0, 2), on(9, 23, 58), "entered 1 day before", "1 day before"),
        (date(2026, 3, 9), on(9, 23), "", "the same day"),
        (date(2026, 3, 9), on(11, 1), "entered 2 days after", "2 days after"),
        (None, on(9), "", ""),
        # The clocks go forward in the night to the 29th: a day of 23 hours is a day.
        (
            datetime(2026, 3, 28, 23, tzinfo=PARIS),
            datetime(2026, 3, 29, 9, tzinfo=PARIS),
            "entered 1 day after",
            "1 day after",
        ),
    ],
)
def test_distances_are_said_in_clinic_days(performed, later, late, distance):
    assert (late_words(performed, later), distance_words(performed, later)) == (late, distance)


def test_a_session_entered_three_days_later_says_so(clock, physician):
    patient, course, device = ready(by=physician)
    clock.move_to(on(12, 9))
    draft = log_session(
        by=physician, course=course, entry=an_entry(by=physician, device=device, started=at(START)), key=uuid4()
    )
    clock.move_to(on(12, 11))
    sign_session(by=physician, session=draft, version=draft.version)
    found = line(patient, "session")
    assert (found.what, found.detail, found.late, found.entered.by) == (
        "Session 1, hyperhidrosis",
        "completed",
        "entered 3 days after",
        "Dr Jeanne Morel",
    )
    assert (found.performed, found.entered.at, [signed.at for signed in found.signatures]) == (
        at(START),
        on(12, 9),
        [on(12, 11)],
    )
    assert [(signed.by, signed.meaning, signed.after) for signed in found.signatures] == [
        ("Dr Jeanne Morel", "authorship", "3 days after")
    ]
    assert notes(found) == []


def test_a_draft_begun_in_time_and_written_later_is_marked(clock, physician):
    patient, course, device = ready(by=physician)
    clock.move_to(on(9, 15))

    def noted(notes):
        return an_entry(by=physician, device=device, started=at(START), applications=(), observations=(), notes=notes)

    draft = log_session(by=physician, course=course, entry=noted(""), key=uuid4())
    clock.move_to(on(9, 16))
    entry = noted("dry")
    draft = save_draft(by=physician, session=draft, entry=entry, version=draft.version)
    assert notes(line(patient, "session")) == [("draft", "draft", "")]
    clock.move_to(on(11, 8))
    save_draft(by=physician, session=draft, entry=noted("dry again"), version=draft.version)
    found = line(patient, "session")
    assert (found.late, notes(found)) == (
        "",
        [
            ("draft", "draft", ""),
            ("draft last written 11 Mar 2026, 08:00 by Dr Jeanne Morel, 2 days after", "warn", ""),
        ],
    )


def test_amended_struck_and_late_records_are_marked(clock, physician):
    patient, course, device = ready(by=physician)
    clock.move_to(on(9, 15))
    late = {"late_record": True, "late_reason": "network", "incident_note": "questions not asked", "observations": ()}
    given = {"by": physician, "device": device, "started": at(START), "replies": {}, "changed": "", **late}
    session = log_session(by=physician, course=course, entry=an_entry(**given), key=uuid4())
    session = sign_session(by=physician, session=session, version=session.version)
    clock.move_to(on(10, 9))
    kept = session.applications.get()
    rows = (Row({}, id=kept.pk, below=tuple(Row({}, id=phase.pk) for phase in kept.phases.all())),)
    entry = an_entry(**given, applications=rows, notes="corrected")
    session = amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Misspelt")
    found = line(patient, "session")
    assert [(signed.meaning, signed.revision, signed.reason, signed.after) for signed in found.signatures] == [
        ("authorship of a late record", 1, "", "55 minutes after"),
        ("amendment", 2, "Misspelt", "1 day after"),
    ]
    assert notes(found) == [("late record", "warn", ""), ("amended and signed", "signed", "revision 2")]
    mark_in_error(by=physician, session=session, reason="Another patient", version=session.version)
    found = line(patient, "session")
    assert (found.struck, notes(found)[-1]) == (
        True,
        ("entered in error, marked 10 Mar 2026, 09:00 by Dr Jeanne Morel", "error", "Another patient"),
    )


def test_a_review_stands_among_the_signatures(clock, physician, other_physician):
    patient, course, device = ready(by=physician)
    clock.move_to(on(9, 15))
    entry = an_entry(by=physician, device=device, started=at(START))
    session = log_session(by=physician, course=course, entry=entry, key=uuid4())
    session = sign_session(by=physician, session=session, version=session.version)
    clock.move_to(on(11, 9))
    review_session(by=other_physician, session=session, version=session.version)
    assert [(signed.by, signed.meaning, signed.after) for signed in line(patient, "session").signatures] == [
        ("Dr Jeanne Morel", "authorship", "55 minutes after"),
        ("Dr Paul Petit", "review", "2 days after"),
    ]


def test_events_addenda_consultations_and_courses_have_their_clocks(clock, physician):
    patient = a_patient(by=physician)
    clock.move_to(on(11, 9))
    consultation = a_consultation(by=physician, patient=patient, held=date(2026, 3, 2))
    course = a_course(by=physician, patient=patient, consultation=consultation, opened=date(2026, 3, 11))
    clock.move_to(on(12, 16))
    event = Row({"term": "erythema", "severity": "mild", "serious": "no"})
    entry = an_entry(
        by=physician, device=a_device(by=physician), started=on(12, 14), events_answer="observed", events=(event,)
    )
    session = log_session(by=physician, course=course, entry=entry, key=uuid4())
    session = sign_session(by=physician, session=session, version=session.version)
    clock.move_to(on(14, 8))
    add_addendum(by=physician, session=session, text="Gone the next day.")
    end_course(
        by=physician, course=course, ended_date=date(2026, 3, 12), end_reason="goal-reached", version=course.version
    )
    told = {each.kind: (each.what, each.late, len(each.signatures), each.performed) for each in lines_of(patient)}
    assert told == {
        "session": ("Session 1, hyperhidrosis", "", 1, on(12, 14)),
        "event": ("Adverse event: erythema, mild", "", 1, on(12, 14)),
        "addendum": ("Addendum", "", 1, None),
        "consultation": ("Consultation", "entered 9 days after", 0, date(2026, 3, 2)),
        "course": ("Course opened", "", 0, date(2026, 3, 11)),
        "end": ("Course ended", "entered 2 days after", 0, date(2026, 3, 12)),
    }
    newest = page_of(lines_of(patient)).lines
    assert [each.kind for each in newest] == ["addendum", "session", "event", "end", "course", "consultation"]
    entered = page_of(lines_of(patient), order="entered").lines
    assert [each.kind for each in entered] == ["end", "addendum", "session", "event", "course", "consultation"]
    signed = page_of(lines_of(patient), order="signed").lines
    assert [each.kind for each in signed] == ["end", "course", "consultation", "addendum", "session", "event"]


def test_a_result_has_the_laboratory_time_and_its_error(clock, physician):
    patient, course, device = ready(by=physician, indication="extraction", sites=("forearm",))
    clock.move_to(on(9, 16))
    sample = Row(
        {
            "sample_id": "A-1", "site": "forearm", "side": "left", "collector": "coil", "pooled": "no", "volume_ul": 30,
            "collected_from": at(START), "collected_until": at(START) + timedelta(minutes=30), "sufficiency": "sufficient",
        }
    )  # fmt: skip
    entry = an_entry(
        by=physician, device=device, started=at(START), indication="extraction", samples=(sample,), observations=(),
        applications=(an_application(site="forearm", side="left", arrangement="", phases=()),),
    )  # fmt: skip
    log_session(by=physician, course=course, entry=entry, key=uuid4())
    clock.move_to(on(13, 9))
    values = {
        "sufficiency": "sufficient", "comparator": "=", "result_value": 20, "result_unit": "mmol/L", "reported_at": on(11, 12)
    }  # fmt: skip
    result = record_result(by=physician, sample=Sample.objects.get(), values=values)
    clock.move_to(on(13, 10))
    mark_result_in_error(by=physician, result=result, reason="Another sample")
    found = line(patient, "result")
    assert (found.what, found.late, found.struck, notes(found)) == (
        "Laboratory result, sample A-1",
        "entered 2 days after",
        True,
        [("entered in error, marked 13 Mar 2026, 10:00 by Dr Jeanne Morel", "error", "Another sample")],
    )


def many(number: int) -> list[Line]:
    """Lines of one moment: their numbers alone tell them apart."""
    return [Line("session", pk, f"{pk}", "logbook:session", UUID(int=pk), on(9), None) for pk in range(1, number + 1)]


def test_pages_show_each_line_once_whatever_is_added():
    lines = many(120)
    first = page_of(lines)
    later = [*lines, *[each for each in many(130) if each.pk > 120]]
    second = page_of(later, after=cursor_of(cursor_text(first.following)))
    third = page_of(later, after=second.following)
    assert [each.pk for page in (first, second, third) for each in page.lines] == list(range(120, 0, -1))
    assert (first.total, third.following) == (120, None)


@pytest.mark.parametrize(
    "text", ["x", "2026-03-09T14:05:00.000000_session_", "2026-13-09T14:05:00.000000_session_1", "٢_session_1"]
)
def test_a_place_that_does_not_exist_is_none(text):
    assert cursor_of(text) is None


def test_the_table_holds_every_line(clock, physician):
    patient, course, device = ready(by=physician)
    clock.move_to(on(12, 9))
    draft = log_session(
        by=physician, course=course, entry=an_entry(by=physician, device=device, started=at(START)), key=uuid4()
    )
    sign_session(by=physician, session=draft, version=draft.version)
    table = table_of(patient, lines_of(patient))
    assert [column.name for column in table.columns] == [
        "what", "performed_on", "performed_at", "entered", "entered_by", "late", "signed", "signatures", "notes"
    ]  # fmt: skip
    assert table.rows[0].values == (
        "Session 1, hyperhidrosis, completed", START, time(14, 5), on(12, 9), "Dr Jeanne Morel", "entered 3 days after", on(12, 9),
        "12 Mar 2026, 09:00 Dr Jeanne Morel, authorship", "",
    )  # fmt: skip
    assert len(table.rows) == 3


def test_number_of_queries_does_not_grow(clock, physician):
    patient, course, device = ready(by=physician)
    counts = []
    for number in (1, 4):
        for _each in range(number):
            clock.shift(timedelta(hours=2))
            entry = an_entry(by=physician, device=device, started=at(START, 8))
            draft = log_session(by=physician, course=course, entry=entry, key=uuid4())
            sign_session(by=physician, session=draft, version=draft.version)
        with CaptureQueriesContext(connection) as queries:
            lines_of(patient)
        counts.append(len(queries))
    assert counts == [counts[0]] * 2
    assert counts[0] <= 16
