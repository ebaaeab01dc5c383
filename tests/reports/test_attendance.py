"""Attendance and drop-out against counts worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import QuerySet
from django.utils import translation

from sessions.actions.course import end_course
from sessions.reports.attendance import REPORT
from tests.factories import a_course, a_patient
from tests.reports.asking import built, rows, totals
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def course(physician):
    return a_course(by=physician, patient=a_patient(by=physician), planned=3)


def test_absent_is_told_from_not_done_for_another_reason(physician, course):
    for day, status, reason in (
        (1, "completed", ""), (2, "stopped", "pain"), (3, "not-done", "absent"), (4, "not-done", "absent"),
        (5, "not-done", "device-fault"), (6, "completed", ""),
    ):  # fmt: skip
        sites = () if status == "not-done" else ("palm",)
        a_session(
            by=physician,
            course=course,
            started_at=paris(2026, 3, day, 9),
            status=status,
            outcome_reason=reason,
            sites=sites,
        )
    start = paris(2026, 3, 31, 23, 59)
    a_session(
        by=physician,
        course=course,
        started_at=start,
        record_status="amended",
        revision=2,
        events_answer="none-observed",
        skin_before="intact",
        skin_after="intact",
    )
    a_session(by=physician, course=course, started_at=start, record_status="preliminary")
    a_session(by=physician, course=course, started_at=start, record_status="entered-in-error")
    a_session(by=physician, course=course, started_at=paris(2026, 4, 1, 0, 1))
    found = built(REPORT)
    assert rows(found, "months") == [
        (date(2026, 3, 1), 7, 4, Decimal("57.1"), 2, 1),
        (date(2026, 4, 1), 1, 1, Decimal("100.0"), 0, 0),
    ]
    assert totals(found, "indication") == ("All", 8, 5, Decimal("62.5"), 2, 1)
    assert [str(headline.figure) for headline in found.headline] == ["62.5", "–"]
    chart = found.charts[0]
    assert [(str(series.name), series.values) for series in chart.series] == [
        ("attended", (4, 1)), ("absent", (2, 0)), ("not done for another reason", (1, 0)),
    ]  # fmt: skip


def ended(physician, *, done, planned, reason, number, on=date(2026, 4, 20)):
    patient = a_patient(by=physician, record_number=f"2026-01{number:02}", family_name=f"Ended{number}")
    course = a_course(by=physician, patient=patient, planned=planned)
    for day in range(1, done + 1):
        a_session(by=physician, course=course, started_at=paris(2026, 4, day, 9))
    end_course(by=physician, course=course, ended_date=on, end_reason=reason, version=course.version)
    return course


def test_drop_out_ended_before_the_planned_number_and_not_at_the_goal(physician):
    ended(physician, done=3, planned=3, reason="completed", number=1)
    ended(physician, done=2, planned=3, reason="goal-reached", number=2)
    ended(physician, done=2, planned=3, reason="patient-left", number=3)
    ended(physician, done=0, planned=3, reason="lost-contact", number=4)
    ended(physician, done=1, planned=None, reason="patient-left", number=5)
    found = built(REPORT)
    assert rows(found, "drop-out") == [("Dr Jeanne Morel", "hyperhidrosis", 5, 4, 2, Decimal("50.0"))]
    assert rows(found, "reasons") == [
        ("course completed", 1), ("goal reached", 1), ("patient stopped coming", 2), ("contact lost", 1),
    ]  # fmt: skip
    assert totals(found, "reasons") == ("All", 5)
    assert [(str(line.figure), str(line.words)) for line in found.headline] == [
        ("100.0", "% attendance: 8 of 8"), ("50.0", "% drop-out: 2 of 4"),
    ]  # fmt: skip


def test_course_counts_in_the_period_of_its_end(physician):
    ended(physician, done=1, planned=3, reason="patient-left", number=1, on=date(2026, 4, 20))
    assert totals(built(REPORT, to_date=date(2026, 4, 20)), "reasons") == ("All", 1)
    assert totals(built(REPORT, to_date=date(2026, 4, 19)), "reasons") == ("All", 0)


def test_course_counts_in_the_period_of_its_end_though_its_sessions_lie_before(physician):
    ended(physician, done=2, planned=3, reason="patient-left", number=1, on=date(2026, 5, 20))
    ended(physician, done=0, planned=3, reason="lost-contact", number=2, on=date(2026, 5, 31))
    may = {"from_date": date(2026, 5, 1), "to_date": date(2026, 5, 31)}
    assert totals(built(REPORT, **may), "drop-out") == ("All", "", 2, 2, 2, Decimal("100.0"))
    assert totals(built(REPORT, **may, site="palm"), "drop-out") == ("All", "", 1, 1, 1, Decimal("100.0"))
    assert totals(built(REPORT, **may, site="sole"), "reasons") == ("All", 0)


def test_physicians_of_one_name_are_two_in_the_drop_outs(physician, other_physician, unguarded):
    QuerySet(type(other_physician)).filter(pk=other_physician.pk).update(full_name=physician.full_name)
    ended(physician, done=1, planned=3, reason="patient-left", number=1)
    ended(other_physician, done=3, planned=3, reason="completed", number=2)
    found = rows(built(REPORT), "drop-out")
    assert [line[2:] for line in found] == [(1, 1, 1, Decimal("100.0")), (1, 1, 0, Decimal("0.0"))]


def test_empty_logbook_has_no_rates(db):
    found = built(REPORT)
    assert (rows(found, "months"), [headline.figure for headline in found.headline]) == ([], ["–", "–"])
