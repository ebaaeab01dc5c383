"""The story of a patient: what it tells, and that its length costs no further query."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.accounts.models import User
from clinic.audit.act import act
from sessions.actions.known import answers_of
from sessions.actions.screening import record_consultation
from sessions.actions.session import mark_in_error
from sessions.models import AdverseEvent, Application, Course, Patient, Phase, Session
from sessions.reports import patient_story
from tests.factories import a_consultation, a_draft, a_patient, a_signed_session, all_no, at, ready

pytestmark = pytest.mark.django_db


def many_sessions(*, by: User, patient: Patient, course: Course, first: int, last: int) -> None:
    """Drafts by the hundred in one act: the page reads them as it reads any."""
    with act("seed", by=by) as writing:
        numbers = range(first, last + 1)
        rows = [
            Session(
                patient=patient, course=course, number=number, physician=by, status="completed", record_status="preliminary",
                started_at=at(date(2026, 1, 12)) + timedelta(hours=12 * number), month=date(2026, 1, 1),
            )
            for number in numbers
        ]  # fmt: skip
        writing.create(*rows)
        places = [
            Application(session=row, number=n, site=site, side="bilateral")
            for row in rows
            for n, site in ((1, "palm"), (2, "sole"))
        ]
        writing.create(*places)
        writing.create(
            *[
                Phase(application=place, number=n, current_ma="15", current_kind="set")
                for place in places
                for n in (1, 2)
            ]
        )
        writing.create(
            *[
                AdverseEvent(session=row, number=1, term="erythema", severity="mild", serious="no")
                for row in rows
                if row.number % 10 == 0
            ]
        )


def test_query_count_of_the_page_does_not_grow(client_of: Callable[[User], Client], physician: User) -> None:
    patient, course, device = ready(by=physician)
    a_signed_session(by=physician, course=course, device=device)
    client, address = client_of(physician), reverse("logbook:patient", args=[patient.uid])
    client.get(address)
    counts = []
    for first, last in ((2, 2), (3, 200)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
        many_sessions(by=physician, patient=patient, course=course, first=first, last=last)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    counts.append(len(queries))
    story = response.context["story"]
    assert (len(story.entries), story.older, counts) == (
        patient_story.LATEST,
        202 - patient_story.LATEST,
        [counts[0]] * 3,
    )
    assert counts[0] <= 12, "\n".join(q["sql"][:230] for q in queries.captured_queries)
    whole = client.get(address, {"whole": "1"}).context["story"]
    assert (len(whole.entries), whole.older) == (202, 0)
    assert [entry.uid for entry in whole.entries[: patient_story.LATEST]] == [entry.uid for entry in story.entries]


def test_entered_in_error_stays_with_its_reason_and_counts_nowhere(physician: User) -> None:
    patient, course, device = ready(by=physician)
    signed = a_signed_session(by=physician, course=course, device=device)
    mark_in_error(by=physician, session=signed, reason="wrong patient", version=signed.version)
    story = patient_story.build(patient, answers_of(patient))
    assert [(entry.struck, entry.facts["record_code"]) for entry in story.entries if entry.kind == "session"] == [
        ("wrong patient", "entered-in-error")
    ]
    assert story.courses[0].performed == 0


def test_drafts_are_not_progress_and_undated_ones_come_first(physician: User) -> None:
    patient, course, device = ready(by=physician)
    a_draft(by=physician, course=course, device=device)
    a_draft(by=physician, course=course, device=device, started_at=None, ended_at=None)
    story = patient_story.build(patient, answers_of(patient))
    assert (story.courses[0].performed, story.courses[0].drafts) == (0, 2)
    assert [entry.day for entry in story.entries][:2] == [None, date(2026, 1, 12)]


def test_answers_show_their_age_absolute_items_first(physician: User) -> None:
    patient = a_patient(by=physician)
    a_consultation(by=physician, patient=patient, held=date(2026, 1, 5), replies=all_no(iud="yes"))
    lines = patient_story.build(patient, answers_of(patient), today=date(2026, 1, 15)).answers
    assert [(line.absolute, line.reply, line.days) for line in lines[:4]] == [
        (True, "no", 10), (True, "no", 10), (True, "yes", 10), (False, "no", 10),
    ]  # fmt: skip


def test_a_changed_answer_is_told_and_an_unchanged_one_is_not(physician: User) -> None:
    patient = a_patient(by=physician)
    for day, replies in ((5, all_no()), (9, all_no(iud="yes"))):
        record_consultation(
            by=physician,
            patient=patient,
            values={"held_date": date(2026, 1, day), "physician": physician},
            answers=replies,
        )
    entries = patient_story.build(patient, answers_of(patient), kind="screening").entries
    assert [(entry.day.day, [str(change["now"]) for change in entry.facts["changes"]]) for entry in entries] == [
        (9, ["oui"])
    ]
