"""Active courses against counts worked out by hand."""

from datetime import date

import pytest
from django.db.models import QuerySet
from django.utils import translation

from sessions.actions.course import end_course
from sessions.reports.active_courses import REPORT
from tests.factories import a_course, a_patient
from tests.reports.asking import built, rows, totals
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def courses(physician, other_physician):
    """First with sessions, first without any, maintenance by its last session, ended, and one of another physician."""
    patients = [
        a_patient(by=physician, record_number=f"2026-000{n}", family_name=f"Name{n}", given_names="Zoe")
        for n in range(1, 6)
    ]
    made = [a_course(by=physician, patient=patient, opened=date(2026, 1, 5)) for patient in patients[:4]]
    made.append(a_course(by=other_physician, patient=patients[4], indication="cellulite", sites=("hip",), planned=None))
    a_session(by=physician, course=made[0], started_at=paris(2026, 4, 1, 0, 30), course_phase="induction")
    a_session(by=physician, course=made[2], started_at=paris(2026, 3, 1, 9), course_phase="induction")
    a_session(by=physician, course=made[2], started_at=paris(2026, 4, 30, 9), course_phase="maintenance")
    a_session(by=physician, course=made[2], started_at=paris(2026, 4, 30, 10), record_status="preliminary")
    a_session(by=physician, course=made[3], started_at=paris(2026, 4, 2, 9))
    end_course(
        by=physician, course=made[3], ended_date=date(2026, 4, 3), end_reason="goal-reached", version=made[3].version
    )
    return made


def test_courses_that_have_not_ended_are_active(courses):
    found = built(REPORT)
    assert rows(found, "physician") == [("Dr Jeanne Morel", 3, 2, 1, 0), ("Dr Paul Petit", 1, 1, 0, 0)]
    assert totals(found, "physician") == ("All", 4, 3, 1, 0)
    assert rows(found, "indication") == [("cellulite and slimming", 1, 1, 0, 0), ("hyperhidrosis", 3, 2, 1, 0)]
    assert [headline.figure for headline in found.headline] == [4, 3, 1]


def test_physicians_of_one_name_are_two_lines(courses, physician, other_physician, unguarded):
    QuerySet(type(other_physician)).filter(pk=other_physician.pk).update(full_name=physician.full_name)
    assert rows(built(REPORT), "physician") == [("Dr Jeanne Morel", 3, 2, 1, 0), ("Dr Jeanne Morel", 1, 1, 0, 0)]


def test_list_begins_with_the_latest_session_and_counts_signed_ones(courses):
    found = rows(built(REPORT), "list")
    assert [(line[0], line[6], line[7], line[8], line[9]) for line in found] == [
        ("Name3 Zoe", date(2026, 4, 30), 0, 2, 7),
        ("Name1 Zoe", date(2026, 4, 1), 29, 1, 7),
        ("Name5 Zoe", None, None, 0, None),
        ("Name2 Zoe", None, None, 0, 7),
    ]


def test_days_set_by_the_clinic_end_what_stands_still(courses, settings):
    settings.ACTIVE_DAYS = 29
    assert totals(built(REPORT), "physician") == ("All", 2, 1, 1, 0)
    settings.ACTIVE_DAYS = 28
    assert totals(built(REPORT), "physician") == ("All", 1, 0, 1, 0)
    settings.ACTIVE_DAYS = 115  # the courses without a session count from their opening on 5 January
    assert totals(built(REPORT), "physician") == ("All", 4, 3, 1, 0)


def test_limits_leave_courses_with_a_counted_session_within_them(courses):
    assert totals(built(REPORT, from_date=date(2026, 4, 30)), "physician") == ("All", 1, 0, 1, 0)
    assert totals(built(REPORT, site="sole"), "physician") == ("All", 0, 0, 0, 0)


def test_nobody_is_named_to_who_may_not_see_names(courses):
    assert built(REPORT, identities=False).table("list") is None


def test_empty_logbook_has_no_active_course(db):
    assert totals(built(REPORT), "physician") == ("All", 0, 0, 0, 0)


def test_number_of_queries_stays_the_same(courses, physician, django_assert_num_queries):
    with django_assert_num_queries(4):
        built(REPORT)
    a_course(by=physician, patient=courses[0].patient, indication="cellulite", sites=("hip",))
    with django_assert_num_queries(4):
        built(REPORT)
