"""A second physician countersigns what somebody else signed: what is written, what is refused and why."""

from datetime import date

import pytest

from clinic.audit.models import Act
from clinic.lib.canonical import digest
from clinic.lib.problems import AlreadyDone, Refused
from sessions.actions.session import mark_in_error
from sessions.actions.signature import add_addendum, amend_session, review_session
from sessions.models import Session, Signature
from tests.factories import a_draft, a_signed_session, an_entry, at, ready

DAY = date(2026, 1, 12)
pytestmark = pytest.mark.django_db


@pytest.fixture
def session(physician):
    _patient, course, device = ready(by=physician)
    return a_signed_session(by=physician, course=course, device=device)


def refusal(**given):
    with pytest.raises(Refused) as refused:
        review_session(**given)
    return [problem.code for problem in refused.value.problems]


def test_review_session_signs_the_same_record_and_changes_nothing(session, other_physician):
    before = Session.objects.values().get()
    review = review_session(by=other_physician, session=session, version=session.version)
    assert Session.objects.values().get() == before
    assert (review.meaning, review.revision, review.signer_name) == ("review", 1, "Dr Paul Petit")
    assert review.digest == digest(review.content)
    authorship = Signature.objects.get(meaning="authorship")
    assert (
        review.content.partition('"observations"')[2].partition('"revision"')[0]
        == (authorship.content.partition('"observations"')[2].partition('"revision"')[0])
    )
    act = Act.objects.get(kind="review_session")
    assert (act.by, act.patient_id, act.subject) == (other_physician, session.patient_id, f"session:{session.uid}")
    assert Signature.history.get(id=review.pk).act == act


def test_review_session_of_a_draft_is_refused(physician, other_physician):
    _patient, course, device = ready(by=physician)
    draft = a_draft(by=physician, course=course, device=device)
    assert refusal(by=other_physician, session=draft, version=draft.version) == ["state"]


def test_review_session_of_a_record_in_error_is_refused(session, physician, other_physician):
    struck = mark_in_error(by=physician, session=session, reason="Wrong patient", version=session.version)
    assert refusal(by=other_physician, session=struck, version=struck.version) == ["state"]


def test_review_session_of_the_own_record_is_refused(session, physician):
    assert refusal(by=physician, session=session, version=session.version) == ["own"]


def test_review_session_twice_by_one_person_is_refused(session, other_physician):
    review_session(by=other_physician, session=session, version=session.version)
    assert refusal(by=other_physician, session=session, version=session.version) == ["twice"]
    assert Signature.objects.filter(meaning="review").count() == 1


def test_review_session_of_what_was_amended_meanwhile_is_refused(session, physician, other_physician):
    entry = an_entry(by=physician, device=session.device, started=at(DAY), pain_nrs=4)
    amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Typing error")
    assert refusal(by=other_physician, session=session, version=session.version) == ["changed"]


def test_review_session_again_after_an_amendment(session, physician, other_physician):
    review_session(by=other_physician, session=session, version=session.version)
    entry = an_entry(by=physician, device=session.device, started=at(DAY), pain_nrs=4)
    amended = amend_session(by=physician, session=session, entry=entry, version=session.version, reason="Typing error")
    review = review_session(by=other_physician, session=amended, version=amended.version)
    assert review.revision == 2


def test_review_session_by_the_author_of_an_addendum_alone(session, other_physician):
    add_addendum(by=other_physician, session=session, text="Seen by me the next day.")
    assert review_session(by=other_physician, session=session, version=session.version).meaning == "review"


def test_review_session_sent_twice_is_one(session, other_physician):
    key = "8f6b3c1e-7d0c-4f6c-9a50-0123456789ab"
    review_session(by=other_physician, session=session, version=session.version, key=key)
    with pytest.raises(AlreadyDone):
        review_session(by=other_physician, session=session, version=session.version, key=key)


@pytest.mark.parametrize("role", ["staff", "auditor", "administrator"])
def test_review_session_is_for_physicians(session, role, request):
    by = request.getfixturevalue(role)
    assert refusal(by=by, session=session, version=session.version) == ["not-allowed"]
