"""Domain A.2 through the acts: in no case, late records, consultation, pregnancy."""

from datetime import date, timedelta

import pytest

from clinic.lib.problems import Refused
from sessions.actions.screening import Decided, record_decisions
from sessions.actions.session import save_draft
from sessions.actions.signature import sign_session
from tests.factories import (
    a_consultation,
    a_course,
    a_device,
    a_draft,
    a_patient,
    a_signed_session,
    all_no,
    an_application,
    an_entry,
    asked_today,
    at,
    ready,
)

DAY = date(2026, 1, 12)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize("item", ["heart_disease", "arrhythmia", "iud"])
def test_absolute_item_answered_yes_is_not_recorded_as_performed(physician, item):
    patient, course, device = ready(by=physician)
    with pytest.raises(Refused) as refused:
        a_draft(by=physician, course=course, device=device, replies=asked_today(**{item: "yes"}))
    assert codes(refused) == [("status", "forbidden")]
    a_consultation(by=physician, patient=patient, held=DAY, replies=all_no(**{item: "yes"}))
    with pytest.raises(Refused):
        a_draft(by=physician, course=course, device=device)


def test_absolute_item_found_lets_the_session_stand_as_not_done(physician):
    _patient, course, device = ready(by=physician)
    session = a_signed_session(
        by=physician,
        course=course,
        device=device,
        status="not-done",
        outcome_reason="contraindication",
        replies=asked_today(iud="yes"),
        applications=(),
        observations=(),
        ended_at=None,
        skin_before="",
        skin_after="",
        events_answer="",
    )
    assert (session.status, session.record_status) == ("not-done", "final")


def test_absolute_item_and_a_session_that_took_place_is_a_late_record(physician):
    _patient, course, device = ready(by=physician)
    replies = asked_today(iud="yes")
    draft = a_draft(
        by=physician, course=course, device=device, replies=replies, late_record=True, late_reason="Told afterwards"
    )
    with pytest.raises(Refused) as refused:
        sign_session(by=physician, session=draft, version=1)
    assert codes(refused) == [("incident_note", "missing")]
    entry = an_entry(
        by=physician,
        device=device,
        started=at(DAY),
        replies=replies,
        late_record=True,
        late_reason="Told afterwards",
        incident_note="Patient informed",
        applications=(an_application(),),
    )
    draft = save_draft(by=physician, session=draft, entry=entry, version=1)
    session = sign_session(by=physician, session=draft, version=draft.version)
    assert session.signatures.get().meaning == "late-record"


def test_session_without_consultation_cannot_be_signed(physician):
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient)
    course = a_course(by=physician, patient=patient, consultation=None)
    draft = a_draft(by=physician, course=course, device=a_device(by=physician))
    with pytest.raises(Refused) as refused:
        sign_session(by=physician, session=draft, version=1)
    assert codes(refused) == [("", "consultation")]


def test_pregnancy_needs_a_decision_dated_no_earlier_than_the_answer(physician):
    patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device, replies=asked_today(pregnancy="yes"))
    with pytest.raises(Refused) as refused:
        sign_session(by=physician, session=draft, version=1)
    assert codes(refused) == [("reply_pregnancy", "undecided")]
    answer = draft.screening.answers.get(item="pregnancy")
    with pytest.raises(Refused):
        record_decisions(
            by=physician, patient=patient, decisions=[Decided(answer.pk, "proceed", "reason", DAY - timedelta(days=1))]
        )
    record_decisions(
        by=physician, patient=patient, decisions=[Decided(answer.pk, "proceed", "Discussed with the obstetrician", DAY)]
    )
    assert sign_session(by=physician, session=draft, version=1).record_status == "final"


def test_session_in_the_first_hour_of_a_life_is_on_the_day_of_birth_in_the_clinic(physician):
    patient = a_patient(by=physician, birth_date=date(2026, 1, 12))
    course = a_course(by=physician, patient=patient, opened=date(2026, 1, 12))
    device = a_device(by=physician)
    session = a_draft(by=physician, course=course, device=device, started=at(date(2026, 1, 12), 0, 30))
    assert session.month == date(2026, 1, 1)
