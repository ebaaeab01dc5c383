"""Tallies of courses and of their outcomes, by year and of all time, whatever acts come."""

from datetime import date
from decimal import Decimal

import pytest

from sessions.actions.course import change_course, end_course
from sessions.actions.session import mark_in_error
from sessions.actions.signature import amend_session, sign_session
from sessions.models import CourseTally, OutcomeTally
from sessions.reports.figures import differences
from tests.actions.test_at_once import at_once
from tests.actions.test_period_tallies import a_course_since_2025
from tests.factories import (
    a_device,
    a_draft,
    a_patient,
    a_signed_session,
    an_entry,
    an_observation,
    at,
    ready,
)

HDSS = {"measure": "HDSS", "unit": "{score}"}


@pytest.fixture
def known(physician):
    """A course since 2025 of seven sessions planned, and a device."""
    return a_course_since_2025(physician, a_patient(by=physician)), a_device(by=physician)


def told(counted_by: str) -> dict[tuple[int, str], int]:
    """How many courses, by year and by what."""
    rows = CourseTally.objects.filter(counted_by=counted_by).values_list("year", "which", "number")
    return {(year, which): number for year, which, number in rows}


def values_of(counted_by: str) -> dict[tuple[int, str, int, int | None], int]:
    """How many outcomes, by year, by what, first and last value (None where there is none)."""
    rows = OutcomeTally.objects.filter(counted_by=counted_by)
    names = ("year", "which", "first_value", "last_value", "has_last", "number")
    return {
        (year, which, int(first), int(last) if has_last else None): number
        for year, which, first, last, has_last, number in rows.values_list(*names)
    }


def a_session(physician, known, day: date, hdss: str | None = None):
    course, device = known
    observations = (an_observation(value=hdss, **HDSS),) if hdss else ()
    return a_signed_session(by=physician, course=course, device=device, started=at(day), observations=observations)


@pytest.mark.django_db
def test_open_course_counts_once_in_each_year_with_a_session(known, physician):
    assert told("open") == {(0, "active||first"): 1}
    for day in (date(2025, 12, 31), date(2026, 1, 2), date(2026, 6, 2)):
        a_session(physician, known, day)
    [phase] = {which for _year, which in told("open")}
    assert told("open") == {(0, phase): 1, (2025, phase): 1, (2026, phase): 1}
    assert told("seen") == {(0, ""): 1, (2026, ""): 1}
    assert list(differences()) == []


@pytest.mark.django_db
def test_course_that_ended_moves_and_a_late_signature_may_undo_the_drop_out(known, physician):
    course, device = known
    course = change_course(
        by=physician,
        course=course,
        values={"planned_sessions": 2},
        sites=["palm", "sole"],
        version=course.version,
        reason="Fewer",
    )
    a_session(physician, known, date(2026, 2, 2))
    draft = a_draft(by=physician, course=course, device=device, started=at(date(2026, 2, 9)))
    end_course(
        by=physician, course=course, ended_date=date(2026, 3, 1), end_reason="patient-left", version=course.version
    )
    assert told("open") == {}
    assert told("ended") == {(0, "patient-left|planned|dropped"): 1, (2026, "patient-left|planned|dropped"): 1}
    sign_session(by=physician, session=draft, version=draft.version)
    assert told("ended") == {(0, "patient-left|planned|"): 1, (2026, "patient-left|planned|"): 1}
    assert list(differences()) == []


@pytest.mark.django_db
def test_outcomes_move_with_each_signature_and_go_with_what_was_wrong(known, physician):
    a_session(physician, known, date(2025, 12, 1), "4")
    [place] = {which for _year, which, *_values in values_of("place")}
    assert values_of("place") == {(0, place, 4, None): 1, (2025, place, 4, None): 1}
    last = a_session(physician, known, date(2026, 1, 5), "2")
    assert values_of("place") == {(0, place, 4, 2): 1, (2026, place, 4, 2): 1}
    assert values_of("direction") == {(0, "fell", 0, 0): 1, (2026, "fell", 0, 0): 1}
    assert values_of("device") == {(year, str(known[1].pk), 4, 2): 1 for year in (0, 2026)}
    assert told("measure-unit") == {(0, "HDSS|{score}"): 1, (2026, "HDSS|{score}"): 1}
    mark_in_error(by=physician, session=last, reason="Other patient", version=last.version)
    assert values_of("place") == {(0, place, 4, None): 1, (2025, place, 4, None): 1}
    assert told("measure") == {(0, "HDSS"): 1, (2025, "HDSS"): 1}
    assert list(differences()) == []


@pytest.mark.django_db
def test_amended_value_and_year_take_their_outcome_along(known, physician):
    a_session(physician, known, date(2025, 12, 1), "4")
    last = a_session(physician, known, date(2026, 1, 5), "2")
    entry = an_entry(
        by=physician,
        device=known[1],
        started=at(date(2025, 12, 15)),
        observations=(an_observation(value="4", **HDSS),),
    )
    amend_session(by=physician, session=last, entry=entry, version=last.version, reason="Other day")
    assert values_of("direction") == {(0, "same", 0, 0): 1, (2025, "same", 0, 0): 1}
    assert OutcomeTally.objects.get(counted_by="physician", year=2025).last_value == Decimal(4)
    assert list(differences()) == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sessions_of_one_course_signed_amended_and_struck_at_once_leave_the_tallies_right(physician):
    _patient, course, device = ready(by=physician)
    known = course, device
    signed = [a_session(physician, known, date(2026, 1, day), "3") for day in (6, 7, 8, 9)]
    drafts = [
        a_draft(
            by=physician,
            course=course,
            device=device,
            started=at(date(2026, 2, day)),
            observations=(an_observation(value="1", **HDSS),),
        )
        for day in (2, 3, 4)
    ]
    entry = an_entry(by=physician, device=device, started=at(date(2026, 3, 2)))
    acts = [lambda one=one: sign_session(by=physician, session=one, version=one.version) for one in drafts]
    acts += [
        lambda one=one: mark_in_error(by=physician, session=one, version=one.version, reason="Twice")
        for one in signed[:2]
    ]
    acts += [
        lambda one=one: amend_session(by=physician, session=one, version=one.version, entry=entry, reason="Other day")
        for one in signed[2:]
    ]
    acts.append(
        lambda: change_course(
            by=physician,
            course=course,
            values={"planned_sessions": 3},
            sites=["palm", "sole"],
            version=course.version,
            reason="Fewer",
        )
    )
    assert at_once(*acts) == ["done"] * 8
    assert list(differences()) == []
