"""Screening positives and late records against counts worked out by hand."""

from datetime import date

import pytest
from django.utils import translation

from sessions.actions.screening import Decided, record_decisions
from sessions.models import Answer
from sessions.reports.screening_positives import REPORT
from tests.factories import a_consultation, a_course, a_patient, all_no
from tests.reports.asking import built, rows
from tests.reports.rows import a_session, paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def asked(physician, number, held, **replies):
    patient = a_patient(by=physician, record_number=f"2026-000{number}", family_name=f"Name{number}", given_names="Zoë")
    answers = all_no() | {item: (reply, "detail") for item, reply in replies.items()}
    a_consultation(by=physician, patient=patient, held=held, replies=answers)
    return patient


def test_each_question_answered_yes_is_counted_with_what_was_decided(physician):
    first = asked(physician, 1, date(2026, 3, 31), diabetes="yes", iud="yes")
    asked(physician, 2, date(2026, 4, 1), diabetes="yes", pregnancy="not-known")
    asked(physician, 3, date(2026, 4, 1), diabetes="declined")
    asked(physician, 4, date(2026, 4, 1), pregnancy="not-applicable")
    answer = Answer.objects.get(screening__patient=first, item="diabetes")
    decided = Decided(answer_id=answer.pk, word="proceed", reason="controlled", decided_date=date(2026, 3, 31))
    record_decisions(by=physician, patient=first, decisions=[decided])
    found = built(REPORT)
    counted = {line[0]: line[2:] for line in rows(found, "questions")}
    # yes, patients, proceed, with a change, do not, none of its own, not known or declined
    assert counted == {
        "intra-uterine device": (1, 1, 0, 0, 0, 0, 0),
        "pregnant or possibly pregnant": (0, 0, 0, 0, 0, 0, 1),
        "diabetes": (2, 2, 1, 0, 0, 1, 1),
    }
    assert [(line[1], line[3], line[5]) for line in rows(found, "positives")] == [
        ("Name2 Zoë", "diabetes", ""), ("Name1 Zoë", "diabetes", "proceed"), ("Name1 Zoë", "intra-uterine device", ""),
    ]  # fmt: skip
    april = {line[0]: line[2] for line in rows(built(REPORT, from_date=date(2026, 4, 1)), "questions")}
    assert april == {"pregnant or possibly pregnant": 0, "diabetes": 1}


def test_late_records_are_listed_one_by_one(physician):
    course = a_course(by=physician, patient=a_patient(by=physician))
    late = {"late_record": True, "late_reason": "device found later", "incident_note": "patient told"}
    a_session(by=physician, course=course, started_at=paris(2026, 3, 31, 23, 59), **late)
    a_session(by=physician, course=course, started_at=paris(2026, 4, 1, 0, 1), **late)
    a_session(by=physician, course=course, started_at=paris(2026, 4, 2, 9), record_status="preliminary", **late)
    a_session(by=physician, course=course, started_at=paris(2026, 4, 3, 9), record_status="entered-in-error", **late)
    a_session(by=physician, course=course, started_at=paris(2026, 4, 4, 9))
    lines = rows(built(REPORT), "late")
    assert [(line[0], line[5], line[6]) for line in lines] == [
        (paris(2026, 4, 1, 0, 1), "device found later", "patient told"),
        (paris(2026, 3, 31, 23, 59), "device found later", "patient told"),
    ]
    assert len(rows(built(REPORT, to_date=date(2026, 3, 31)), "late")) == 1
    assert built(REPORT, identities=False).table("late") is None


def test_empty_logbook_has_nothing_positive(db):
    found = built(REPORT)
    assert ([rows(found, name) for name in ("questions", "late", "positives")], found.headline[0].figure) == (
        [[], [], []],
        0,
    )
