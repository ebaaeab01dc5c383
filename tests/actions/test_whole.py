"""A session read for an act is the one that Django reads, with its rows, and nothing more has to be asked."""

from datetime import UTC, date, datetime

import pytest

from clinic.audit.history import OutsideAnAct
from clinic.lib.canonical import canonical_json
from clinic.lib.problems import Refused
from sessions.actions.screening import Decided, record_decisions
from sessions.actions.whole import locked, whole, with_its_rows
from sessions.models import Answer, Session
from sessions.rules.session import why_not_sign
from sessions.rules.signed_record import signed_content
from tests.factories import a_draft, a_signed_session, asked_today, at, ready

DAY = date(2026, 1, 12)
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(physician):
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


def content_of(session, by):
    content = signed_content(
        session,
        meaning="authorship",
        signer=by,
        signed_at=datetime(2026, 1, 12, 15, tzinfo=UTC),
        time_zone="Europe/Paris",
    )
    return canonical_json(content)


def a_draft_with_a_decision(by):
    patient, course, device = ready(by=by)
    draft = a_draft(by=by, course=course, device=device, replies=asked_today(pregnancy="yes"))
    asked = Answer.objects.get(screening__session=draft, item="pregnancy")
    decided = Decided(asked.pk, "proceed", "Considered with the patient.", DAY)
    record_decisions(by=by, patient=patient, decisions=[decided], at=at(DAY, 16))
    return draft


def test_whole_session_says_what_django_reads(signed, physician):
    for session in (signed, a_draft_with_a_decision(physician)):
        django = Session.objects.with_rows().get(pk=session.pk)
        assert content_of(whole(session), physician) == content_of(django, physician)
        assert '"decisions":[{' in content_of(django, physician) or session is signed


def test_whole_session_is_gone_through_without_another_question(signed, physician, django_assert_num_queries):
    session = whole(signed)
    with django_assert_num_queries(0):
        assert why_not_sign(session) == []
        assert session.course.consultation.held_date == date(2026, 1, 5)
        assert (session.physician, session.operator) == (physician, physician)
        content_of(session, physician)
        below = [phase.application.session for row in session.applications.all() for phase in row.phases.all()]
        assert below == [session, session]
        assert {answer.screening for answer in session.screening.answers.all()} == {session.screening}


def test_whole_session_without_device_operator_or_answers_has_none(physician):
    _patient, course, _device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=None, operator=None, replies={}, changed="")
    session = whole(draft)
    assert (session.device, session.operator, getattr(session, "screening", None)) == (None, None, None)


def test_further_question_to_rows_in_hand_is_of_their_parent_alone(signed, physician):
    a_draft_with_a_decision(physician)  # another session with rows like these
    session = whole(signed)
    stored = Session.objects.get(pk=signed.pk)
    assert session.applications.get(site="palm") == stored.applications.get()
    assert list(session.applications.exclude(site="palm")) == []
    phases, wanted = session.applications.get().phases, stored.applications.get().phases
    assert list(phases.order_by("-number")) == list(wanted.order_by("-number"))
    assert (phases.count(), phases.first(), phases.exists()) == (2, wanted.first(), True)
    with pytest.raises(OutsideAnAct):
        session.observations.all().update(number=7)


def test_locked_session_after_somebody_else_is_refused(signed):
    assert content_of(with_its_rows(locked(signed, signed.version)), signed.physician) == content_of(
        whole(signed), signed.physician
    )
    with pytest.raises(Refused):
        locked(signed, signed.version - 1)
