"""Tallies of years and of all time: each session and each patient once, whatever acts come."""

from datetime import date

import pytest

from sessions.actions.session import mark_in_error
from sessions.actions.session_rows import Row
from sessions.actions.signature import amend_session, sign_session
from sessions.models import PeriodTally
from sessions.reports.figures import differences
from tests.actions.test_at_once import at_once
from tests.factories import (
    a_consultation,
    a_course,
    a_device,
    a_draft,
    a_patient,
    a_signed_session,
    an_application,
    an_entry,
    at,
    ready,
)

BOTH = (an_application(site="palm"), an_application(site="sole", index=1))


@pytest.fixture
def known(physician):
    """A patient with a course since 2025, and a device."""
    patient = a_patient(by=physician)
    return patient, a_course_since_2025(physician, patient), a_device(by=physician)


def a_course_since_2025(physician, patient):
    held = date(2025, 1, 5)
    consultation = a_consultation(by=physician, patient=patient, held=held)
    return a_course(by=physician, patient=patient, consultation=consultation, opened=held)


def an_event(index: int = 0, **values: str) -> Row:
    given = {"term": "erythema", "severity": "mild", "serious": "no", "site": "palm", "under_electrode": "cathode"}
    return Row(values=given | values, index=index)


def told(counted_by: str) -> dict[tuple[int, int, str], tuple[int, ...]]:
    """By year, month and value: sessions, patients, events."""
    rows = PeriodTally.objects.filter(counted_by=counted_by)
    columns = ("year", "month", "which", "sessions", "patients", "events")
    return {tuple(row[:3]): tuple(row[3:]) for row in rows.values_list(*columns)}


@pytest.mark.django_db
def test_patient_counts_once_in_a_year_and_once_in_all_time(known, physician):
    _patient, course, device = known
    for day in (date(2025, 12, 31), date(2026, 1, 2), date(2026, 6, 2)):
        a_signed_session(by=physician, course=course, device=device, started=at(day), applications=BOTH)
    somebody = a_patient(by=physician)
    other = a_course_since_2025(physician, somebody)
    a_signed_session(by=physician, course=other, device=device, started=at(date(2026, 1, 2)))
    assert told("performed") == {(0, 0, ""): (4, 2, 0), (2025, 0, ""): (1, 1, 0), (2026, 0, ""): (3, 2, 0)}
    assert told("site")[0, 0, "sole"] == (3, 1, 0)
    assert told("device")[2026, 0, str(device.pk)] == (3, 2, 0)
    assert list(differences()) == []


@pytest.mark.django_db
def test_session_with_two_events_of_one_kind_counts_once(known, physician):
    _patient, course, device = known
    events = (an_event(), an_event(index=1, severity="severe"), an_event(index=2, term="pain", site=""))
    a_signed_session(
        by=physician,
        course=course,
        device=device,
        started=at(date(2026, 3, 2)),
        events=events,
        events_answer="observed",
    )
    a_signed_session(
        by=physician,
        course=course,
        device=device,
        started=at(date(2026, 3, 9)),
        events=(an_event(),),
        events_answer="observed",
    )
    assert told("event-term") == {
        (0, 0, "erythema"): (2, 1, 3),
        (0, 0, "pain"): (1, 1, 1),
        (2026, 0, "erythema"): (2, 1, 3),
        (2026, 0, "pain"): (1, 1, 1),
    }
    assert told("event-severity")[2026, 3, "mild"] == (2, 1, 3)
    assert told("event-site")[0, 0, ""] == (1, 1, 1)
    whole = PeriodTally.objects.filter(counted_by="event", year=0)
    assert whole.values_list("sessions", "events", "mild", "moderate", "severe").get() == (2, 4, 3, 0, 1)
    assert list(differences()) == []


@pytest.mark.django_db
def test_amended_session_takes_its_patient_along_only_where_it_was_the_only_one(known, physician):
    _patient, course, device = known
    a_signed_session(by=physician, course=course, device=device, started=at(date(2025, 5, 5)))
    session = a_signed_session(
        by=physician,
        course=course,
        device=device,
        started=at(date(2025, 6, 5)),
        events=(an_event(),),
        events_answer="observed",
    )
    entry = an_entry(
        by=physician,
        device=a_device(by=physician, serial_number="2"),
        started=at(date(2026, 6, 5)),
        events=(an_event(severity="moderate"),),
        events_answer="observed",
    )
    amended = amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Other year")
    assert told("performed") == {(0, 0, ""): (2, 1, 0), (2025, 0, ""): (1, 1, 0), (2026, 0, ""): (1, 1, 0)}
    assert sorted(told("device").values()) == [(1, 1, 0)] * 4
    assert told("event-severity") == {
        (0, 0, "moderate"): (1, 1, 1),
        (2026, 0, "moderate"): (1, 1, 1),
        (2026, 6, "moderate"): (1, 1, 1),
    }
    mark_in_error(by=physician, session=amended, reason="Other patient", version=amended.version)
    assert told("performed") == {(0, 0, ""): (1, 1, 0), (2025, 0, ""): (1, 1, 0)}
    assert told("event") == {}
    assert list(differences()) == []


@pytest.mark.django_db
def test_what_was_not_performed_is_in_no_tally(known, physician):
    _patient, course, device = known
    a_draft(by=physician, course=course, device=device)
    a_signed_session(
        by=physician,
        course=course,
        device=None,
        status="not-done",
        outcome_reason="absent",
        applications=(),
        observations=(),
    )
    assert PeriodTally.objects.count() == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sessions_of_one_patient_signed_at_once_in_several_courses_count_one_patient(physician):
    patient, course, device = ready(by=physician)
    courses = [course, *(a_course(by=physician, patient=patient, consultation=course.consultation) for _n in range(3))]
    drafts = [
        a_draft(by=physician, course=one, device=device, started=at(date(2026, 1, 12), 8 + place))
        for place, one in enumerate(courses * 2)
    ]
    acts = [lambda one=one: sign_session(by=physician, session=one, version=one.version) for one in drafts]
    assert at_once(*acts) == ["done"] * 8
    assert told("performed") == {(0, 0, ""): (8, 1, 0), (2026, 0, ""): (8, 1, 0)}
    assert list(differences()) == []
