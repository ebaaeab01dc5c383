"""Data quality against counts worked out by hand."""

from decimal import Decimal

import pytest
from django.utils import translation

from clinic.audit.act import act
from sessions.actions.figures import rebuild_figures
from sessions.models import AdverseEvent, Application, Observation, Phase
from sessions.reports.data_quality import REPORT
from sessions.reports.figures import counted
from tests.factories import a_course, a_device, a_patient
from tests.reports.asking import built, rows
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician))


@pytest.fixture
def whole(physician, course):
    """A session with nothing missing."""
    device = a_device(by=physician)

    def made(day=12, **values):
        started = paris(2026, 3, day, 9)
        complete = {"device": device, "operator": physician, "ended_at": paris(2026, 3, day, 10)}
        return a_session(by=physician, course=course, started_at=started, **complete | values)

    return made


def with_rows(physician, *made):
    with act("save_draft", by=physician) as writing:
        for row in made:
            writing.create(row)
    rebuild_figures(counted())


def a_phase(session, number=1, **values):
    given = {"current_ma": Decimal(15), "current_kind": "set", "duration_min": Decimal(10)}
    return Phase(application=Application.objects.get(session=session), number=number, **given | values)


def numbers(**limits):
    return {line[0]: line[1] for line in rows(built(REPORT, **limits), "counts") if line[1]}


def test_whole_session_shows_nothing(physician, whole):
    session = whole(record_status="preliminary")
    with_rows(physician, a_phase(session))
    assert numbers(record_status="final") == {}
    assert numbers() == {"Not signed": 1}


def test_each_gap_is_counted_of_what_is_signed_and_performed(physician, whole, unguarded):
    whole(ended_at=None)
    whole(device=None)
    whole(operator=None)
    whole(sites=())
    whole(status="not-done", device=None, sites=())
    whole(record_status="preliminary", device=None)
    whole(record_status="entered-in-error", device=None)
    whole(late_record=True, late_reason="found", incident_note="told")
    seen = whole()
    with_rows(
        physician,
        Observation(
            session=seen,
            number=1,
            measure="HDSS",
            scale_version="1",
            site="palm",
            value=3,
            unit="{score}",
            moment="before",
        ),
        Observation(
            session=seen,
            number=2,
            measure="DLQI",
            scale_version="1",
            value=9,
            unit="{score}",
            moment="before",
            retyped=["value"],
        ),
        AdverseEvent(session=seen, number=1, term="erythema", severity="mild", serious="no"),
        a_phase(seen, duration_min=None),
    )
    assert numbers() == {
        "No end written": 1, "No device written": 1, "No operator written": 1, "No application written": 1,
        "Time with current missing": 1, "Observation at a site without its side": 1, "Adverse event without its site": 1,
        "Figure typed twice": 1, "Late record": 1, "Not signed": 1, "Entered in error": 1,
    }  # fmt: skip
    listed = rows(built(REPORT), "list")
    assert len(listed) == 8
    assert [line[6] for line in listed if ";" in line[6]] == [
        "Time with current missing; Observation at a site without its side; Adverse event without its site; Figure typed twice"
    ]


def test_figure_ten_times_another_one_of_the_course_is_listed(physician, whole, unguarded):
    first, second, third = whole(1), whole(2), whole(3)
    with_rows(
        physician,
        a_phase(first),
        a_phase(second, current_ma=Decimal("1.5")),
        a_phase(third, current_ma=Decimal("14.9")),
    )
    found = built(REPORT)
    assert [line[6] for line in rows(found, "list")] == ["ten times: current"]
    assert [row.key for row in found.table("list").rows] == [first.uid]


def test_figures_far_apart_are_found_in_more_courses_than_one_statement_takes(physician, whole, monkeypatch, unguarded):
    monkeypatch.setattr("sessions.reports.data_quality.COURSES_AT_ONCE", 1)
    other = a_course(by=physician, patient=a_patient(by=physician, record_number="2026-0009"))
    low, high = (a_session(by=physician, course=other, started_at=paris(2026, 3, day, 9)) for day in (1, 2))
    with_rows(physician, a_phase(whole(1)), a_phase(whole(2), current_ma=Decimal("1.5")))
    with_rows(physician, a_phase(low, current_ma=Decimal("0.5")), a_phase(high, current_ma=Decimal(5)))
    assert numbers()["Figure ten times another one of the course"] == 2


def test_figures_of_different_courses_are_not_compared(physician, whole, unguarded):
    other = a_course(by=physician, patient=a_patient(by=physician, record_number="2026-0009"))
    small = a_session(by=physician, course=other, started_at=paris(2026, 3, 1, 9))
    with_rows(physician, a_phase(whole(1)), a_phase(small, current_ma=Decimal("0.5")))
    assert "Figure ten times another one of the course" not in numbers()


def test_number_of_queries_stays_the_same(physician, whole, django_assert_max_num_queries):
    for day in (1, 2, 3):
        whole(day, device=None)
    with django_assert_max_num_queries(7):
        built(REPORT)


def test_empty_logbook_has_nothing_to_read_again(db):
    assert (numbers(), rows(built(REPORT), "list")) == ({}, [])
