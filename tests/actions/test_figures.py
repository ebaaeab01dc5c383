"""Stored figures: what each act writes beside the record, and that it is what the record says after any acts at all."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.lib.problems import Refused
from sessions.actions.patient import change_patient
from sessions.actions.session import mark_in_error, save_draft
from sessions.actions.signature import amend_session, sign_session
from sessions.models import CourseFigures, CourseTally, Outcome, OutcomeTally, PeriodTally, SessionFigures, Tally
from sessions.reports.figures import differences
from tests.actions.chance import Chance
from tests.actions.test_at_once import at_once
from tests.factories import a_draft, a_patient, a_signed_session, an_application, an_entry, an_observation, at, ready

FIGURES = (
    "logbook_sessionfigures",
    "logbook_tally",
    "logbook_coursefigures",
    "logbook_outcome",
    "logbook_periodtally",
)
DAY = date(2026, 1, 12)
BOTH = (an_application(site="palm"), an_application(site="sole", index=1))


@pytest.fixture
def known(physician):
    return ready(by=physician)


def tallies() -> dict[tuple[str, str, str], int]:
    rows = Tally.objects.values_list("site", "month", "status", "number")
    return {(site, f"{month:%Y-%m}", status): number for site, month, status, number in rows}


def outcomes() -> list[tuple[object, ...]]:
    columns = ("measure", "scale", "side", "number", "first_value", "first_day", "last_value", "last_day")
    return list(Outcome.objects.order_by("measure", "scale", "side").values_list(*columns))


# --- One act each --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_draft_writes_the_figures_of_its_session_alone(known, physician):
    patient, course, device = known
    with CaptureQueriesContext(
        connection,
    ) as asked:
        draft = a_draft(by=physician, course=course, device=device, started=at(DAY, 23, 30))
    written = [
        q["sql"]
        for q in asked
        if q["sql"].startswith("INSERT") and any(f"INTO {table} " in q["sql"] for table in FIGURES)
    ]
    assert len(written) == 1
    assert SessionFigures.objects.values().get() == {
        "session_id": draft.pk,
        "started_at": draft.started_at,
        "day": DAY,
        "month": date(2026, 1, 1),
        "patient_id": patient.pk,
        "course_id": course.pk,
        "physician_id": physician.pk,
        "operator_id": physician.pk,
        "device_id": device.pk,
        "indication": "hyperhidrosis",
        "status": "completed",
        "record_status": "preliminary",
        "late_record": False,
        "sex": "female",
        "age": 40,
        "events": 0,
        "serious": 0,
        "site": "palm",
        "sites": "palm",
        "absent": False,
        "gaps": 0,
    }
    assert [model.objects.count() for model in (Tally, CourseFigures, Outcome, PeriodTally)] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_draft_without_a_start_has_neither_day_nor_age(known, physician):
    _patient, course, _device = known
    draft = a_draft(by=physician, course=course)
    entry = an_entry(by=physician, device=None, started=None, status="")
    save_draft(by=physician, session=draft, entry=entry, version=draft.version)
    assert SessionFigures.objects.values_list("started_at", "day", "month", "age", "status").get() == (
        None, None, None, None, "",
    )  # fmt: skip
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("started", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, 59, 999_999, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
    ],
)
@pytest.mark.django_db
def test_day_and_month_are_those_of_the_clinic(known, physician, started, day):
    _patient, course, device = known
    a_draft(by=physician, course=course, device=device, started=started)
    assert SessionFigures.objects.values_list("day", "month").get() == (day, day.replace(day=1))
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2004, 2, 29), date(2026, 2, 28), 21),
        (date(2004, 2, 29), date(2026, 3, 1), 22),
        (date(2000, 1, 12), DAY, 26),
        (date(2000, 1, 13), DAY, 25),
    ],
)
@pytest.mark.django_db
def test_age_is_in_completed_years(known, physician, born, day, age):
    patient, course, device = known
    a_draft(by=physician, course=course, device=device, started=at(day))
    change_patient(
        by=physician,
        patient=patient,
        values={"birth_date": born, "sex": "male"},
        version=patient.version,
        reason="Read again",
    )
    assert SessionFigures.objects.values_list("age", "sex").get() == (age, "male")
    assert list(differences()) == []
    a_draft(by=physician, course=course, device=device, started=at(day, 16))
    assert list(SessionFigures.objects.values_list("age", flat=True)) == [age, age]


@pytest.mark.django_db
def test_patient_corrected_before_birth_has_no_age(known, physician):
    patient, course, device = known
    a_draft(by=physician, course=course, device=device, started=at(DAY))
    values = {"birth_date": date(2026, 1, 13)}
    change_patient(by=physician, patient=patient, values=values, version=patient.version, reason="Twin")
    assert SessionFigures.objects.get().age is None
    assert list(differences()) == []


@pytest.mark.django_db
def test_signed_session_with_two_sites_counts_once_in_all_and_once_for_each(known, physician):
    _patient, course, device = known
    a_signed_session(by=physician, course=course, device=device, started=at(DAY), applications=BOTH)
    a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, 13)))
    assert tallies() == {
        ("", "2026-01", "completed"): 2,
        ("palm", "2026-01", "completed"): 2,
        ("sole", "2026-01", "completed"): 1,
    }


@pytest.mark.django_db
def test_amended_session_moves_and_one_in_error_goes(known, physician):
    _patient, course, device = known
    session = a_signed_session(by=physician, course=course, device=device, started=at(DAY), applications=BOTH)
    entry = an_entry(by=physician, device=device, started=at(date(2026, 2, 3)))
    amended = amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Other month")
    assert tallies() == {("", "2026-02", "completed"): 1, ("palm", "2026-02", "completed"): 1}
    assert CourseFigures.objects.values_list("performed", "first_day", "last_day", "last_phase").get() == (
        1, date(2026, 2, 3), date(2026, 2, 3), "induction",
    )  # fmt: skip
    mark_in_error(by=physician, session=amended, reason="Other patient", version=amended.version)
    assert [model.objects.count() for model in (Tally, CourseFigures, Outcome, PeriodTally)] == [0, 0, 0, 0]
    assert SessionFigures.objects.get().record_status == "entered-in-error"


@pytest.mark.django_db
def test_outcome_is_the_first_and_the_last_value_of_one_scale(known, physician):
    _patient, course, device = known

    def signed(day: int, *values: dict[str, str]) -> None:
        rows = tuple(an_observation(**value, index=place) for place, value in enumerate(values))
        a_signed_session(by=physician, course=course, device=device, started=at(date(2026, 1, day)), observations=rows)

    signed(20, {"value": "2", "moment": "after"}, {"value": "3", "moment": "before"})
    assert outcomes() == [("HDSS", "1|||", "right", 2, Decimal(3), date(2026, 1, 20), Decimal(2), date(2026, 1, 20))]
    ours = {"measure": "MINOR", "scale_name": "Ours", "scale_maximum": Decimal("5.0")}
    signed(14, {"value": "4"}, ours | {"value": "1"}, ours | {"value": "2", "scale_maximum": Decimal(10)})
    signed(16, {"value": "1"})
    assert outcomes() == [
        ("HDSS", "1|||", "right", 4, Decimal(4), date(2026, 1, 14), Decimal(2), date(2026, 1, 20)),
        ("MINOR", "1|Ours|10|", "right", 1, Decimal(2), date(2026, 1, 14), None, None),
        ("MINOR", "1|Ours|5|", "right", 1, Decimal(1), date(2026, 1, 14), None, None),
    ]
    assert list(differences()) == []


@pytest.mark.django_db
def test_course_tells_who_did_not_come(known, physician):
    _patient, course, device = known
    a_signed_session(by=physician, course=course, device=device, started=at(DAY))
    for place, reason in enumerate(["absent", "patient-wish"]):
        a_signed_session(
            by=physician,
            course=course,
            device=None,
            started=at(date(2026, 1, 14 + place)),
            status="not-done",
            outcome_reason=reason,
            applications=(),
            observations=(),
        )
    columns = ("performed", "not_done", "absent", "first_day", "last_day", "last_phase")
    assert CourseFigures.objects.values_list(*columns).get() == (1, 2, 1, DAY, DAY, "induction")
    assert list(differences()) == []


@pytest.mark.django_db
def test_refused_act_leaves_the_figures_as_they_were(known, physician, other_physician):
    _patient, course, device = known
    draft = a_draft(by=physician, course=course, device=device)
    with pytest.raises(Refused):
        sign_session(by=other_physician, session=draft, version=draft.version)
    assert SessionFigures.objects.get().record_status == "preliminary"
    assert [model.objects.count() for model in (Tally, CourseFigures, Outcome, PeriodTally)] == [0, 0, 0, 0]


# --- Any acts ------------------------------------------------------------------------------------


def by_chance(seed: int, physicians: list, acts: int) -> Chance:
    chance = Chance(seed, physicians)
    chance.go(acts)
    assert list(differences()) == []
    return chance


@pytest.mark.django_db
def test_figures_are_what_the_record_says_after_any_acts(physician, other_physician):
    chance = by_chance(1, [physician, other_physician], 40)
    assert chance.done.total() == 40
    assert {"_log", "_save", "_sign", "_amend", "_strike", "_correct", "_change", "_end"} <= set(chance.done)
    every = (SessionFigures, Tally, CourseFigures, Outcome, PeriodTally, CourseTally, OutcomeTally)
    assert min(model.objects.count() for model in every) > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 10))
@pytest.mark.django_db
def test_figures_are_what_the_record_says_after_many_acts(physician, other_physician, seed):
    by_chance(seed, [physician, other_physician], 60)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sixteen_who_write_at_once_wait_for_each_other_and_lose_nothing(physician):
    patient, course, device = ready(by=physician)
    other = a_patient(by=physician)
    signed = [
        a_signed_session(by=physician, course=course, device=device, started=at(DAY, 8, place), applications=BOTH)
        for place in range(4)
    ]
    drafts = [
        a_draft(by=physician, course=course, device=device, started=at(DAY, 9, place), applications=BOTH)
        for place in range(7)
    ]
    acts = [lambda one=one: sign_session(by=physician, session=one, version=one.version) for one in drafts]
    acts += [
        lambda one=one: mark_in_error(by=physician, session=one, version=one.version, reason="Twice")
        for one in signed[:2]
    ]
    entry = an_entry(by=physician, device=device, started=at(date(2026, 2, 3)))
    acts += [
        lambda one=one: amend_session(by=physician, session=one, version=one.version, entry=entry, reason="Other day")
        for one in signed[2:]
    ]
    acts += [lambda: a_draft(by=physician, course=course, device=device, started=at(DAY, 15))] * 3
    acts += [
        lambda one=one: change_patient(
            by=physician, patient=one, values={"birth_date": date(1990, 1, 1)}, version=one.version, reason="Read again"
        )
        for one in (patient, other)
    ]
    assert len(acts) == 16
    done = at_once(*acts)
    # The two amendments and the three drafts take numbers of their own or are refused for one; nobody breaks off.
    assert set(done) <= {"done", "Refused"}
    assert list(differences()) == []
