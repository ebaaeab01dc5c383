"""Opening, changing and ending courses."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from clinic.accounts.models import User
from clinic.audit.models import Act
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.course import change_course, end_course, open_course
from sessions.models import Course, CourseSite
from tests.factories import a_consultation, a_course, a_draft, a_patient, a_signed_session, at, ready

pytestmark = pytest.mark.django_db


def values_of(physician: User, **values: Any) -> dict[str, Any]:
    given = {"indication": "cellulite", "physician": physician, "opened_date": date(2026, 1, 5), "planned_sessions": 10}
    return given | values


def test_open_keeps_sites_and_number(physician: User) -> None:
    patient = a_patient(by=physician)
    course = open_course(
        by=physician, patient=patient, values=values_of(physician), sites=["buttock", "hip", "hip"], key=uuid4()
    )
    assert (course.status, course.planned_sessions) == ("active", 10)
    assert list(CourseSite.objects.values_list("site", flat=True)) == ["buttock", "hip"]
    act = Act.objects.get(kind="open_course")
    assert (act.by, act.subject, act.patient_id) == (physician, f"course:{course.uid}", patient.pk)


@pytest.mark.parametrize(
    ("changes", "sites", "fields"),
    [
        ({}, ["palm"], ["sites"]),
        ({}, [], ["sites"]),
        ({}, ["moon"], ["sites"]),
        ({"opened_date": date(2999, 1, 1)}, ["hip"], ["opened_date"]),
        ({"opened_date": date(1985, 9, 6)}, ["hip"], ["opened_date"]),
        ({"planned_sessions": 0}, ["hip"], ["planned_sessions"]),
        ({"planned_sessions": 99999}, ["hip"], ["planned_sessions"]),
        ({"goal": "\ud800"}, ["hip"], ["goal"]),
    ],
)
def test_open_refused_leaves_nothing(physician: User, changes: dict, sites: list[str], fields: list[str]) -> None:
    patient = a_patient(by=physician)
    with pytest.raises(Refused) as refused:
        open_course(by=physician, patient=patient, values=values_of(physician, **changes), sites=sites)
    assert [problem.field for problem in refused.value.problems] == fields
    assert (Course.objects.count(), CourseSite.objects.count()) == (0, 0)


def test_open_with_another_patients_records_is_refused(physician: User, staff: User) -> None:
    patient, other = a_patient(by=physician), a_patient(by=physician)
    consultation = a_consultation(by=physician, patient=other)
    previous = a_course(by=physician, patient=other)
    values = values_of(staff, consultation=consultation, previous=previous)
    with pytest.raises(Refused) as refused:
        open_course(by=physician, patient=patient, values=values, sites=["hip"])
    assert [problem.field for problem in refused.value.problems] == ["physician", "consultation", "previous"]
    with pytest.raises(Refused):
        open_course(by=staff, patient=patient, values=values_of(physician), sites=["hip"])


def test_open_sent_twice_stores_one(physician: User) -> None:
    patient = a_patient(by=physician)
    sent = {"by": physician, "patient": patient, "values": values_of(physician), "sites": ["hip"], "key": uuid4()}
    course = open_course(**sent)
    with pytest.raises(AlreadyDone) as done:
        open_course(**sent)
    assert (done.value.subject, Course.objects.count()) == (f"course:{course.uid}", 1)


def test_change_sites_and_keep_them_in_the_history(physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician), sites=("palm", "sole"))
    change_course(
        by=physician,
        course=course,
        values={"planned_sessions": 9},
        sites=["sole", "axilla"],
        version=1,
        reason="agreed",
    )
    assert list(CourseSite.objects.values_list("site", flat=True)) == ["sole", "axilla"]
    assert sorted(CourseSite.history.values_list("history_type", "site")) == [
        ("+", "axilla"), ("+", "palm"), ("+", "sole"), ("-", "palm"),
    ]  # fmt: skip
    stored = Course.objects.get()
    assert (stored.planned_sessions, stored.version, stored.history.latest().history_change_reason) == (9, 2, "agreed")


def test_change_cannot_take_a_treated_site_away(physician: User) -> None:
    _patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device)
    with pytest.raises(Refused) as refused:
        change_course(by=physician, course=course, values={}, sites=["sole"], version=1, reason="x")
    assert [problem.field for problem in refused.value.problems] == ["sites"]
    assert course.sites.count() == 2


def test_change_after_somebody_else_is_refused(physician: User) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    change_course(by=physician, course=course, values={"goal": "dry palms"}, sites=["palm"], version=1, reason="x")
    with pytest.raises(Refused) as refused:
        change_course(by=physician, course=course, values={"goal": "other"}, sites=["palm"], version=1, reason="x")
    assert [problem.code for problem in refused.value.problems] == ["changed"]
    assert Course.objects.get().goal == "dry palms"


@pytest.mark.parametrize(
    ("end_reason", "status"), [("completed", "completed"), ("goal-reached", "completed"), ("no-effect", "stopped")]
)
def test_end(physician: User, end_reason: str, status: str) -> None:
    course = a_course(by=physician, patient=a_patient(by=physician))
    end_course(by=physician, course=course, ended_date=date(2026, 2, 1), end_reason=end_reason, version=1)
    stored = Course.objects.get()
    assert (stored.status, stored.ended_date, stored.end_reason) == (status, date(2026, 2, 1), end_reason)
    with pytest.raises(Refused):
        end_course(by=physician, course=course, ended_date=date(2026, 2, 2), end_reason=end_reason, version=2)


@pytest.mark.parametrize("ended", [date(2026, 1, 4), date(2999, 1, 1), date(2026, 1, 11)])
def test_end_lies_between_the_last_session_and_today(physician: User, ended: date) -> None:
    _patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 12)))
    with pytest.raises(Refused) as refused:
        end_course(by=physician, course=course, ended_date=ended, end_reason="completed", version=1)
    assert [problem.field for problem in refused.value.problems] == ["ended_date"]
    assert Course.objects.get().is_open


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"consultation": None}, "consultation"),
        ({"consultation": "later"}, "consultation"),
        ({"opened_date": date(2026, 1, 13)}, "opened_date"),
    ],
)
def test_change_after_signing_keeps_the_consultation_before_the_first_session(
    physician: User, changes: dict[str, Any], field: str
) -> None:
    patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 12)))
    later = a_consultation(by=physician, patient=patient, held=date(2026, 1, 13))
    values = values_of(physician, indication=course.indication, consultation=course.consultation) | changes
    if values["consultation"] == "later":
        values["consultation"] = later
    with pytest.raises(Refused) as refused:
        change_course(by=physician, course=course, values=values, sites=["palm", "sole"], version=1, reason="a")
    assert [problem.field for problem in refused.value.problems] == [field]
    stored = Course.objects.get(pk=course.pk)
    assert (stored.consultation_id, stored.opened_date) == (course.consultation_id, date(2026, 1, 5))
